package keystonetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Options say how the server behaves from the start. The zero value is a Keystone that is well.
type Options struct {
	Now      func() time.Time // the clock of tokens; nil: the machine's
	Lifetime time.Duration    // of tokens; 0: one hour, as Keystone's
	TLS      bool             // serve https, with the certificate CertificatePEM
}

// Server is the stand-in. Its methods may be called while it serves.
type Server struct {
	http     *httptest.Server
	now      func() time.Time
	lifetime time.Duration
	gone     context.Context // ends at Close, so that hung requests do not keep it
	leave    context.CancelFunc

	mu       sync.Mutex
	people   directory
	tokens   map[string]*token
	catalog  []Endpoint
	trouble  Trouble
	counters Counters
}

// Counters count the calls that came in, those that met trouble included.
type Counters struct {
	Authentications int // POST /v3/auth/tokens
	Validations     int // GET /v3/auth/tokens
}

// Trouble is what ails the server.
type Trouble struct {
	Status  int             // answer everything so; 0: do not
	Body    string          // with Status
	Headers http.Header     // with Status
	Cut     bool            // end the connection without an answer
	Hold    <-chan struct{} // answer only when this is closed, or the client has gone
}

// Start serves on a free port of loopback, until Close.
func Start(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lifetime <= 0 {
		o.Lifetime = time.Hour
	}
	s := &Server{now: o.Now, lifetime: o.Lifetime, people: newDirectory(), tokens: map[string]*token{}}
	s.gone, s.leave = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.versions)
	mux.HandleFunc("GET /v3", s.version)
	mux.HandleFunc("GET /v3/{$}", s.version)
	mux.HandleFunc("POST /v3/auth/tokens", s.authenticate)
	mux.HandleFunc("GET /v3/auth/tokens", s.validate)
	mux.HandleFunc("DELETE /v3/auth/tokens", s.revoke)
	s.http = httptest.NewUnstartedServer(s.troubled(mux))
	if o.TLS {
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	return s
}

// Close ends the server and every connection.
func (s *Server) Close() {
	s.leave()
	s.http.CloseClientConnections()
	s.http.Close()
}

// URL is the identity service's URL, without a version.
func (s *Server) URL() string { return s.http.URL }

// CertificatePEM is what an https client has to trust. It is nil for a server without TLS.
func (s *Server) CertificatePEM() []byte { return pemOf(s.http.Certificate()) }

// Ail gives the server trouble, or none.
func (s *Server) Ail(t Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

// Count tells what was asked so far.
func (s *Server) Count() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters
}

// troubled counts a call, and answers it as what ails the server has it.
func (s *Server) troubled(well http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := s.admit(r)
		if t.Hold != nil {
			select {
			case <-t.Hold:
			case <-r.Context().Done():
				return
			case <-s.gone.Done():
				return
			}
		}
		switch {
		case t.Cut:
			panic(http.ErrAbortHandler)
		case t.Status != 0:
			for name, values := range t.Headers {
				w.Header()[name] = values
			}
			w.WriteHeader(t.Status)
			_, _ = w.Write([]byte(t.Body)) // a client that went away
		default:
			well.ServeHTTP(w, r)
		}
	})
}

func (s *Server) admit(r *http.Request) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/v3/auth/tokens" {
		switch r.Method {
		case http.MethodPost:
			s.counters.Authentications++
		case http.MethodGet:
			s.counters.Validations++
		}
	}
	return s.trouble
}
