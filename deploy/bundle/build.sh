#!/bin/sh
# Write a folder from which shadowledger installs with the network off:
#   build.sh PYTHON FOLDER
# For the platform and Python version of the one given; run from the top of the checkout, with a package index at hand.
set -eu
python=$1
folder=$2

rm -rf build "$folder"
mkdir -p "$folder/wheels"
"$python" -m pip wheel --quiet --wheel-dir "$folder/wheels" .
rm -rf build
cp "$(dirname "$0")/install.sh" "$folder/"
"$python" -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())' >"$folder/BUILT_FOR"
cd "$folder"
sha256sum install.sh BUILT_FOR wheels/*.whl >SHA256SUMS
echo "$folder: $(find wheels -name '*.whl' | wc -l) wheels for Python $(cat BUILT_FOR), $(du -sh . | cut -f 1)"
