#!/usr/bin/env bash
# Runs the OpenStack clients against the gateway, with Debian's own Keystone between them. Installs Keystone, uwsgi and python-senlinclient
# with apt-get where they are missing; nothing of them is left running, and their data lives in a temporary folder.
#   e2e-openstack.sh [FLAGS OF THE TEST]     for instance -v, -run TestKeystone/openstack
set -euo pipefail
cd "$(dirname "$0")/.."

# python3-keystone is Keystone itself; the package keystone beside it would set up a service of the machine.
packages=(python3-keystone uwsgi-core uwsgi-plugin-python3 python3-openstackclient python3-senlinclient)

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "not root, and no sudo: please install ${packages[*]} by hand" >&2
    return 1
  fi
}

installed() { # PACKAGES...
  local state
  state=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null) && ! grep -qv '^installed$' <<<"$state"
}

install_packages() { # PACKAGES...
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
    exit 1
  fi
}

if ! command -v dpkg-query >/dev/null; then
  echo "needs Debian: Keystone and the clients are its packages" >&2
  exit 1
fi
if ! installed "${packages[@]}"; then
  install_packages "${packages[@]}"
fi
echo "keystone $(dpkg-query -W -f '${Version}' python3-keystone), python-senlinclient $(dpkg-query -W -f '${Version}' python3-senlinclient)"

exec go test -count=1 -tags openstack -timeout "${TEST_TIMEOUT:-15m}" -run '^TestKeystone$' ./gateway/clienttest/keystone "$@"
