#!/usr/bin/env bash
# Compares the gRPC contract with an earlier one and refuses what would break clients, on the wire or in JSON:
#   breaking.sh [REF]      by default the last release, or, before the first one, the parent commit
set -euo pipefail
cd "$(dirname "$0")/.."

ref=${1:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || git rev-parse --verify --quiet HEAD^ || true)}
if [ -z "$ref" ] || ! git cat-file -e "$ref:buf.yaml" 2>/dev/null; then
  echo "no earlier contract to compare with"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git archive "$ref" buf.yaml proto | tar -x -C "$work"
buf breaking --against "$work"
echo "the contract keeps what $ref promised"
