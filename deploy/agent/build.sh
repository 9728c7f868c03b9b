#!/bin/sh
# Build the agent for the system and processor that this runs on:
#   build.sh BIN FOLDER     BIN is the bin folder of an environment with PyInstaller and shiv
# FOLDER/shadowledger-agent/      a program and what it needs, no Python wanted (for deb, rpm, pkg, Intune)
# FOLDER/shadowledger-agent.pyz   one file for machines with the same Python, as FOLDER/BUILT_FOR says
# Run from the top of the checkout. On Linux build on the oldest distribution that is to run it: glibc is not in it.
# To sign: SIGN_WITH="Developer ID Application: ..." on macOS; on Windows signtool over every .exe, .dll and .pyd of the
# folder before it is packed. docs: deploy/README.md.
set -eu
bin=$1
folder=$2
here=deploy/agent
work=$folder/work

rm -rf "$folder"
mkdir -p "$work/site"
"$bin/python" $here/parts.py . "$work/site" >"$work/requirements.txt"
"$bin/python" -m pip install --quiet --target "$work/site" --requirement "$work/requirements.txt"

# What Python's own library brings along and no look needs: each is a file to find and to map at every start.
without="tkinter sqlite3 unittest pydoc doctest asyncio multiprocessing concurrent xmlrpc curses readline lzma bz2
click scapy cffi pycparser setuptools pkg_resources numpy yaml"
set --
for name in $without; do set -- "$@" --exclude-module "$name"; done
[ "$(uname)" != Linux ] || set -- "$@" --strip
[ -z "${SIGN_WITH:-}" ] || set -- "$@" --codesign-identity "$SIGN_WITH"
separator=$("$bin/python" -c 'import os; print(os.pathsep)')
inside=shadowledger/collectors/endpoint/local
"$bin/python" -m PyInstaller --noconfirm --log-level ERROR --onedir --name shadowledger-agent \
    --paths "$work/site" --workpath "$work/pyinstaller" --specpath "$work" --distpath "$folder" \
    --add-data "$PWD/$work/site/$inside/*.toml$separator$inside" \
    --add-data "$PWD/$work/site/shadowledger/scanner/agent/units$separator""shadowledger/scanner/agent/units" \
    "$@" $here/start.py

"$bin/shiv" --site-packages "$work/site" --reproducible --compile-pyc --python "/usr/bin/env -S python3 -I" \
    --entry-point shadowledger.scanner.agent.commands:main --output-file "$folder/shadowledger-agent.pyz"
"$bin/python" -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())' \
    >"$folder/BUILT_FOR"
rm -rf "$work"
