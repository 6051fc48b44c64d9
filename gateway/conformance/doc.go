// Package conformance replays recorded exchanges with OpenStack Senlin and with
// Kuzzle against a running gateway and tells where the answers differ.
//
// The cases are data: testdata/README.md says how they are written,
// testdata/DEVIATIONS.md where the gateway is better than the original on
// purpose, and testdata/must-pass.txt which cases may never fail again.
//
// The parts, in the order in which a case meets them: case.go loads and checks a
// case file, template.go fills in its {{names}}, http.go and message.go carry a
// step to the server and its answer back, match.go compares that answer with the
// expectation, replay.go runs the steps of a case in order. process.go
// starts the server that the replay runs against. Nothing here imports the gateway:
// it is a client of a real process, as anybody else's client is.
package conformance
