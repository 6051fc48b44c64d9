package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Dialect names one of the two recorded systems; it is also the name of the
// folder that holds its cases.
type Dialect string

// The dialects that have recorded cases.
const (
	Senlin Dialect = "senlin"
	Kuzzle Dialect = "kuzzle"
)

// Dialects lists the dialects in the order in which they are replayed.
func Dialects() []Dialect { return []Dialect{Senlin, Kuzzle} }

// Case is one recorded exchange. It starts from an empty server and its steps
// run in order.
type Case struct {
	Dialect Dialect `json:"-"`
	Name    string  `json:"name"`
	About   string  `json:"about"`
	Steps   []Step  `json:"steps"`
}

// Step is one request, what must come back, and what to keep of it.
type Step struct {
	Do     Do                `json:"do"`
	Expect Expect            `json:"expect"`
	Save   map[string]string `json:"save"`
}

// Do is a request: either an HTTP request (Method and Path, then at most one of
// JSON and Raw) or one JSON message.
type Do struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	JSON    jsontext.Value    `json:"json"`
	Raw     *string           `json:"raw"`
	Message jsontext.Value    `json:"message"`
}

// IsMessage tells whether the step is a JSON message and not an HTTP request.
func (d Do) IsMessage() bool { return d.Message != nil }

// Expect is what must come back. A nil JSON says nothing about the body.
type Expect struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	JSON    jsontext.Value    `json:"json"`
	Empty   bool              `json:"empty"`
}

// ID is how lists and reports name the case: DIALECT/NAME.
func (c *Case) ID() string { return string(c.Dialect) + "/" + c.Name }

// HasMessages tells whether any step of the case is a JSON message.
func (c *Case) HasMessages() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Do.IsMessage() })
}

// Protocols lists the protocols over which the case is replayed. Message steps
// need one that carries messages; the HTTP steps of the same case stay HTTP.
func (c *Case) Protocols() []Protocol {
	if c.HasMessages() {
		return []Protocol{WebSocket, MQTT}
	}
	return []Protocol{HTTP}
}

// Load reads every case of fsys, which holds one folder per dialect, sorted by
// dialect and name. All faulty files are told in one error.
func Load(fsys fs.FS) ([]*Case, error) {
	var cases []*Case
	var faults []error
	for _, dialect := range Dialects() {
		files, err := fs.Glob(fsys, path.Join(string(dialect), "*.json"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			faults = append(faults, fmt.Errorf("%s: no case files", dialect))
		}
		for _, file := range files {
			c, err := loadFile(fsys, dialect, file)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", file, err))
				continue
			}
			cases = append(cases, c)
		}
	}
	return cases, errors.Join(faults...)
}

func loadFile(fsys fs.FS, dialect Dialect, file string) (*Case, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	c, err := Parse(dialect, data)
	if err != nil {
		return nil, err
	}
	if want := strings.TrimSuffix(path.Base(file), ".json"); c.Name != want {
		return nil, fmt.Errorf("name is %q, the file says %q", c.Name, want)
	}
	return c, nil
}

// Parse decodes one case and checks all that can be checked without a server:
// unknown and doubled keys are errors, and so are a name that no earlier step
// saved, an unknown matcher and a pointer that is none.
func Parse(dialect Dialect, data []byte) (*Case, error) {
	c := &Case{Dialect: dialect}
	if err := json.Unmarshal(data, c, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	if c.Name == "" || c.About == "" || len(c.Steps) == 0 {
		return nil, errors.New("name, about and steps are required")
	}
	known := map[string]bool{}
	for _, name := range givenNames() {
		known[name] = true
	}
	for i, step := range c.Steps {
		if err := step.check(known); err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		for name := range step.Save {
			known[name] = true
		}
	}
	return c, nil
}

func (s Step) check(known map[string]bool) error {
	if err := s.Do.check(known); err != nil {
		return fmt.Errorf("do: %w", err)
	}
	if err := s.Expect.check(s.Do.IsMessage(), known); err != nil {
		return fmt.Errorf("expect: %w", err)
	}
	for name, ptr := range s.Save {
		if !isName(name) || isMatcher(name) {
			return fmt.Errorf("save: %q is no name", name)
		}
		if _, err := parseSave(ptr); err != nil {
			return fmt.Errorf("save %s: %w", name, err)
		}
	}
	return nil
}

func (d Do) check(known map[string]bool) error {
	if d.IsMessage() {
		if d.Method != "" || d.Path != "" || d.Headers != nil || d.JSON != nil || d.Raw != nil {
			return errors.New("a message stands alone")
		}
		if d.Message.Kind() != '{' {
			return errors.New("a message is a JSON object")
		}
		return checkNames(known, string(d.Message))
	}
	if d.Method == "" || d.Path == "" {
		return errors.New("method and path, or a message, are required")
	}
	if d.JSON != nil && d.Raw != nil {
		return errors.New("json and raw exclude each other")
	}
	texts := []string{d.Path, string(d.JSON)}
	for _, value := range d.Headers {
		texts = append(texts, value)
	}
	return checkNames(known, texts...)
}

func (e Expect) check(message bool, known map[string]bool) error {
	if e.JSON != nil && e.Empty {
		return errors.New("json and empty exclude each other")
	}
	if message && (e.Status != 0 || e.Headers != nil || e.JSON == nil) {
		return errors.New("the answer to a message is json and nothing else")
	}
	if !message && (e.Status < 100 || e.Status > 599) {
		return fmt.Errorf("%d is no HTTP status", e.Status)
	}
	stand := Vars{}
	for name := range known {
		stand[name] = ""
	}
	for name, value := range e.Headers {
		if _, err := patternOf(value, stand); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	if e.JSON == nil {
		return nil
	}
	_, err := ParsePattern(e.JSON, stand)
	return err
}
