#!/bin/sh
# An extension attribute of Jamf (text): what the agent says of itself, in one line.
program=/opt/shadowledger-agent/shadowledger-agent
if [ ! -x "$program" ]; then
    told="not installed"
elif "$program" status --check >/dev/null 2>&1; then
    told="well, $("$program" --version | sed 's/.* //')"
elif "$program" status --format json 2>/dev/null | grep -q '"enrolled": true'; then
    told="silent, $("$program" --version | sed 's/.* //')"
else
    told="not enrolled"
fi
echo "<result>$told</result>"
