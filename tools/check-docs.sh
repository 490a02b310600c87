#!/bin/sh
# check-docs.sh - the documents keep up with the code.
#
# Works on the tree in the working directory and on $BUILD/bin/errors and workflows; prints what lags behind.
set -u

build=${BUILD:-build/plain}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

findings() {
	# Every function and object that is exported stands in some man page.
	sort -u tests/abi/*.syms | while read -r name; do
		grep -qw "$name" docs/man/*.3 || echo "$name: in no man page"
	done

	# Man pages name nothing that is gone.
	cat include/cairn/*.h include/cairn/sys/*.h | grep -ow 'cairn_[a-z0-9_]*' | sort -u >"$tmp/names"
	grep -h '^\.F[no] ' docs/man/*.3 | grep -ow 'cairn_[a-z0-9_]*' | sort -u | while read -r name; do
		grep -qx "$name" "$tmp/names" || echo "$name: in a man page, but in no header"
	done

	mandoc -T lint -W warning docs/man/*.[13] 2>&1

	"$build/bin/errors" | diff -u docs/ERRORS.md - || echo "docs/ERRORS.md: run make docs"

	"$build/bin/workflows" docs/WORKFLOWS.md | diff -u docs/WORKFLOWS.md - || echo "docs/WORKFLOWS.md: run make docs"

	# Each kind of event is explained.
	sed -n 's/.*CAIRN_EVENT_\([A-Z_]*\).*/\1/p' include/cairn/job.h | while read -r kind; do
		grep -q "^## $kind\$" docs/EVENTS.md || echo "docs/EVENTS.md: nothing on $kind"
	done

	# README shows an example that is compiled and run.
	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$tmp/example"
	diff -u examples/hello.c "$tmp/example" || echo "README.md: its example is not examples/hello.c"

	# Links inside the repository lead somewhere.
	for page in *.md docs/*.md; do
		grep -o '](\([^)#:]*\)[)#]' "$page" | sed 's/^](//; s/[)#]$//' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || echo "$page: no such file: $link"
		done
	done
}

findings >"$tmp/findings" 2>&1
cat "$tmp/findings"
[ ! -s "$tmp/findings" ]
