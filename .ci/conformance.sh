#!/usr/bin/env bash
# Replays all recorded cases against a real process, over both stores, and shows the sum: `N passed, M failed`. gateway/conformance keeps the list
# of cases that must pass; only when one of those fails does this. What is shown is left in bin/conformance.log.
#   conformance.sh [FLAGS OF THE TEST]     for instance -store redis, -case 'kuzzle/create-*', -v
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p bin
log=$PWD/bin/conformance.log
status=0
# Inside its folder go test shows what the test itself prints, and of the single cases only those that fail.
(cd gateway/conformance && go test -count=1 -timeout "${TEST_TIMEOUT:-30m}" -run '^TestReplay' -store all -cases all "$@") 2>&1 | tee "$log" || status=$?

if ! grep -qE '[0-9]+ passed, [0-9]+ failed' "$log" || grep -qE '(^|[^0-9])0 passed, 0 failed' "$log"; then
  echo "no case was replayed" >&2
  exit 1
fi
exit "$status"
