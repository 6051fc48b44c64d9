#!/usr/bin/env bash
# Generates anew into a temporary folder and compares: generated code that is committed must be what its source says, no more and no less.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
buf generate --output "$work"

list() { (cd "$1" && find proto -name '*.pb.go' | sort); }
if ! diff <(list .) <(list "$work"); then
  echo "the generated files are not those of the .proto files: run 'make generate' and commit" >&2
  exit 1
fi
count=0
for file in $(list .); do
  if ! diff -u "$file" "$work/$file" | head -n 40; then
    echo "$file has drifted: run 'make generate' and commit" >&2
    exit 1
  fi
  count=$((count + 1))
done
echo "$count generated files are up to date"
