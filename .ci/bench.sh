#!/usr/bin/env bash
# Go benchmarks of all packages, each for a short time, then the running gateway side by side with the least that its libraries can do
# (gateway/bench). Nothing here is compared with an earlier run on another machine: ratios of one run are what counts.
#
#   make bench                      both: some minutes for the benchmarks, five for the side by side
#   BENCH_ONLY=go make bench        the Go benchmarks alone; BENCHTIME (default 0.2s) is for each of them
#   BENCH_ONLY=sides make bench     the side by side alone
#   .ci/bench.sh -quick             arguments go to the side by side: a minute instead of five; -only "create redis", -conns 16, -v
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${BENCH_ONLY:-go} == go ]]; then
  go test -run '^$' -bench . -benchmem -benchtime "${BENCHTIME:-0.2s}" -timeout "${BENCH_TIMEOUT:-30m}" ./... |
    awk '!/^(\?|PASS$|goos:|goarch:)/ && !/no test files/'
fi
if [[ ${BENCH_ONLY:-sides} == sides ]]; then
  if ! command -v redis-server >/dev/null; then
    echo "redis-server is missing: run 'make testdeps'" >&2
    exit 1
  fi
  built=$(mktemp -d)
  trap 'rm -rf "$built"' EXIT
  CGO_ENABLED=0 go build -trimpath -o bin/profilegate ./cmd/profilegate
  CGO_ENABLED=0 go build -trimpath -o "$built/bench" ./gateway/bench
  "$built/bench" -binary bin/profilegate "$@"
fi
