#!/bin/sh
# What README.md shows for a terminal works as it stands there.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

awk '/^## From a terminal/ { here = 1 } here && /^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' \
	README.md >"$scratch/session"
PATH=$(cd "$build/bin" && pwd):$PATH
export PATH
cd "$scratch" || exit 1

ok "there is a session" test -s session
while read -r line; do
	ok "$line" sh -c "$line"
done <session
ok "the job was done" sh -c 'cairn jobs --json | grep -q SUCCEEDED'

done_testing
