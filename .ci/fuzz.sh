#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (20s), one after the other; go's -fuzz takes one target of one package at a time.
#   fuzz.sh [PACKAGES]     by default ./...
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
  set -- ./...
fi
targets=$(go test -list '^Fuzz' "$@" | awk '/^Fuzz/ { name[n++] = $1 } $1 == "ok" { for (i = 0; i < n; i++) print $2, name[i]; n = 0 }')
count=0
while read -r package target; do
  [ -n "$package" ] || continue
  echo "== $package $target, ${FUZZTIME:-20s}"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-20s}" "$package"
  count=$((count + 1))
done <<<"$targets"
echo "fuzz: targets run: $count, none failed"
