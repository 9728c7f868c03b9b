#!/bin/sh
# A script of Jamf: the agent goes, with settings, token, spool and log.
set -eu
program=/opt/shadowledger-agent/shadowledger-agent
[ ! -x "$program" ] || "$program" uninstall --purge
rm -rf /opt/shadowledger-agent
pkgutil --forget shadowledger.agent >/dev/null 2>&1 || true
