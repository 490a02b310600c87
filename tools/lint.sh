#!/bin/sh
# lint.sh - every check of the sources that needs no build; the same ones run in tests/house.t.
set -u

bad=0
for check in includes.sh headers.sh source.pl format.sh tidy.sh scripts.sh; do
	echo "== $check"
	"tools/check-$check" || bad=1
done
exit $bad
