package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// arena is the processes of one comparison.
type arena struct {
	comparison
	gateway  *gatewayProcess
	bare     *bareProcess
	redis    *redistest.Server // nil: embedded
	redisPID int               // 0: embedded
	id       string            // of the profile that is read
}

// open starts the gateway, asks it once, and starts the bare server with its answer.
func (s settings) open(ctx context.Context, dir string, c comparison) (a *arena, err error) {
	a = &arena{comparison: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if dir, err = os.MkdirTemp(dir, "store-"); err != nil {
		return a, err
	}
	store := ""
	if c.redis {
		if a.redis, err = redistest.Launch(ctx, dir, "appendonly no"); err != nil {
			return a, err
		}
		store = a.redis.URL()
		if a.redisPID, err = a.processOfRedis(ctx); err != nil {
			return a, err
		}
	}
	if a.gateway, err = startGateway(ctx, s, dir, store); err != nil {
		return a, err
	}
	config, err := a.ask(ctx)
	if err != nil {
		return a, err
	}
	config.File = filepath.Join(dir, "bare.db")
	a.bare, err = startBare(config)
	return a, err
}

func (a *arena) close() error {
	var errs []error
	if a.bare != nil {
		errs = append(errs, a.bare.stop())
	}
	if a.gateway != nil {
		errs = append(errs, a.gateway.stop())
	}
	if a.redis != nil {
		errs = append(errs, a.redis.Kill())
	}
	return errors.Join(errs...)
}

// processOfRedis asks Redis for its process id, by which its CPU time is told.
func (a *arena) processOfRedis(ctx context.Context) (int, error) {
	rdb := a.redis.Client()
	defer rdb.Close() //nolint:errcheck // nothing was left unsent
	info, err := rdb.InfoMap(ctx, "server").Result()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(info["Server"]["process_id"])
}

// ask makes the profile that is read, if one is, and gets the answer that the bare server shall give.
func (a *arena) ask(ctx context.Context) (bareConfig, error) {
	c := bareConfig{Kind: a.comparison.bare, Method: a.call.method, Path: a.call.route}
	err := a.seed()
	if err == nil && a.call.grpc {
		c.Answer.Body, err = a.message()
		return c, err
	}
	if err == nil {
		c.Answer, err = a.once(a.call.listener, a.call.request(a.id), a.call.status)
	}
	if err != nil || a.redis == nil {
		return c, err
	}
	c.Redis = a.redis.Addr()
	rdb := a.redis.Client()
	defer rdb.Close() //nolint:errcheck // nothing was left unsent
	return c, rdb.HSet(ctx, recordsKey, a.id, c.Answer.Body).Err()
}

// seed makes the profile that is read and notes its id.
func (a *arena) seed() error {
	if a.call.seed == "" {
		return nil
	}
	listener, status := a.call.listener, http.StatusCreated
	if listener != "senlin" {
		listener, status = "kuzzle", http.StatusOK
	}
	made, err := a.once(listener, a.call.seed, status)
	if err != nil {
		return err
	}
	var ids struct {
		Profile struct{ ID string }
		Result  struct {
			ID string `json:"_id"`
		}
	}
	if err := json.Unmarshal(made.Body, &ids); err != nil {
		return err
	}
	if a.id = ids.Profile.ID + ids.Result.ID; a.id == "" {
		return fmt.Errorf("a profile without an id: %s", made.Body)
	}
	return nil
}

// once makes one request and takes the answer apart.
func (a *arena) once(listener, request string, status int) (answer, error) {
	c, err := dialHTTP(a.gateway.addrs[listener], request, status)
	if err != nil {
		return answer{}, err
	}
	defer c.close() //nolint:errcheck // nothing is left to send
	text, err := c.exchange()
	if err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	for _, own := range []string{"Date", "Content-Length"} { // any server sets them itself
		resp.Header.Del(own)
	}
	return answer{Status: status, Header: resp.Header, Body: body}, err
}

func (a *arena) message() ([]byte, error) {
	c, err := dialGRPC(a.gateway.addrs["grpc"], "kuzzle", a.id)
	if err != nil {
		return nil, err
	}
	defer c.close() //nolint:errcheck // nothing is left to send
	response, err := c.get()
	if err != nil {
		return nil, err
	}
	return proto.Marshal(response)
}

// dialer gives connections to a server of the comparison.
func (a *arena) dialer(addr string) func() (client, error) {
	if a.call.grpc {
		return func() (client, error) { return dialGRPC(addr, "kuzzle", a.id) }
	}
	request := a.call.request(a.id)
	return func() (client, error) { return dialHTTP(addr, request, a.call.status) }
}
