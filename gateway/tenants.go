package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/profilegate/profilegate/adapters/keystone"
	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/specdoc"
)

// openAtOnce bounds how many tenants are loaded at the same time.
const openAtOnce = 16

// tenant is one tenant with what the gateway knows of it besides.
type tenant struct {
	*core.Tenant
	config   config.Tenant
	tokens   tokens
	keystone *keystone.Authenticator // nil: not configured
}

// tenants are all tenants of the deployment.
type tenants struct{ byName map[string]*tenant }

// openTenants loads every tenant's records.
func (g *Gateway) openTenants(ctx context.Context) (tenants, error) {
	all := tenants{byName: make(map[string]*tenant, len(g.config.Tenants))}
	var mu sync.Mutex
	opening, ctx := errgroup.WithContext(ctx)
	opening.SetLimit(openAtOnce)
	passwords := identity.NewHasher(0)
	for _, c := range g.config.Tenants {
		opening.Go(func() error {
			t, err := g.openTenant(ctx, c, passwords)
			if err != nil {
				return fmt.Errorf("tenant %q: %w", c.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			all.byName[c.Name] = t
			return nil
		})
	}
	return all, opening.Wait()
}

func (g *Gateway) openTenant(ctx context.Context, c config.Tenant, passwords *identity.Hasher) (*tenant, error) {
	types, problem := specTypes(c)
	if problem != nil {
		return nil, problem
	}
	st, err := g.store.Tenant(c.Name)
	if err != nil {
		return nil, err
	}
	cloud, err := openKeystone(c.Keystone)
	if err != nil {
		return nil, err
	}
	t, err := core.Open(ctx, c.Name, st, &core.Options{
		Policies: c.Speaks(config.Kuzzle), Specs: c.Speaks(config.Senlin), UniqueNames: c.Senlin.NameUnique, Types: types,
		SpecForm: specdoc.Form{NaiveTimes: c.Senlin.Timestamps == config.Naive},
		Actions:  kuzzle.Actions(), WaitTimeout: g.config.Wait.Timeout, Log: g.log, Passwords: passwords,
	})
	if err != nil {
		return nil, err // the cloud was asked nothing yet, so there is nothing to close
	}
	return &tenant{Tenant: t, config: c, tokens: newTokens(c.Tokens), keystone: cloud}, nil
}

// openKeystone prepares to ask the tenant's Keystone, if it has one. It need not be reachable.
func openKeystone(c *config.Keystone) (*keystone.Authenticator, error) {
	if c == nil {
		return nil, nil
	}
	tlsConfig, err := c.ClientConfig()
	if err != nil {
		return nil, err
	}
	return keystone.New(keystone.Options{
		AuthURL: c.AuthURL, Username: c.Username, Password: keystone.Secret(c.Password.Reveal()), UserDomain: c.UserDomainName,
		Project: c.ProjectName, ProjectDomain: c.ProjectDomainName, TLS: tlsConfig, CacheTTL: c.CacheTTL, Timeout: c.Timeout,
	})
}

// Close gives up the tenant's records and its Keystone.
func (t *tenant) Close() error {
	err := t.Tenant.Close()
	if t.keystone != nil {
		err = errors.Join(err, t.keystone.Close())
	}
	return err
}

func (ts tenants) close() error {
	var errs []error
	for _, t := range ts.byName {
		errs = append(errs, t.Close())
	}
	return errors.Join(errs...)
}

// from finds the tenant that a request's context was given.
func (ts tenants) from(ctx context.Context) (*tenant, error) {
	t, err := core.TenantFrom(ctx)
	if err != nil {
		return nil, err
	}
	return ts.byName[t.Name()], nil
}

// authURI is where the tenant's clients get their tokens; empty: not configured.
func (ts tenants) authURI(ctx context.Context) string {
	t, err := ts.from(ctx)
	if err != nil {
		return ""
	}
	if c := t.config; c.Senlin.AuthURI == "" && c.Keystone != nil {
		return c.Keystone.AuthURL
	}
	return t.config.Senlin.AuthURI
}

// reach is which tenants may be reached at a listener, and how they are told apart.
type reach struct {
	only    *tenant            // the only one, whatever the host; nil: it goes by host
	byHost  map[string]*tenant // lower case, without port
	anyHost *tenant            // for hosts that lead to no other; nil: none
	byName  map[string]*tenant
}

func (ts tenants) reachable(cs []config.Tenant) reach {
	r := reach{byHost: make(map[string]*tenant), byName: make(map[string]*tenant)}
	for _, c := range cs {
		t := ts.byName[c.Name]
		r.byName[c.Name] = t
		for _, host := range c.Hosts {
			r.byHost[host] = t
		}
		if len(c.Hosts) == 0 {
			r.anyHost = t
		}
	}
	if len(cs) == 1 && len(r.byHost) == 0 {
		r.only = r.anyHost
	}
	return r
}

// forHost finds the tenant that a Host header leads to.
func (r reach) forHost(host string) (*tenant, bool) {
	if r.only != nil {
		return r.only, true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if t, ok := r.byHost[host]; ok {
		return t, true
	}
	return r.anyHost, r.anyHost != nil
}
