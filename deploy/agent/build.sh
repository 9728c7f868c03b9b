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
rm -rf "$folder"
mkdir -p "$folder/work/site"
work=$(cd "$folder/work" && pwd)
"$bin/python" $here/parts.py . "$work/site" >"$work/requirements.txt"
"$bin/python" -m pip install --quiet --disable-pip-version-check --target "$work/site" --requirement "$work/requirements.txt"

"$bin/python" -m PyInstaller --noconfirm --log-level ERROR --workpath "$work/pyinstaller" --distpath "$folder" \
    $here/agent.spec -- "$work/site" ${SIGN_WITH:+"$SIGN_WITH"} 2>"$work/said" || { cat "$work/said" >&2; exit 1; }

"$bin/shiv" --site-packages "$work/site" --reproducible --compile-pyc --python "/usr/bin/env -S python3 -I" \
    --entry-point shadowledger.scanner.agent.commands:main --output-file "$folder/shadowledger-agent.pyz"
"$bin/python" -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())' \
    >"$folder/BUILT_FOR"
rm -rf "$work"
