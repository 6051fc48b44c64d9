#!/usr/bin/env bash
# Runs all Go tests with the race detector: this module's, and those of the modules nested in it (client libraries have their own go.mod, so
# that their dependencies stay out of the product's). Arguments go to every `go test`. Prints a line for each package, the output of what
# failed, and one sum for all.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/testsummary" ./.ci/testsummary

# Tests that start the gateway as a process read this variable. Go then takes none of their results from its cache, which does not see that
# the code of that process has changed.
export GATEWAY_TEST_RUN=$work

mapfile -t modules < <(find . -name go.mod -not -path './.*' -not -path '*/node_modules/*' -not -path '*/testdata/*' -printf '%h\n' | sort)
for module in "${modules[@]}"; do
  cd "$root/$module"
  # A failing test fails the sum below, after all of them have run.
  go test -json -race -timeout "${TEST_TIMEOUT:-15m}" "$@" ./... 2>>"$work/stderr" || echo "exit of go test in $module: $?" >>"$work/failed"
done | "$work/testsummary" && status=0 || status=$?

# What failed before go test could tell it as an event (a go.mod that cannot be read) counts too.
if [ "$status" -ne 0 ] || [ -e "$work/failed" ]; then
  cat "$work/stderr" "$work/failed" >&2 || true
  exit 1
fi
