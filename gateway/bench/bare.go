package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// bareKind is what a bare server does for a request before it answers.
type bareKind string

const (
	bareMemory bareKind = "memory" // nothing
	bareHGet   bareKind = "hget"   // one HGET, which brings the answer
	bareScript bareKind = "script" // decodes the body, and stores it with one EVALSHA
	bareBolt   bareKind = "bolt"   // decodes the body, and puts it into a bbolt file that one goroutine writes in groups
	bareUnary  bareKind = "unary"  // nothing, over gRPC
)

// bareConfig is what a bare server is told on its standard input.
type bareConfig struct {
	Kind   bareKind
	Method string
	Path   string // a route of echo; the parameter, if there is one, is called id
	Answer answer
	Redis  string // host:port, for HGET and scripts
	File   string // of bbolt
}

// answer is what the gateway answered and the bare server shall answer.
type answer struct {
	Status int
	Header http.Header
	Body   []byte // over gRPC: the encoded message
}

// serveBare serves until its input ends, so no bare server outlives the driver. It tells its address on its output.
func serveBare(in io.Reader, out io.Writer) error {
	input := json.NewDecoder(in)
	var c bareConfig
	if err := input.Decode(&c); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.serve(l) }()
	go func() {
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	return <-ended
}

func (c bareConfig) serve(l net.Listener) error {
	if c.Kind == bareUnary {
		return c.serveGRPC(l)
	}
	handle, err := c.handler()
	if err != nil {
		return err
	}
	e := echo.New()
	e.Add(c.Method, c.Path, handle)
	return (&http.Server{Handler: e, ReadHeaderTimeout: time.Minute}).Serve(l)
}

func (c bareConfig) handler() (echo.HandlerFunc, error) {
	switch c.Kind {
	case bareMemory:
		return func(ctx echo.Context) error { return c.reply(ctx, c.Answer.Body) }, nil
	case bareHGet:
		return c.hget(), nil
	case bareScript:
		return c.script()
	case bareBolt:
		return c.bolt()
	default:
		return nil, fmt.Errorf("no bare server of the kind %q", c.Kind)
	}
}

func (c bareConfig) reply(ctx echo.Context, body []byte) error {
	h := ctx.Response().Header()
	for name, values := range c.Answer.Header {
		h[name] = values
	}
	return ctx.Blob(c.Answer.Status, c.Answer.Header.Get(echo.HeaderContentType), body)
}

// recordsKey is the hash in Redis.
const recordsKey = "bare"

func (c bareConfig) hget() echo.HandlerFunc {
	rdb := c.client()
	return func(ctx echo.Context) error {
		body, err := rdb.HGet(ctx.Request().Context(), recordsKey, ctx.Param("id")).Bytes()
		if err != nil {
			return err
		}
		return c.reply(ctx, body)
	}
}

// storeScript stores a record that must be new.
const storeScript = `return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])`

func (c bareConfig) script() (echo.HandlerFunc, error) {
	rdb := c.client()
	sha, err := rdb.ScriptLoad(context.Background(), storeScript).Result()
	if err != nil {
		return nil, err
	}
	return func(ctx echo.Context) error {
		id, body, err := decoded(ctx)
		if err != nil {
			return err
		}
		stored, err := rdb.EvalSha(ctx.Request().Context(), sha, []string{recordsKey}, id, body).Int()
		if err != nil || stored != 1 {
			return errors.Join(errors.New("not stored"), err)
		}
		return c.reply(ctx, c.Answer.Body)
	}, nil
}

func (c bareConfig) bolt() (echo.HandlerFunc, error) {
	w, err := openGroupWriter(c.File)
	if err != nil {
		return nil, err
	}
	return func(ctx echo.Context) error {
		id, body, err := decoded(ctx)
		if err != nil {
			return err
		}
		if err := w.put([]byte(id), body); err != nil {
			return err
		}
		return c.reply(ctx, c.Answer.Body)
	}, nil
}

// decoded reads and decodes the body of a request. Where the path names no id, one is made.
func decoded(ctx echo.Context) (id string, body []byte, err error) {
	if body, err = io.ReadAll(ctx.Request().Body); err != nil {
		return "", nil, err
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return "", nil, err
	}
	if id = ctx.Param("id"); id == "" {
		id = uuid.NewString()
	}
	return id, body, nil
}

// client talks to Redis with the settings that the gateway uses.
func (c bareConfig) client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: c.Redis, Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// unary answers every call with one message.
type unary struct {
	profilegatev1.UnimplementedProfileServiceServer

	response *profilegatev1.GetProfileResponse
}

func (u *unary) GetProfile(context.Context, *profilegatev1.GetProfileRequest) (*profilegatev1.GetProfileResponse, error) {
	return u.response, nil
}

func (c bareConfig) serveGRPC(l net.Listener) error {
	u := &unary{response: new(profilegatev1.GetProfileResponse)}
	if err := proto.Unmarshal(c.Answer.Body, u.response); err != nil {
		return err
	}
	s := grpc.NewServer()
	profilegatev1.RegisterProfileServiceServer(s, u)
	return s.Serve(l)
}
