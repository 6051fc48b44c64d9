package history

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/profilegate/profilegate/gateway/conformance"
)

// Gateway is one gateway of a deployment: a process that is killed, paused and started again, on other addresses each time.
type Gateway struct {
	Name   string
	launch conformance.Launch
	logs   string // folder of its logs, one for each start

	mu      sync.Mutex
	process *conformance.Process // nil: not running
	last    Addresses
	starts  int
}

// NewGateway describes a gateway whose logs go to a folder. Start starts it.
func NewGateway(name string, launch conformance.Launch, logs string) *Gateway {
	return &Gateway{Name: name, launch: launch, logs: logs}
}

// Addresses are those of the process that was started last.
func (g *Gateway) Addresses() Addresses {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// Start starts the process, and again until it is ready or ctx ends: its store may be away for a while.
func (g *Gateway) Start(ctx context.Context) error {
	var err error
	for first := true; first || pause(ctx, 100*time.Millisecond); first = false {
		if err = g.startOnce(ctx); err == nil {
			return nil
		}
	}
	return fmt.Errorf("starting %s: %w", g.Name, err)
}

func (g *Gateway) startOnce(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.process != nil {
		return errors.New("it is running")
	}
	g.starts++
	launch := g.launch
	launch.Log = filepath.Join(g.logs, fmt.Sprintf("%s-%d.log", g.Name, g.starts))
	p, err := conformance.Start(ctx, launch)
	if err != nil {
		return err
	}
	g.process = p
	g.last = Addresses{Kuzzle: p.Target.Kuzzle, Senlin: p.Target.Senlin, MQTT: p.Target.MQTT, GRPC: p.GRPC}
	return nil
}

// Kill ends the process as a crash does.
func (g *Gateway) Kill() error { return g.end((*conformance.Process).Kill) }

// Stop ends the process as an operator does.
func (g *Gateway) Stop() error { return g.end((*conformance.Process).Stop) }

func (g *Gateway) end(how func(*conformance.Process) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.process
	if p == nil {
		return nil
	}
	g.process = nil
	return how(p)
}

// Pause stops the process where it is (SIGSTOP): connections stay open, and nothing is answered.
func (g *Gateway) Pause() error { return g.signal((*conformance.Process).Pause) }

// Resume lets a paused process go on.
func (g *Gateway) Resume() error { return g.signal((*conformance.Process).Resume) }

func (g *Gateway) signal(how func(*conformance.Process) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.process == nil {
		return fmt.Errorf("%s is not running", g.Name)
	}
	return how(g.process)
}

// AwaitReady waits until the process says that it is ready. One that is not there is an error.
func (g *Gateway) AwaitReady(ctx context.Context) error {
	g.mu.Lock()
	p := g.process
	g.mu.Unlock()
	if p == nil {
		return fmt.Errorf("%s is not running", g.Name)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		status, _, report, err := httpCall(ctx, client, http.MethodGet, "http://"+p.Admin+"/readyz?verbose", nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-p.Exited():
			return fmt.Errorf("%s ended by itself; its logs are in %s", g.Name, g.logs)
		default:
		}
		if !pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("%s is not ready: %s: %w", g.Name, report, errors.Join(ctx.Err(), err))
		}
	}
}

// alarms are what no log may hold, whatever was done to the process.
var alarms = regexp.MustCompile(`(?m)^.*(panic:|DATA RACE|fatal error:|"fault":"internal").*$`)

// Alarms finds in the logs of all starts what should not be there.
func (g *Gateway) Alarms() error {
	var found []error
	for n := range g.starts {
		file := filepath.Join(g.logs, fmt.Sprintf("%s-%d.log", g.Name, n+1))
		text, err := os.ReadFile(file) //nolint:gosec // the file is ours
		if err != nil {
			found = append(found, err)
		} else if line := alarms.Find(text); line != nil {
			found = append(found, fmt.Errorf("%s: %s", file, line))
		}
	}
	return errors.Join(found...)
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
