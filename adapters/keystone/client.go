package keystone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"

	"github.com/profilegate/profilegate/core/access"
)

// maxConns bounds how many questions one Keystone is asked at a time. More wait, within their timeout.
const maxConns = 64

// errUnknownToken is Keystone's word that it knows no such token, or not any more. Whatever else goes wrong is no word about the token.
var errUnknownToken = errors.New("keystone: the token is not known")

// client speaks with one Keystone.
type client struct {
	transport *http.Transport
	visitor   *gophercloud.ServiceClient // carries no token: by it the service's own is had
	service   *gophercloud.ServiceClient // carries the service's token, and has a new one made when that is refused
	login     tokens.AuthOptions
}

func newClient(o Options) *client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true,
		MaxConnsPerHost: maxConns, MaxIdleConnsPerHost: maxConns, IdleConnTimeout: 90 * time.Second,
	}
	c := &client{
		transport: transport,
		login: tokens.AuthOptions{
			Username: o.Username, Password: string(o.Password), DomainName: o.UserDomain,
			Scope: tokens.Scope{ProjectName: o.Project, DomainName: o.ProjectDomain},
		},
	}
	c.visitor = identity(o, transport)
	c.service = identity(o, transport)
	c.service.UseTokenLock()
	c.service.ReauthFunc = c.authenticate
	return c
}

// identity is a client of the identity service. It follows no redirection, which would carry tokens to wherever it points.
func identity(o Options, transport http.RoundTripper) *gophercloud.ServiceClient {
	provider := &gophercloud.ProviderClient{HTTPClient: http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	provider.UserAgent.Prepend("profilegate")
	return &gophercloud.ServiceClient{ProviderClient: provider, Endpoint: o.endpoint(), Type: "identity"}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// authenticate gives the service a token of its own. Of those who want one at the same time only one comes here.
func (c *client) authenticate(ctx context.Context) error {
	made := tokens.Create(ctx, c.visitor, &c.login)
	if made.Err != nil {
		return fmt.Errorf("keystone: the service could not authenticate: %w", made.Err)
	}
	return c.service.SetTokenAndAuthResult(made)
}

// bearer is whom a token stands for, and until when it does.
type bearer struct {
	actor   access.Actor
	expires time.Time
}

// validate asks about a token, without the catalog, which may be large and is of no use here.
func (c *client) validate(ctx context.Context, token string) (bearer, error) {
	if c.service.Token() == "" {
		if err := c.service.Reauthenticate(ctx, ""); err != nil {
			return bearer{}, err
		}
	}
	var told tokens.GetResult
	//nolint:bodyclose // gophercloud reads the body into told and closes it, and closes that of a refusal too
	response, err := c.service.Get(ctx, c.service.ServiceURL("auth", "tokens")+"?nocatalog", &told.Body, &gophercloud.RequestOpts{
		MoreHeaders: map[string]string{"X-Subject-Token": token},
		OkCodes:     []int{http.StatusOK, http.StatusNonAuthoritativeInfo},
	})
	if _, told.Header, told.Err = gophercloud.ParseResponse(response, err); told.Err != nil {
		if gophercloud.ResponseCodeIs(told.Err, http.StatusNotFound) {
			return bearer{}, errUnknownToken
		}
		return bearer{}, fmt.Errorf("keystone: a token could not be validated: %w", told.Err)
	}
	return read(told)
}

// read takes from Keystone's answer what matters here.
func read(told tokens.GetResult) (bearer, error) {
	var token struct {
		Expires time.Time      `json:"expires_at"`
		User    tokens.User    `json:"user"`
		Project tokens.Project `json:"project"`
		Domain  tokens.Domain  `json:"domain"`
		Roles   []tokens.Role  `json:"roles"`
	}
	if err := told.ExtractInto(&token); err != nil {
		return bearer{}, fmt.Errorf("keystone: the answer about a token cannot be read: %w", err)
	}
	if token.User.ID == "" || token.Expires.IsZero() {
		return bearer{}, errors.New("keystone: the answer about a token names no user or no time")
	}
	actor := access.Actor{User: token.User.ID, Project: token.Project.ID, Domain: token.Domain.ID}
	for _, role := range token.Roles {
		actor.Roles = append(actor.Roles, role.Name)
	}
	return bearer{actor: actor, expires: token.Expires}, nil
}
