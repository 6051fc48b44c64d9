#!/usr/bin/env bash
# Lints everything: Go in this module and in those nested in it, the contract, and the shell scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

for script in .ci/run .ci/*.sh; do
  bash -n "$script"
done
buf lint
if ! buf format --diff --exit-code; then
  echo "proto files are not formatted: run 'make fmt'" >&2
  exit 1
fi
golangci-lint config verify
find . -name go.mod -not -path './.*' -not -path '*/node_modules/*' -not -path '*/testdata/*' -printf '%h\n' | sort | while read -r module; do
  echo "golangci-lint in $module"
  (cd "$module" && golangci-lint run --config "$root/.golangci.yml" ./...)
done
# A folder with a dot in front is not in ./...
golangci-lint run ./.ci/testsummary
