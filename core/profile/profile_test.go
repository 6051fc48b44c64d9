package profile_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

func TestSpecNames(t *testing.T) {
	good := []string{"a", "9", "_", "-.~", "Web-1", "名字", "٣", "İıſK", strings.Repeat("a", 255), strings.Repeat("一", 255)}
	for _, name := range good {
		require.NoError(t, profile.CheckSpecName(name), name)
	}
	bad := map[string]string{
		"":                       "at least 1 characters",
		strings.Repeat("a", 256): "less than 255 characters",
		"a b":                    "The value for the 'name' (a b) contains illegal characters",
		"é":                      "illegal characters",
		"a/b":                    "illegal characters",
		"\u9fa6":                 "illegal characters",
		"½":                      "illegal characters",
		"a\x00":                  "illegal characters",
		"\xff":                   "illegal characters",
	}
	for name, message := range bad {
		err := profile.CheckSpecName(name)
		require.ErrorContains(t, err, message, name)
		f := fault.As(err)
		require.Equal(t, fault.Invalid, f.Kind)
		require.Equal(t, fault.CodeInvalidArgument, f.Code)
		require.Equal(t, "name", f.Fields[0].Path)
	}
}

func TestStyles(t *testing.T) {
	require.Equal(t, profile.StyleSpec, (&profile.Profile{Body: &profile.Spec{}}).Style())
	require.Equal(t, profile.StylePolicies, (&profile.Profile{Body: &profile.Policies{}}).Style())
}

func TestRenderingIsKept(t *testing.T) {
	p := &profile.Profile{ID: "p", Body: &profile.Spec{}}
	var rendered atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got := p.Rendering(func(p *profile.Profile) []byte {
				rendered.Add(1)
				return []byte(p.ID)
			})
			if string(got) != "p" {
				t.Errorf("got %q", got)
			}
		})
	}
	all.Wait()
	first := rendered.Load()
	require.Positive(t, first)
	p.Rendering(func(*profile.Profile) []byte { return []byte("another") })
	require.Equal(t, "p", string(p.Rendering(nil)))
}
