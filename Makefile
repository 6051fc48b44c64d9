# `make help` lists the targets; it reads the comments that begin with two number signs.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Pinned versions. A tool is built into TOOLS the first time a target needs it, and again when its version changes here.
TOOLS              ?= $(CURDIR)/.tools/bin
BUF                := github.com/bufbuild/buf/cmd/buf@v1.75.0
GOLANGCI_LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PROTOC_GEN_GO      := google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
PROTOC_GEN_GO_GRPC := google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
GOFUMPT            := mvdan.cc/gofumpt@v0.12.0
# v1.9.0 does not build from its modules.
GOVULNCHECK        := golang.org/x/vuln/cmd/govulncheck@v1.8.0

INSTALL_TOOL := .ci/install-tool.sh $(TOOLS)
export PATH  := $(TOOLS):$(PATH)

CONFIG   ?= config/examples/development.yaml
FUZZTIME ?= 20s
PKG      ?= ./...
# Flags of the replay, for instance CASES="-store redis -case kuzzle/create-*".
CASES    ?=
# How long make soak goes on; SEED=… plays one round's faults again.
SOAK     ?= 10m
export FUZZTIME

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/profilegate (its version comes from git, by way of Go's build information)
	CGO_ENABLED=0 go build -trimpath -o bin/profilegate ./cmd/profilegate

.PHONY: run
run: build ## Build and start the gateway with CONFIG (the development config: embedded store, loopback only)
	exec bin/profilegate serve --config $(CONFIG)

.PHONY: test
test: testdeps ## Install or find what the tests need, then run all of them with the race detector
	.ci/test.sh

.PHONY: testdeps
testdeps: ## Install or find what the tests need: a C compiler, redis-server, Node clients
	.ci/install-test-deps.sh

.PHONY: soak
soak: testdeps ## Play workloads with faults for SOAK (10m) and check what clients saw; prints seeds, keeps what failed
	SOAK=$(SOAK) go test -race -count=1 -timeout 0 -v -run '^TestSoak$$' ./gateway/history

.PHONY: conformance
conformance: testdeps build ## Replay the recorded cases against a real process, over both stores
	PROFILEGATE_BINARY=$(CURDIR)/bin/profilegate .ci/conformance.sh $(CASES)

.PHONY: e2e-openstack
e2e-openstack: build ## Run the real OpenStack clients against the gateway and Debian's Keystone (installs both)
	PROFILEGATE_BINARY=$(CURDIR)/bin/profilegate .ci/e2e-openstack.sh

.PHONY: lint
lint: ## Lint Go, the gRPC contract and the scripts
	@$(INSTALL_TOOL) $(BUF) $(GOLANGCI_LINT)
	.ci/lint.sh

.PHONY: fmt
fmt: ## Format Go and proto files
	@$(INSTALL_TOOL) $(BUF) $(GOFUMPT)
	gofumpt -l -w .
	buf format -w

.PHONY: generate
generate: ## Generate the Go code of proto/
	@$(INSTALL_TOOL) $(BUF) $(PROTOC_GEN_GO) $(PROTOC_GEN_GO_GRPC)
	buf generate

.PHONY: checkgenerate
checkgenerate: ## Fail if generated code is not what its source says
	@$(INSTALL_TOOL) $(BUF) $(PROTOC_GEN_GO) $(PROTOC_GEN_GO_GRPC)
	.ci/checkgenerate.sh

.PHONY: breaking
breaking: ## Fail if the gRPC contract breaks what the last release (or AGAINST, a git ref) promised
	@$(INSTALL_TOOL) $(BUF)
	.ci/breaking.sh $(AGAINST)

.PHONY: bench
bench: ## Run the benchmarks
	.ci/bench.sh

.PHONY: fuzz
fuzz: ## Run every fuzz target of PKG for FUZZTIME
	.ci/fuzz.sh $(PKG)

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities (needs the network)
	@$(INSTALL_TOOL) $(GOVULNCHECK)
	.ci/vulncheck.sh

.PHONY: tools
tools: ## Build the pinned tools that are not there yet
	@$(INSTALL_TOOL) $(PROTOC_GEN_GO) $(PROTOC_GEN_GO_GRPC) $(GOFUMPT) $(BUF) $(GOLANGCI_LINT)

.PHONY: clean
clean: ## Remove what was built, except the tools
	rm -rf bin
