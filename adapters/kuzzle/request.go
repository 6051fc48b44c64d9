package kuzzle

import (
	"slices"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Request is one request, whichever way it came. Its values are as JavaScript has them: numbers are float64 in JavaScript's print.
type Request struct {
	Controller string // empty: none was named
	Action     string
	Args       arguments
	Body       jsonvalue.Value // absent: there is none; else an object or an array
	Token      string          // empty: none
	Volatile   jsonvalue.Value // absent, or an object that is given back
	ID         string

	http     bool
	cookie   string // the token of a cookie; empty: none
	revision string // of the header that asks for one; empty: none
}

// envelope is what a request consists of before anything was checked.
type envelope struct {
	jwt, volatile, body, controller, action, requestID jsonvalue.Value

	args arguments
}

// messageEnvelope takes the members of a message apart. What is no part of the envelope itself is an argument.
func messageEnvelope(v jsonvalue.Value) envelope {
	return envelope{
		jwt: v.Get("jwt"), volatile: v.Get("volatile"), body: v.Get("body"),
		controller: v.Get("controller"), action: v.Get("action"), requestID: v.Get("requestId"), args: v.Members(),
	}
}

// fill checks the types of the envelope in Kuzzle's order and fills a request with what it holds. The error has neither id nor code. An id that
// the envelope does not have stays as it is.
func (r *Request) fill(e *envelope) error {
	r.Args = e.args
	var err error
	if r.Token, err = textAttribute("jwt", e.jwt); err != nil {
		return err
	}
	if r.Volatile, err = objectAttribute("volatile", e.volatile, `"object"`, jsonvalue.KindObject); err != nil {
		return err
	}
	if r.Body, err = objectAttribute("body", e.body, `"object" or "array"`, jsonvalue.KindObject, jsonvalue.KindArray); err != nil {
		return err
	}
	if r.Controller, err = textAttribute("controller", e.controller); err != nil {
		return err
	}
	if r.Action, err = textAttribute("action", e.action); err != nil {
		return err
	}
	if truthy(e.requestID) {
		r.ID, err = textAttribute("requestId", e.requestID)
	}
	return err
}

func textAttribute(name string, v jsonvalue.Value) (string, error) {
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull, jsonvalue.KindString:
		return v.Text(), nil
	default:
		return "", wrongAttribute(name, `"string"`)
	}
}

// objectAttribute gives nothing for null.
func objectAttribute(name string, v jsonvalue.Value, expected string, kinds ...jsonvalue.Kind) (jsonvalue.Value, error) {
	if v.IsAbsent() || v.IsNull() {
		return jsonvalue.Value{}, nil
	}
	if !slices.Contains(kinds, v.Kind()) {
		return jsonvalue.Value{}, wrongAttribute(name, expected)
	}
	return v, nil
}

func wrongAttribute(name, expected string) error {
	return bareError(400, "Attribute "+name+" must be of type "+expected)
}

// truthy is JavaScript's idea of it.
func truthy(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return false
	case jsonvalue.KindBool:
		return v.Bool()
	case jsonvalue.KindNumber:
		return v.Float() != 0
	case jsonvalue.KindString:
		return v.Text() != ""
	default:
		return true
	}
}

// checkTargets reads the argument targets, and refuses it beside an index or a collection, as Kuzzle does before anything else.
func (r *Request) checkTargets() ([]access.Target, error) {
	targets := r.Args.Get("targets")
	if targets.IsAbsent() {
		return nil, nil
	}
	list, err := r.array("targets", targets)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 && (truthy(r.Args.Get("index")) || truthy(r.Args.Get("collection"))) {
		return nil, kerrorText(idExclusive, "index, collection", "targets")
	}
	return parseTargets("targets", list)
}

// checkSDK refuses SDKs that were made for another major version of Kuzzle.
func (r *Request) checkSDK() error {
	if version := r.Volatile.Get("sdkVersion"); truthy(version) {
		return kerror(idSDKVersion, version, jsonvalue.String("Kuzzle v2"))
	}
	return checkSDKName(r.Volatile.Get("sdkName").Text())
}
