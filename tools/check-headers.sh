#!/bin/sh
# check-headers.sh - each public header compiles alone, twice, as C11 and as C++11, and no two declare one type:
# whoever includes both would get the wrong one of them.
#
# Works on the tree in the working directory; prints what the compilers say.
set -u

CC=${CC:-cc}
CXX=${CXX:-c++}
warnings='-Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Werror -fsyntax-only'
cjson=$(pkg-config --cflags libcjson 2>/dev/null)
bad=0

try() {
	header=$1
	shift
	if ! printf '#include <%s>\n#include <%s>\nextern int unit;\n' "$header" "$header" | "$@" -Iinclude -; then
		echo "$header: not clean: $*"
		bad=1
	fi
}

for header in include/cairn/*.h include/cairn/sys/*.h; do
	[ -f "$header" ] || continue
	name=${header#include/}
	# shellcheck disable=SC2086 # lists of flags
	try "$name" "$CC" -x c -std=c11 -Wstrict-prototypes $warnings $cjson
	# shellcheck disable=SC2086
	try "$name" "$CXX" -x c++ -std=c++11 $warnings $cjson
done 2>&1

twice=$(grep -hoE '^typedef (struct|union) cairn_[a-z0-9_]+ (\{|[a-z0-9_]+;)' include/cairn/*.h include/cairn/sys/*.h |
	cut -d' ' -f2,3 | LC_ALL=C sort | uniq -d)
if [ -n "$twice" ]; then
	echo "$twice" | sed 's/^/in two headers: /'
	bad=1
fi
exit $bad
