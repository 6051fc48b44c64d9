package main

import (
	"net/http"
	"strconv"
)

// comparison is one thing that a client asks for: how, what the bare server does for it, and what is expected.
type comparison struct {
	name     string
	expected float64 // requests per second as a share of the bare server's, at least
	redis    bool    // the gateway's store is Redis, else embedded
	call     call
	bare     bareKind
}

// call is what is asked.
type call struct {
	listener string
	seed     string // a request that makes the profile which is read; "": none
	grpc     bool   // GetProfile instead of request
	method   string
	route    string // of echo
	request  func(id string) string
	status   int
}

// What recorded cases of Senlin create, without white space, and a policy profile with one of each that Kuzzle lets one say.
const (
	specProfile = `{"profile":{"metadata":{},"name":"test_prof1","spec":{"properties":{"disable_rollback":false,"environment":{"resource_registry":` +
		`{"os.heat.server":"OS::Heat::Server"}},"files":{"file:///usr/test_script.sh":"#!/bin/bash\n\necho \"this is a test script file\"\n"},` +
		`"parameters":{},"template":{"heat_template_version":"2014-10-16","outputs":{"result":{"value":{"get_attr":["random","value"]}}},` +
		`"parameters":{"file":{"default":{"get_file":"file:///usr/test_script.sh"},"type":"string"}},"resources":{"random":{"properties":` +
		`{"length":64},"type":"OS::Heat::RandomString"}}},"timeout":60},"type":"os.heat.stack","version":"1.0"}}}`
	policyProfile = `{"rateLimit":50,"tags":["a","b"],"policies":[{"roleId":"default","restrictedTo":[{"index":"index1"},` +
		`{"index":"index2","collections":["foo","bar"]}]},{"roleId":"anonymous"}]}`

	senlinHeaders = "X-Auth-Token: token-demo\r\nAccept: application/json\r\nOpenStack-API-Version: clustering 1.14\r\n"
	policyID      = "profile-of-the-bench"
)

func get(path, headers string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n"
}

func post(path, headers, body string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
		"Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func createPolicies(id string) string {
	return post("/profiles/"+id+"/_create?refresh=false", "", policyProfile)
}

func createSpec(string) string { return post("/v1/profiles", senlinHeaders, specProfile) }

// comparisons are all that are made, in their order.
func comparisons() []comparison {
	readSenlin := call{
		listener: "senlin", seed: createSpec(""), method: http.MethodGet, route: "/v1/profiles/:id", status: http.StatusOK,
		request: func(id string) string { return get("/v1/profiles/"+id, senlinHeaders) },
	}
	readKuzzle := call{
		listener: "kuzzle", seed: createPolicies(policyID), method: http.MethodGet, route: "/profiles/:id", status: http.StatusOK,
		request: func(id string) string { return get("/profiles/"+id, "") },
	}
	createSenlin := call{
		listener: "senlin", method: http.MethodPost, route: "/v1/profiles", status: http.StatusCreated, request: createSpec,
	}
	createKuzzle := call{
		listener: "kuzzle", method: http.MethodPost, route: "/profiles/:id/_create", status: http.StatusOK,
		request: func(string) string { return createPolicies("bench-" + idPlace) },
	}
	getGRPC := call{listener: "grpc", seed: createPolicies(policyID), grpc: true}
	return []comparison{
		{name: "read embedded kuzzle", expected: 0.8, call: readKuzzle, bare: bareMemory},
		{name: "read embedded senlin", expected: 0.8, call: readSenlin, bare: bareMemory},
		{name: "read redis kuzzle", expected: 1.0, redis: true, call: readKuzzle, bare: bareHGet},
		{name: "read redis senlin", expected: 1.0, redis: true, call: readSenlin, bare: bareHGet},
		{name: "create redis kuzzle", expected: 0.7, redis: true, call: createKuzzle, bare: bareScript},
		{name: "create redis senlin", expected: 0.7, redis: true, call: createSenlin, bare: bareScript},
		{name: "create embedded kuzzle", expected: 0.7, call: createKuzzle, bare: bareBolt},
		{name: "create embedded senlin", expected: 0.7, call: createSenlin, bare: bareBolt},
		{name: "get grpc", expected: 0.7, call: getGRPC, bare: bareUnary},
	}
}
