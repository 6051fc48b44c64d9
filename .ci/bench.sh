#!/usr/bin/env bash
# Go benchmarks of all packages. Arguments go to `go test`, for instance -count=10 or -bench=Commit. Nothing here is compared with an earlier
# run on another machine: ratios of one run are what counts.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -run '^$' -bench . -benchmem -timeout "${BENCH_TIMEOUT:-30m}" "$@" ./... |
  awk '!/^(\?|PASS$|goos:|goarch:)/ && !/no test files/'
