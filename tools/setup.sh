#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make this machine ready for `make demo` and `make test`: Debian packages, then environments in .venv/.
#   tools/setup.sh              everything
#   tools/setup.sh qgis worker  only these environments (qgis, worker, tools)
#   tools/setup.sh --check      change nothing, say what is missing
# What is there already is left alone: the second run takes a second.
set -eu
cd "$(dirname "$0")/.."

PYTHON=/usr/bin/python3 # QGIS's Python on Debian and Ubuntu
PACKAGES="python3-qgis qgis python3-venv python3-pip git ca-certificates fonts-dejavu-core"
# PyTorch's public index of CPU wheels; used only where pip has no index or wheel folder set by the user.
TORCH_INDEX=https://download.pytorch.org/whl/cpu

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

missing_packages() {
    for package in $PACKAGES; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s ' "$package"
    done
}

install_packages() {
    command -v dpkg-query >/dev/null || fail "This is neither Debian nor Ubuntu. Install QGIS 3.22 or later with its Python at $PYTHON, venv, pip and git by hand, then make .venv/qgis, .venv/worker and .venv/tools from tools/requirements/."
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    run=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "Debian packages are missing: $missing- install them as root: apt-get install --no-install-recommends $missing"
        run=sudo
    fi
    say "installing Debian packages (about 2 GB with all they need): $missing"
    $run apt-get update -qq || fail "apt-get update failed: see above, and check the network and /etc/apt/sources.list."
    # shellcheck disable=SC2086 (a list of words)
    $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt-get could not install $missing: see above."
}

wanted_stamp() { { "$PYTHON" --version 2>/dev/null; cat "tools/requirements/$1.txt"; } | sha256sum; }

is_made() { [ "$(cat ".venv/$1/.stamp" 2>/dev/null)" = "$(wanted_stamp "$1")" ]; }

pip_finds_packages_elsewhere() {
    settings=$("$1" -m pip config list)
    printf '%s\n' "$settings" | grep -Eq '(index-url|find-links|no-index)='
}

make_environment() {
    place=.venv/$1 python=.venv/$1/bin/python
    is_made "$1" && return 0
    say "making $place: $(grep -Eo '^[A-Za-z][A-Za-z0-9-]*' "tools/requirements/$1.txt" | sort -u | tr '\n' ' ')"
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        case $1 in qgis) sight=--system-site-packages ;; *) sight= ;; esac
        # shellcheck disable=SC2086 (nothing, or one option)
        "$PYTHON" -m venv --clear $sight "$place" || fail "$place could not be made: see above."
    fi
    set -- "$1" -qq --disable-pip-version-check --requirement "tools/requirements/$1.txt"
    [ "$1" != worker ] || pip_finds_packages_elsewhere "$python" || set -- "$@" --extra-index-url "$TORCH_INDEX"
    name=$1; shift
    "$python" -m pip install "$@" || fail "$place is not complete: see pip's words above.$(torch_hint "$name")"
    [ "$name" != worker ] || check_torch "$python"
    wanted_stamp "$name" >"$place/.stamp"
}

torch_hint() {
    [ "$1" != worker ] || printf ' %s' "torch must be the CPU build (+cpu). It is taken from PyTorch's own index, but where pip's settings name an index or a folder of wheels, from there only: see that it can be reached and has the build."
}

check_torch() {
    build=$("$1" -c 'import torch; print(torch.__version__)') || fail "torch cannot be imported in .venv/worker: see above."
    case $build in *+cpu) ;; *) fail "torch $build in .venv/worker is not the CPU build.$(torch_hint worker)" ;; esac
}

make_environments() {
    jobs=
    for name in "$@"; do
        case $name in qgis | worker | tools) ;; *) fail "There is no environment '$name': choose from qgis, worker, tools." ;; esac
        make_environment "$name" &
        jobs="$jobs $!"
    done
    status=0
    for job in $jobs; do wait "$job" || status=1; done
    return $status
}

check() {
    command -v dpkg-query >/dev/null || fail "This is neither Debian nor Ubuntu: packages cannot be looked up."
    lacking=$(missing_packages)
    for name in qgis worker tools; do is_made "$name" || lacking="$lacking.venv/$name "; done
    [ -z "$lacking" ] || fail "missing: $lacking- run make setup"
    say "nothing is missing"
}

if [ "${1:-}" = --check ]; then check; exit 0; fi
[ $# -gt 0 ] || set -- qgis worker tools
install_packages
make_environments "$@"
