#!/bin/sh
# check-symbols.sh - what the built libraries export, need, and hide.
#
# Works on $BUILD/lib. The list of exports is compared by tools/abi.sh; here it is about
# names that collide, a core that would print or exit, and globals that nobody shares.
set -u

build=${BUILD:-build/plain}
bad=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

say() {
	echo "$*"
	bad=1
}

# Shared libraries export declared names only.
cat include/cairn/*.h include/cairn/sys/*.h >"$tmp/headers"
for so in "$build"/lib/lib*.so; do
	for name in $(nm -D --defined-only "$so" | sed 's/.* //; s/@.*//' | grep -v '^CAIRN_'); do
		case $name in
		cairn__*) say "$so: exports $name, which is internal" ;;
		cairn_*) grep -qw "$name" "$tmp/headers" || say "$so: exports $name, which no header declares" ;;
		*) say "$so: exports $name, which is not cairn's to define" ;;
		esac
	done
done

# Static libraries have no hidden names: prefixes keep them apart.
for archive in "$build"/lib/lib*.a; do
	prefix='cairn_'
	case $archive in
	*_conformance.a) prefix='cairn_\|ct_' ;;
	esac
	nm -A --defined-only --extern-only "$archive" 2>/dev/null | sed 's/:[0-9a-f ]*\([A-Za-z]\) /:\1 /' |
		grep -v ":[A-Za-z] \($prefix\)" >"$tmp/foreign"
	while read -r line; do
		say "$line: a global name without cairn's prefix"
	done <"$tmp/foreign"
done

# The core may call what is listed, nothing else: it never prints, exits or handles signals.
nm -D --undefined-only "$build/lib/libcairn.so" | sed 's/.* //; s/@.*//' | LC_ALL=C sort -u >"$tmp/needs"
sed 's/[[:space:]]*#.*//; /^$/d' tests/abi/libcairn.needs | LC_ALL=C sort -u >"$tmp/may"
for name in $(LC_ALL=C comm -23 "$tmp/needs" "$tmp/may"); do
	say "libcairn.so: calls $name, which is not listed in tests/abi/libcairn.needs"
done

# The others may call more, but not these.
for library in "$build"/lib/libcairn_*.so; do
	for name in $(nm -D --undefined-only "$library" | sed 's/.* //; s/@.*//'); do
		case $library:$name in
		# in a forked child only (runtime/fork_child.c)
		*libcairn_worker.so:_exit | *libcairn_worker.so:sigaction) continue ;;
		esac
		case $name in
		printf | vprintf | puts | putchar | perror | stdout | stderr | exit | _exit | abort | \
			atexit | signal | sigaction | setlocale | system)
			say "$library: calls $name"
			;;
		esac
	done
done

# A shared internal name that only its own file uses ought to be static. Unit tests count as users.
for folder in core runtime drivers/sqlite drivers/memory drivers/postgres; do
	[ -d "$build/$folder" ] || continue
	for object in "$build/$folder"/*.o; do
		[ -e "$object" ] || continue
		nm --undefined-only "$object" | sed 's/.* //' | sort -u
	done >"$tmp/used"
	for object in "$build"/tests/unit/*.o; do
		[ ! -e "$object" ] || nm --undefined-only "$object" | sed 's/.* //'
	done >>"$tmp/used"
	for object in "$build/$folder"/*.o; do
		[ -e "$object" ] || continue
		for name in $(nm --defined-only --extern-only "$object" | sed 's/.* //' | grep '__'); do
			grep -qxF "$name" "$tmp/used" ||
				say "${object#"$build"/}: $name is used by no other file; make it static"
		done
	done
done
exit $bad
