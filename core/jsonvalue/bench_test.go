package jsonvalue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

const createBody = `{"profile": {"name": "web-server", "metadata": {"tier": "front", "owner": "team-a"},
 "spec": {"type": "os.heat.stack", "version": "1.0", "properties": {"template": {"heat_template_version": "2014-10-16",
 "parameters": {"str_length": {"type": "number", "default": 64}}, "resources": {"random": {"type": "OS::Heat::RandomString",
 "properties": {"length": 64}}}, "outputs": {"result": {"value": {"get_attr": ["random", "value"]}}}}, "timeout": 60, "disable_rollback": true}}}}`

func largeBody() string {
	var b strings.Builder
	b.WriteString(`{"first":0`)
	for i := range 50_000 {
		fmt.Fprintf(&b, `,"key-%d":[%d,"text"]`, i, i)
	}
	return b.String() + "}"
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"create": createBody, "large": largeBody()} {
		data := []byte(text)
		b.Run(name+"/jsonvalue", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jsonvalue.Parse(data, jsonvalue.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(data, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendTo(b *testing.B) {
	v := parse(b, createBody)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = v.AppendTo(dst[:0])
	}
}
