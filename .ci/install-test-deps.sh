#!/usr/bin/env bash
# Installs or finds what the tests need besides Go: a C compiler for the race detector, redis-server, and the clients of gateway/clienttest:
# Node with the clients' packages, OpenStack's command line client with its plug-in for Senlin. Does nothing where all is there already, and
# says what it does otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

node_tests=gateway/clienttest/node

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    return 1
  fi
}

install_packages() { # DEBIAN PACKAGES...
  echo "installing $* with apt-get"
  local log
  log=$(mktemp)
  # The lists of packages may be old or missing: fetch them only if the packages cannot be installed without.
  if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1; then
    rm -f "$log"
  elif as_root apt-get update -qq >>"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    echo "could not install $*; please install them by hand and run this again" >&2
    exit 1
  fi
}

need() { # COMMAND PACKAGES...
  local command=$1
  shift
  if ! command -v "$command" >/dev/null; then
    missing+=("$@")
  fi
}

known() { # PACKAGE, to apt
  apt-cache show "$1" >/dev/null 2>&1
}

missing=()
need gcc gcc libc6-dev
need redis-server redis-server
if [ -f "$node_tests/package-lock.json" ]; then
  need node nodejs
  need npm npm
fi
# A Debian without a Senlin client (Senlin was retired) leaves the tests of it out.
if [ ! -e /usr/lib/python3/dist-packages/senlinclient ] || ! command -v openstack >/dev/null; then
  known python3-openstackclient || as_root apt-get update -qq || true
  if known python3-senlinclient; then
    missing+=(python3-openstackclient python3-senlinclient)
  else
    echo "apt-get knows no python3-senlinclient: the tests of OpenStack's command line client will be skipped"
  fi
fi
if [ ${#missing[@]} -gt 0 ]; then
  install_packages "${missing[@]}"
fi

# npm leaves a copy of what it installed inside node_modules, newer than the lock file that it read.
if [ -f "$node_tests/package-lock.json" ] && [ ! "$node_tests/node_modules/.package-lock.json" -nt "$node_tests/package-lock.json" ]; then
  echo "installing the Node clients of $node_tests"
  # None of them needs its install scripts; nothing from a registry runs before the tests do.
  (cd "$node_tests" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  touch "$node_tests/node_modules/.package-lock.json"
fi
