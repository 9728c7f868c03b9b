#!/bin/sh
# Install shadowledger from this folder; no network is used.
#   ./install.sh [TARGET]     TARGET is a folder that does not exist yet; default ~/.local/share/shadowledger
#   PYTHON=python3.11 ./install.sh     to choose the interpreter
set -eu
case ${1:-} in -*) exec sed -n '2,4s/^# *//p' "$0" ;; esac
target=${1:-$HOME/.local/share/shadowledger}
case $target in /*) ;; *) target=$PWD/$target ;; esac
python=${PYTHON:-python3}
cd "$(dirname "$0")"

stop() {
    echo "$1" >&2
    exit 1
}

# Guards against a damaged copy. Who could change the wheels could change the sums too.
sha256sum --quiet --check SHA256SUMS || stop "This bundle is damaged: copy it again."
[ -e "$target" ] && stop "$target exists already; name another folder, or remove it first."
mine=$("$python" -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())')
[ "$mine" = "$(cat BUILT_FOR)" ] ||
    stop "This bundle is for Python $(cat BUILT_FOR); $python is $mine. PYTHON=... names another one."

"$python" -m venv "$target" || stop "On Debian: apt-get install python3-venv"
"$target/bin/python" -m pip install --quiet --no-index --disable-pip-version-check --find-links wheels shadowledger
"$target/bin/shadowledger" --version >&2
echo "$target/bin/shadowledger"
