package redisstore

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// keys are the names under which one tenant lives. All of them have the tenant as their hash tag, so that scripts run in a Cluster.
type keys struct {
	head, records, refs, log, commits, applied, epoch, fence string
	resent                                                   string // and the commit's id
}

func tenantKeys(prefix, tenant string) keys {
	base := prefix + ":{" + tenant + "}:"
	return keys{
		head:    base + "head",
		records: base + "records",
		refs:    base + "refs",
		log:     base + "log",
		commits: base + "commits",
		applied: base + "applied",
		epoch:   base + "epoch",
		fence:   base + "fence",
		resent:  base + "resent:",
	}
}

// nodesKey names the leases of a home.
func nodesKey(prefix, tag string) string {
	if tag == "" {
		return prefix + ":nodes"
	}
	return prefix + ":{" + tag + "}:nodes"
}

// masterKey names the master under which the leases of a home were renewed last; it is in the slot of the leases.
func masterKey(prefix, tag string) string {
	if tag == "" {
		return prefix + ":{" + nodesKey(prefix, "") + "}:master"
	}
	return prefix + ":{" + tag + "}:master"
}

// wakeChannel names the channel on which the nodes of a deployment wake each other: one for all tenants where there is one server. In a Cluster each
// tenant has its own, since a node subscribes at each master to what concerns that master's tenants.
func wakeChannel(prefix, tenant string) string {
	if tenant == "" {
		return prefix + ":wake"
	}
	return prefix + ":{" + tenant + "}:wake"
}

// tenantTag writes a tenant's name so that it can stand in a hash tag and in a message: braces, colons, spaces and the like escaped. The
// names that the configuration allows stay as they are.
func tenantTag(name string) (string, error) {
	if name == "" {
		return "", fault.EmptyArgument("tenant")
	}
	return url.QueryEscape(name), nil
}

func validPrefix(p string) bool {
	for _, r := range p {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".:_-", r) {
			return false
		}
	}
	return p != ""
}

// field names a record within a tenant's hashes. A kind holds no slash.
func field(k store.Key) string { return k.Kind + "/" + k.ID }

func parseField(s string) (store.Key, bool) {
	kind, id, ok := strings.Cut(s, "/")
	return store.Key{Kind: kind, ID: id}, ok && kind != "" && id != ""
}

// idText writes the commit id of a head as scripts take it; the empty history has none.
func idText(h store.Head) string {
	if h.Revision == 0 {
		return ""
	}
	return h.CommitID.String()
}

// parseHead reads "<revision>:<commit id>"; nothing is the empty history.
func parseHead(s string) (store.Head, error) {
	if s == "" || s == "0:" {
		return store.Head{}, nil
	}
	rev, id, ok := strings.Cut(s, ":")
	if !ok {
		return store.Head{}, fault.Internalf("redis: the head %q has no commit id", s)
	}
	return makeHead(rev, id)
}

func makeHead(rev, id string) (store.Head, error) {
	n, err := parseUint(rev)
	if err != nil || n == 0 {
		return store.Head{}, fault.Internalf("redis: %q is no revision", rev)
	}
	u, err := parseID(id)
	if err != nil {
		return store.Head{}, err
	}
	return store.Head{Revision: n, CommitID: u}, nil
}

// parseID reads a commit id in the one form in which scripts write it.
func parseID(s string) (uuid.UUID, error) {
	u, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.Nil, fault.Internalf("redis: %q is no commit id", s)
	}
	return u, nil
}
