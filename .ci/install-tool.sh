#!/usr/bin/env bash
# Builds tools into a folder, each only if the very version that is asked for is not there yet:
#   install-tool.sh DIR PACKAGE@VERSION...
# What a binary is, it says itself (go version -m), so an interrupted or older build is never taken for the right one.
set -euo pipefail

dir=$1
shift
mkdir -p "$dir"

# Two makes in one checkout must not build the same tool twice.
exec 9>"$dir/.lock"
flock 9

has() { # BINARY PACKAGE VERSION
  [ -x "$1" ] && go version -m "$1" 2>/dev/null | awk -F '\t' -v package="$2" -v version="$3" '
    $2 == "path" && $3 == package { path = 1 }
    $2 == "mod" && index(package, $3) == 1 && $4 == version { mod = 1 }
    END { exit !(path && mod) }'
}

for tool in "$@"; do
  package=${tool%@*}
  version=${tool##*@}
  name=$(basename "$package")
  if has "$dir/$name" "$package" "$version"; then
    continue
  fi
  echo "building $name $version (the large ones take some minutes)"
  started=$SECONDS
  GOBIN="$dir" GOFLAGS= nice go install "$tool"
  echo "built $name $version in $((SECONDS - started))s"
done
