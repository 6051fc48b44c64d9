package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"
)

// bareCommand, as the only argument, makes this program the bare server.
const bareCommand = "bare"

// settings say what is compared and for how long.
type settings struct {
	binary, config string
	only           string // part of the names of the comparisons to make
	conns          []int
	rounds         int           // of each side
	round          time.Duration // of load
	warmup         time.Duration // of each side, before the first round
	verbose        bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) == 2 && os.Args[1] == bareCommand {
		err = serveBare(os.Stdin, os.Stdout)
	} else {
		err = drive(ctx, os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func drive(ctx context.Context, args []string) error {
	s, err := readFlags(args)
	if err != nil {
		return err
	}
	logging.Disable() // the Redis driver tells of every attempt to reach a server that is still starting
	// One thread of the driver: the cores are for the servers.
	runtime.GOMAXPROCS(1)
	dir, err := os.MkdirTemp("", "profilegate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is the system's to clear
	t := newTable(os.Stdout, s)
	for _, c := range comparisons() {
		if !strings.Contains(c.name, s.only) {
			continue
		}
		if err := s.compare(ctx, dir, c, t); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return t.end()
}

func readFlags(args []string) (settings, error) {
	var s settings
	var quick bool
	var conns string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.binary, "binary", "bin/profilegate", "the gateway")
	f.StringVar(&s.config, "config", "config/examples/conformance.yaml", "its configuration, with the listeners and tokens of the recorded cases")
	f.StringVar(&s.only, "only", "", "make only the comparisons with this in their names")
	f.StringVar(&conns, "conns", "1,16,64", "numbers of connections")
	f.IntVar(&s.rounds, "rounds", 7, "rounds of load on each side")
	f.DurationVar(&s.round, "time", 500*time.Millisecond, "how long a round lasts")
	f.BoolVar(&quick, "quick", false, "a minute in all: 3 short rounds")
	f.BoolVar(&s.verbose, "v", false, "tell the servers' process ids")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	s.warmup = s.round
	if quick {
		s.rounds, s.round, s.warmup = 3, 250*time.Millisecond, 200*time.Millisecond
	}
	for _, text := range strings.Split(conns, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("-conns: %q is no number of connections", text)
		}
		s.conns = append(s.conns, n)
	}
	if s.rounds < 1 || s.round <= 0 {
		return s, errors.New("there must be rounds, and they must last")
	}
	return s, nil
}
