package redistest

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// topology is a cluster as one of its nodes sees it.
type topology struct {
	masters   map[string]bool   // the addresses of masters with slots that are not taken for dead
	replicaOf map[string]string // address -> address of its master
	owners    [clusterSlots]string
	state     string // what the node says of the cluster: ok or fail
}

// topology asks a node for CLUSTER NODES and the state of CLUSTER INFO.
func (s *Server) topology(ctx context.Context) (t topology, err error) {
	err = s.ask(ctx, func(ctx context.Context, rdb *redis.Client) error {
		text, err := rdb.ClusterNodes(ctx).Result()
		if err != nil {
			return err
		}
		if t, err = readTopology(text); err != nil {
			return err
		}
		info, err := rdb.ClusterInfo(ctx).Result()
		first, _, _ := strings.Cut(info, "\r\n")
		t.state = strings.TrimPrefix(first, "cluster_state:")
		return err
	})
	return t, err
}

// readTopology reads lines such as
//
//	<id> 127.0.0.1:7001@17001 myself,master - 0 1426238317239 4 connected 0-5460 5462 [93-<-<id>]
func readTopology(text string) (topology, error) {
	t := topology{masters: map[string]bool{}, replicaOf: map[string]string{}}
	byID := map[string]string{}
	var lines [][]string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 8 {
			return t, fmt.Errorf("redistest: cannot read the node %q", line)
		}
		words[1], _, _ = strings.Cut(words[1], "@")
		byID[words[0]] = words[1]
		lines = append(lines, words)
	}
	for _, words := range lines {
		if strings.Contains(words[2], "fail") || strings.Contains(words[2], "handshake") || strings.Contains(words[2], "noaddr") {
			continue
		}
		if of, ok := byID[words[3]]; ok {
			t.replicaOf[words[1]] = of
		}
		if err := t.own(words[1], words[8:]); err != nil {
			return t, err
		}
	}
	return t, nil
}

// own notes the slots of a master.
func (t *topology) own(addr string, ranges []string) error {
	for _, r := range ranges {
		if strings.HasPrefix(r, "[") {
			continue // on its way from or to another master
		}
		first, last, isRange := strings.Cut(r, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		if err != nil {
			return fmt.Errorf("redistest: cannot read the slots %q", r)
		}
		to, err := strconv.Atoi(last)
		if err != nil || from < 0 || to >= clusterSlots {
			return fmt.Errorf("redistest: cannot read the slots %q", r)
		}
		for slot := from; slot <= to; slot++ {
			t.owners[slot] = addr
		}
		t.masters[addr] = true
	}
	return nil
}

// complete fails when the node serves nothing, a slot has no master, or a node is missing.
func (t *topology) complete(nodes int) error {
	if t.state != "ok" {
		return fmt.Errorf("redistest: the state is %q", t.state)
	}
	for slot, addr := range t.owners {
		if addr == "" {
			return fmt.Errorf("redistest: slot %d has no master", slot)
		}
	}
	if got := len(t.masters) + len(t.replicaOf); got != nodes {
		return fmt.Errorf("redistest: %d of %d nodes are masters or replicas", got, nodes)
	}
	return nil
}
