#!/usr/bin/env bash
# Replays the recorded cases against a real process, over both stores, and shows what failed and the sum: `N passed, M failed`.
# Which cases must pass is written down in gateway/conformance; the test fails when one of them does not. The full log is left in bin/conformance.log.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p bin
log=bin/conformance.log
status=0
go test -count=1 -timeout "${TEST_TIMEOUT:-15m}" -run '^TestReplay' -v ./gateway/conformance "$@" >"$log" 2>&1 || status=$?

# Hundreds of cases each start, pause and pass; what is left is worth reading.
grep -vE '^(=== (RUN|PAUSE|CONT|NAME)|[[:space:]]*--- PASS)' "$log" || true
if ! grep -qE '[0-9]+ passed, [0-9]+ failed' "$log"; then
  echo "the replay told no sum: no case was replayed" >&2
  exit 1
fi
exit "$status"
