package kuzzle

import (
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Request is one request, whichever way it came. Its values are as JavaScript has them: numbers are float64 in JavaScript's print.
type Request struct {
	Controller string // empty: none was named
	Action     string
	Args       jsonvalue.Value // an object; over HTTP the members are text
	Body       jsonvalue.Value // absent: there is none; else an object or an array
	Token      string          // empty: none
	Volatile   jsonvalue.Value // null, or an object that is given back
	ID         string

	http   bool
	cookie string // the token of a cookie; empty: none
}

// envelope is what a request consists of before anything was checked.
type envelope struct {
	jwt, volatile, body, controller, action, requestID jsonvalue.Value

	args jsonvalue.Value
}

// messageEnvelope takes the members of a message apart. What is no part of the envelope itself is an argument.
func messageEnvelope(v jsonvalue.Value) envelope {
	return envelope{
		jwt: v.Get("jwt"), volatile: v.Get("volatile"), body: v.Get("body"),
		controller: v.Get("controller"), action: v.Get("action"), requestID: v.Get("requestId"), args: v,
	}
}

// request checks the types of the envelope in Kuzzle's order. The error has neither id nor code. Without a request id the fallback is
// called for one.
func (e envelope) request(fallbackID func() string) (*Request, error) {
	r := &Request{Args: e.args, Body: e.body, Volatile: e.volatile}
	var err error
	if r.Token, err = textAttribute("jwt", e.jwt); err != nil {
		return nil, err
	}
	if r.Volatile, err = objectAttribute("volatile", e.volatile, `"object"`, jsonvalue.KindObject); err != nil {
		return nil, err
	}
	if r.Body, err = objectAttribute("body", e.body, `"object" or "array"`, jsonvalue.KindObject, jsonvalue.KindArray); err != nil {
		return nil, err
	}
	if r.Body.IsNull() {
		r.Body = jsonvalue.Value{}
	}
	if r.Controller, err = textAttribute("controller", e.controller); err != nil {
		return nil, err
	}
	if r.Action, err = textAttribute("action", e.action); err != nil {
		return nil, err
	}
	if !truthy(e.requestID) {
		r.ID = fallbackID()
		return r, nil
	}
	r.ID, err = textAttribute("requestId", e.requestID)
	return r, err
}

func textAttribute(name string, v jsonvalue.Value) (string, error) {
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull, jsonvalue.KindString:
		return v.Text(), nil
	default:
		return "", wrongAttribute(name, `"string"`)
	}
}

// objectAttribute gives null for what is absent.
func objectAttribute(name string, v jsonvalue.Value, expected string, kinds ...jsonvalue.Kind) (jsonvalue.Value, error) {
	if v.IsAbsent() || v.IsNull() {
		return jsonvalue.Null(), nil
	}
	for _, k := range kinds {
		if v.Kind() == k {
			return v, nil
		}
	}
	return jsonvalue.Value{}, wrongAttribute(name, expected)
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

// checkTargets refuses targets beside an index or a collection, as Kuzzle does before anything else.
func (r *Request) checkTargets() error {
	targets := r.Args.Get("targets")
	if targets.IsAbsent() {
		return nil
	}
	list, err := r.array("targets", targets)
	if err != nil {
		return err
	}
	if len(list) > 0 && (truthy(r.Args.Get("index")) || truthy(r.Args.Get("collection"))) {
		return kerrorText(idExclusive, "index, collection", "targets")
	}
	return nil
}

// checkSDK refuses SDKs that were made for another major version of Kuzzle.
func (r *Request) checkSDK() error {
	if version := r.Volatile.Get("sdkVersion"); truthy(version) {
		return kerror(idSDKVersion, version, jsonvalue.String("Kuzzle v2"))
	}
	return checkSDKName(r.Volatile.Get("sdkName").Text())
}
