package conformance

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadTestdata(t *testing.T) {
	cases, err := Load(os.DirFS("testdata"))
	require.NoError(t, err)
	count := map[Dialect]int{}
	for _, c := range cases {
		count[c.Dialect]++
	}
	require.Equal(t, map[Dialect]int{Senlin: 191, Kuzzle: 99}, count)
}

func TestMustPassIsWhole(t *testing.T) {
	cases, err := Load(os.DirFS("testdata"))
	require.NoError(t, err)
	data, err := os.ReadFile(mustPassFile)
	require.NoError(t, err)
	ids, err := ParseMustPass(data)
	require.NoError(t, err)
	require.NoError(t, CheckMustPass(ids, cases, mustPassAlways()...))
}

func TestMustPassRefuses(t *testing.T) {
	cases := []*Case{{Dialect: Senlin, Name: "create-a"}, {Dialect: Senlin, Name: "list"}}
	tests := []struct{ name, list, want string }{
		{"a lost case", "senlin/list\n", "senlin/create-a must pass but is not on the list"},
		{"an invented case", "senlin/create-a\nsenlin/nope\n", "senlin/nope is on the list but there is no such case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, err := ParseMustPass([]byte(tt.list))
			require.NoError(t, err)
			require.EqualError(t, CheckMustPass(ids, cases, "senlin/create-*"), tt.want)
		})
	}
	_, err := ParseMustPass([]byte("b\na\n"))
	require.EqualError(t, err, "a: out of order or twice")
}

func TestExtendMustPass(t *testing.T) {
	got, err := ExtendMustPass([]byte("# head\nb\nd\n"), []string{"c", "b", "a"})
	require.NoError(t, err)
	require.Equal(t, "# head\na\nb\nc\nd\n", string(got))
}

// oneStep is a case with one step, whose members are do, expect and save.
func oneStep(members string) string {
	return `{"name":"n","about":"a","steps":[{` + members + `}]}`
}

func TestParseRefuses(t *testing.T) {
	const expect = `"expect":{"status":200}`
	const get = `"do":{"method":"GET","path":"/"}`
	tests := []struct{ name, doc, want string }{
		{"unknown key of the case", `{"name":"n","about":"a","steps":[],"x":1}`, `unknown object member name "x"`},
		{"unknown key of a step", oneStep(get + `,` + expect + `,"wait":1`), `unknown object member name "wait"`},
		{"unknown key of do", oneStep(`"do":{"method":"GET","path":"/","query":{}},` + expect), `unknown object member name "query"`},
		{"unknown key of expect", oneStep(get + `,"expect":{"status":200,"body":""}`), `unknown object member name "body"`},
		{"key in another case", oneStep(`"Do":{"method":"GET","path":"/"},` + expect), `unknown object member name "Do"`},
		{"doubled key", oneStep(get + `,` + get + `,` + expect), `duplicate object member name "do"`},
		{"no steps", `{"name":"n","about":"a","steps":[]}`, "name, about and steps are required"},
		{"no path", oneStep(`"do":{"method":"GET"},` + expect), "step 1: do: method and path, or a message, are required"},
		{"json and raw", oneStep(`"do":{"method":"POST","path":"/","json":null,"raw":""},` + expect), "step 1: do: json and raw exclude each other"},
		{"message and path", oneStep(`"do":{"path":"/","message":{}},` + expect), "step 1: do: a message stands alone"},
		{"message that is no object", oneStep(`"do":{"message":[]},` + expect), "step 1: do: a message is a JSON object"},
		{"message with status", oneStep(`"do":{"message":{}},` + expect), "step 1: expect: the answer to a message is json and nothing else"},
		{"no status", oneStep(get + `,"expect":{}`), "step 1: expect: 0 is no HTTP status"},
		{"json and empty", oneStep(get + `,"expect":{"status":200,"json":null,"empty":true}`), "step 1: expect: json and empty exclude each other"},
		{"name nobody saved, path", oneStep(`"do":{"method":"GET","path":"/{{id}}"},` + expect), "step 1: do: {{id}} is neither given nor saved by an earlier step"},
		{"name nobody saved, header", oneStep(`"do":{"method":"GET","path":"/","headers":{"A":"{{id}}"}},` + expect), "step 1: do: {{id}} is neither given nor saved by an earlier step"},
		{"name nobody saved, expectation", oneStep(get + `,"expect":{"status":200,"json":["{{id}}"]}`), "step 1: expect: {{id}} is neither given nor saved by an earlier step"},
		{"matcher inside a text", oneStep(get + `,"expect":{"status":200,"json":"x{{uuid}}"}`), "step 1: expect: {{uuid}} is neither given nor saved by an earlier step"},
		{"saved in the same step", oneStep(get + `,"expect":{"status":200,"json":"{{id}}"},"save":{"id":"/id"}`), "step 1: expect: {{id}} is neither given nor saved by an earlier step"},
		{"name of a matcher", oneStep(get + `,` + expect + `,"save":{"uuid":"/id"}`), `step 1: save: "uuid" is no name`},
		{"no pointer", oneStep(get + `,` + expect + `,"save":{"id":"id"}`), `step 1: save id: "id" is no JSON pointer`},
		{"no length", oneStep(get + `,` + expect + `,"save":{"id":"/id|x"}`), `step 1: save id: "/id|x": after | stands how many characters to keep`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(Kuzzle, []byte(tt.doc))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(oneStep(`"do":{"method":"GET","path":"/{{base}}"},"expect":{"status":200,"json":"{{any}}"},"save":{"id":"/a~1b/0|8"}`)))
	f.Add([]byte(oneStep(`"do":{"message":{"a":"{{user.demo}}"}},"expect":{"json":{"{{unordered}}":[]}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(Kuzzle, data)
		if err != nil {
			return
		}
		// What is accepted can be filled in without a server.
		vars := Given("http://127.0.0.1:1")
		for _, step := range c.Steps {
			_, err := vars.JSON(step.Do.JSON)
			require.NoError(t, err)
			for name := range step.Save {
				vars[name] = "saved"
			}
		}
	})
}
