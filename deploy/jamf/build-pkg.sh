#!/bin/sh
# Make a package for macOS of what `make agent` wrote on a Mac: build-pkg.sh FOLDER     (dist/agent)
# Signing and notarising, without which macOS refuses the program, need an account with Apple:
#   SIGN_WITH="Developer ID Application: Acme (TEAMID)" make agent
#   SIGN_PKG_WITH="Developer ID Installer: Acme (TEAMID)" NOTARY_PROFILE=acme deploy/jamf/build-pkg.sh dist/agent
# NOTARY_PROFILE is what `xcrun notarytool store-credentials` was given.
set -eu
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
name=shadowledger-agent
program=/opt/$name/$name
tree=$folder/pkg
rm -rf "$tree"
mkdir -p "$tree/opt"
cp -R "$folder/$name" "$tree/opt/$name"
"$folder/$name/$name" install --system macos --root "$tree" --program "$program" >/dev/null
version=$("$folder/$name/$name" --version | sed 's/.* //')
package=$folder/$name-$version.pkg
pkgbuild --root "$tree" --ownership recommended --identifier shadowledger.agent --version "$version" --scripts scripts \
    ${SIGN_PKG_WITH:+--sign "$SIGN_PKG_WITH"} "$package"
rm -rf "$tree"
if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$package" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$package"
fi
echo "$package"
