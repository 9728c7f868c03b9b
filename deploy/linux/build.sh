#!/bin/sh
# Pack the agent's folder for Linux: build.sh FOLDER     after deploy/agent/build.sh, whose FOLDER it is.
# Writes FOLDER/*.deb where there is dpkg-deb, and FOLDER/*.rpm where there is rpmbuild (Debian: apt-get install rpm).
# To sign: debsigs --sign=origin FILE.deb, rpmsign --addsign FILE.rpm, or the repository that serves them.
set -eu
[ "$(uname)" = Linux ] || exit 0
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
here=$PWD
name=shadowledger-agent
program=/opt/$name/$name
work=$folder/packages
tree=$work/tree
rm -rf "$work"
mkdir -p "$tree/opt" "$tree/usr/bin" "$tree/usr/lib/systemd/system" "$tree/etc/$name" "$tree/var/lib/$name"

cp -R "$folder/$name" "$tree/opt/$name"
find "$tree" -name '*.dist-info' -prune -exec rm -rf {} +
ln -s "../..$program" "$tree/usr/bin/$name"
"$folder/$name/$name" install --system linux --root "$tree" --program "$program" >/dev/null
mv "$tree/etc/systemd/system/$name.service" "$tree/etc/systemd/system/$name.timer" "$tree/usr/lib/systemd/system/"
rm -r "$tree/etc/systemd"
echo '{}' >"$tree/etc/$name/settings.json"
chmod -R u=rwX,go=rX "$tree"
chmod 0600 "$tree/etc/$name/settings.json"

version=$("$folder/$name/$name" --version | sed 's/.* //')
glibc=$(grep -rhoaE 'GLIBC_2\.[0-9]+' "$tree/opt" | sort -Vu | tail -1 | sed 's/GLIBC_//')

if command -v dpkg-deb >/dev/null; then
    mkdir "$tree/DEBIAN"
    sed -e "s/@VERSION@/$version/" -e "s/@GLIBC@/$glibc/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
        -e "s/@KIB@/$(du -sk "$tree" | cut -f 1)/" control >"$tree/DEBIAN/control"
    echo "/etc/$name/settings.json" >"$tree/DEBIAN/conffiles"
    for script in postinst prerm postrm; do install -m 0755 "$script" "$tree/DEBIAN/"; done
    dpkg-deb --root-owner-group --build "$tree" "$folder" >/dev/null
    rm -r "$tree/DEBIAN"
else
    echo "no deb is written: there is no dpkg-deb here" >&2
fi
if command -v rpmbuild >/dev/null; then
    rpmbuild --quiet -bb --define "_topdir $work/rpm" --define "_rpmdir $folder" --define "_build_name_fmt %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm" \
        --define "agent_version $version" --define "agent_tree $tree" --define "agent_glibc $glibc" "$here/$name.spec"
else
    echo "no rpm is written: there is no rpmbuild here" >&2
fi
rm -rf "$work"
