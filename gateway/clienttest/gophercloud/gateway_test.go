package gophercloud

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/stretchr/testify/require"
)

const (
	root        = "../../.."       // of the checkout
	readyWithin = 20 * time.Second // also with the race detector on a busy machine
	stopWithin  = 15 * time.Second
	startTries  = 3
)

// binary is the gateway under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "profilegate-gophercloud-")
	if err == nil {
		defer os.RemoveAll(dir) //nolint:errcheck // in the system's place for such files
		binary, err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build gives the binary that PROFILEGATE_BINARY names, or builds one from the checkout around this module.
func build(dir string) (string, error) {
	if given := os.Getenv("PROFILEGATE_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	file := filepath.Join(dir, "profilegate")
	command := exec.Command("go", "build", "-o", file, "./cmd/profilegate") //nolint:gosec,noctx // of this checkout; nothing bounds a build
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0") // as `make build` does, from its build cache
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	return file, nil
}

// startGateway starts a gateway with an empty store and returns the address of its Senlin listener. The test's end stops it.
func startGateway(t *testing.T) string {
	t.Helper()
	_ = os.Getenv("GATEWAY_TEST_RUN") // see .ci/test.sh; what TestMain reads does not count
	var log string
	for range startTries {
		senlin, ready := tryStart(t, &log)
		if ready {
			return senlin
		}
		if !strings.Contains(log, "address already in use") { // somebody took a port between the choice and the bind
			break
		}
	}
	t.Fatalf("the gateway does not start:\n%s", log)
	return ""
}

func tryStart(t *testing.T, log *string) (senlin string, ready bool) {
	t.Helper()
	dir := t.TempDir()
	logFile, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer logFile.Close() //nolint:errcheck // the process has its own handle

	addresses := freeAddresses(t, 5)
	command := exec.Command(binary, "serve", "--config", filepath.Join(root, "config/examples/conformance.yaml"), "--data-dir", filepath.Join(dir, "data")) //nolint:gosec,noctx // the binary under test, stopped below
	command.Stdout, command.Stderr = logFile, logFile
	command.Env = os.Environ()
	for i, name := range []string{"SENLIN", "KUZZLE", "MQTT", "GRPC", "ADMIN"} {
		command.Env = append(command.Env, "PROFILEGATE_LISTEN_"+name+"="+addresses[i])
	}
	require.NoError(t, command.Start())
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()

	if !awaitReady(t, addresses[4], exited) {
		_ = command.Process.Kill() // it may be gone already
		text, err := os.ReadFile(logFile.Name())
		require.NoError(t, err)
		*log = string(text)
		return "", false
	}
	t.Cleanup(func() { stop(t, command.Process, exited) })
	return addresses[0], true
}

// awaitReady waits until the admin listener says that all is ready. It is false when the process ends, or takes too long.
func awaitReady(t *testing.T, admin string, exited chan error) bool {
	t.Helper()
	deadline := time.After(readyWithin)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-exited:
			exited <- err
			return false
		case <-deadline:
			return false
		case <-tick.C:
		}
		if isReady(t.Context(), admin) {
			return true
		}
	}
}

func isReady(ctx context.Context, admin string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func stop(t *testing.T, process *os.Process, exited <-chan error) {
	t.Helper()
	require.NoError(t, process.Signal(syscall.SIGTERM))
	select {
	case err := <-exited:
		require.NoError(t, err)
	case <-time.After(stopWithin):
		_ = process.Kill() // the failure below says what happened
		t.Errorf("the gateway is still there %s after SIGTERM", stopWithin)
	}
}

// freeAddresses returns n addresses of 127.0.0.1 on which nothing listens, below the range from which the kernel takes the ports of outgoing
// connections.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	const lowest, highest = 20000, 32000
	seen := map[string]bool{}
	var addresses []string
	for len(addresses) < n {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest)) //nolint:gosec // a free port is no secret
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		if !seen[address] {
			seen[address] = true
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// The static tokens of config/examples/conformance.yaml and the projects behind them.
const (
	demoToken   = "token-demo"  //nolint:gosec // not a secret: it stands in an example
	otherToken  = "token-other" //nolint:gosec // likewise
	adminToken  = "token-admin" //nolint:gosec // likewise
	demoProject = "d3300000000000000000000000000001"
	demoUser    = "d3300000000000000000000000000002"
)

// client is what openstack.NewClusteringV1 gives after it has found the service in Keystone's catalog, with the newest micro-version: validate
// and ops came later than the oldest, which is meant where a client asks for none.
func client(address, token string) *gophercloud.ServiceClient {
	return &gophercloud.ServiceClient{
		ProviderClient: &gophercloud.ProviderClient{TokenID: token},
		Endpoint:       "http://" + address + "/",
		Type:           "clustering",
		Microversion:   "1.14",
	}
}
