package kuzzle

import (
	"math"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// maxSafeInteger is JavaScript's Number.MAX_SAFE_INTEGER.
const maxSafeInteger = 1<<53 - 1

// arguments are the arguments of a request. Of equal names the last counts.
type arguments []jsonvalue.Member

// Get gives an argument; absent where there is none.
func (a arguments) Get(name string) jsonvalue.Value {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i].Name == name {
			return a[i].Value
		}
	}
	return jsonvalue.Value{}
}

// id is the argument _id, which must be there.
func (r *Request) id() (string, error) {
	v := r.Args.Get("_id")
	if !truthy(v) {
		return "", fault.MissingArgument("_id")
	}
	if v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType("_id", "string")
	}
	return v.Text(), nil
}

// name is the argument index or collection, which must be there. Kuzzle takes what is no text by what JavaScript prints of it; here it is
// refused, so that rights are never checked on another name than the one that is used.
func (r *Request) name(argument string) (string, error) {
	v := r.Args.Get(argument)
	if !truthy(v) {
		return "", fault.MissingArgument(argument)
	}
	if v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType(argument, "string")
	}
	return v.Text(), nil
}

// flag is a boolean argument. Over HTTP it is set by being there, whatever its value.
func (r *Request) flag(name string) (bool, error) {
	v := r.Args.Get(name)
	if r.http {
		return !v.IsAbsent(), nil
	}
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return false, nil
	case jsonvalue.KindBool:
		return v.Bool(), nil
	default:
		return false, fault.InvalidType(name, "boolean")
	}
}

// integer is a whole number, given as one or as text that begins with one.
func (r *Request) integer(name string, otherwise int) (int, error) {
	v := r.Args.Get(name)
	if v.IsAbsent() {
		return otherwise, nil
	}
	f, ok := parsedFloat(v)
	if !ok || f != math.Trunc(f) || math.Abs(f) > maxSafeInteger {
		return 0, fault.InvalidType(name, "integer")
	}
	return int(f), nil
}

// text is an argument that is text.
func (r *Request) text(name, otherwise string) (string, error) {
	v := r.Args.Get(name)
	if v.IsAbsent() {
		return otherwise, nil
	}
	if v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType(name, "string")
	}
	return v.Text(), nil
}

// array checks an argument's value; over HTTP a text that holds a JSON array will do.
func (r *Request) array(name string, v jsonvalue.Value) ([]jsonvalue.Value, error) {
	if v.Kind() == jsonvalue.KindArray {
		return v.Items(), nil
	}
	if r.http && v.Kind() == jsonvalue.KindString {
		if parsed, err := jsonvalue.Parse([]byte(v.Text()), jsonvalue.Limits{}); err == nil && parsed.Kind() == jsonvalue.KindArray {
			return parsed.Items(), nil
		}
	}
	return nil, fault.InvalidType(name, "array")
}

// waits tells whether the answer is to wait until searches find what was written: unless refresh is false, "false" or null.
func (r *Request) waits() bool {
	switch v := r.Args.Get("refresh"); v.Kind() {
	case jsonvalue.KindNull:
		return false
	case jsonvalue.KindBool:
		return v.Bool()
	case jsonvalue.KindString:
		return v.Text() != "false"
	default:
		return true
	}
}

// body is the request's body, which must be there.
func (r *Request) body() (jsonvalue.Value, error) {
	if r.Body.IsAbsent() {
		return jsonvalue.Value{}, &fault.Error{Kind: fault.Invalid, Code: fault.CodeBodyRequired, Message: "The request must have a body."}
	}
	return r.Body, nil
}

// bodyArray is a member of the body that must be an array.
func (r *Request) bodyArray(name string) ([]jsonvalue.Value, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	v := body.Get(name)
	switch v.Kind() {
	case jsonvalue.KindArray:
		return v.Items(), nil
	case jsonvalue.KindAbsent:
		return nil, fault.MissingArgument("body." + name)
	default:
		return nil, fault.InvalidType("body."+name, "array")
	}
}

// bodyIDs are the texts of the body member ids, which must be there. blamed is what Kuzzle calls it when one of them is no text.
func (r *Request) bodyIDs(blamed string) ([]string, error) {
	items, err := r.bodyArray("ids")
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for i, item := range items {
		if item.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType(blamed, "string[]")
		}
		ids[i] = item.Text()
	}
	return ids, nil
}

// bodyTexts are the texts of a member of the body; none where there is no body or no such member.
func (r *Request) bodyTexts(name string) ([]string, error) {
	v := r.Body.Get(name)
	if v.IsAbsent() {
		return nil, nil
	}
	if v.Kind() != jsonvalue.KindArray {
		return nil, fault.InvalidType("body."+name, "array")
	}
	list := make([]string, 0, v.Len())
	for _, item := range v.Items() {
		if item.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType("body."+name, "string[]")
		}
		list = append(list, item.Text())
	}
	return list, nil
}

// bodyText is a member of the body that must be text; otherwise where there is no body or no such member.
func (r *Request) bodyText(name, otherwise string) (string, error) {
	v := r.Body.Get(name)
	if v.IsAbsent() {
		return otherwise, nil
	}
	if v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType("body."+name, "string")
	}
	return v.Text(), nil
}

// parsedFloat is JavaScript's parseFloat of numbers and text; of anything else it is not a number.
func parsedFloat(v jsonvalue.Value) (float64, bool) {
	switch v.Kind() {
	case jsonvalue.KindNumber:
		return v.Float(), true
	case jsonvalue.KindString:
		return leadingFloat(v.Text())
	default:
		return 0, false
	}
}

// leadingFloat reads the longest decimal literal at the beginning of s.
func leadingFloat(s string) (float64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r\u00a0\ufeff\u2028\u2029")
	end := literalEnd(s)
	f, err := strconv.ParseFloat(s[:end], 64)
	return f, err == nil
}

// literalEnd tells where a decimal literal at the beginning of s ends: 0 where there is none.
func literalEnd(s string) int {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	digits := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	return i + exponentLen(s[i:])
}

func exponentLen(s string) int {
	if s == "" || (s[0] != 'e' && s[0] != 'E') {
		return 0
	}
	i := 1
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	first := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == first {
		return 0
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
