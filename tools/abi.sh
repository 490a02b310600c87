#!/bin/sh
# abi.sh - the frozen interface: exported symbols, sizes and offsets of public structs.
#
#	BUILD=dir tools/abi.sh update    rewrites tests/abi (make abi-update)
#	BUILD=dir tools/abi.sh check            compares, prints what differs
#
# tests/abi/LIB.syms lists what lib/LIB.so exports; tests/abi/layout.c asserts each
# struct of the public headers, as it is on x86-64. Both are only ever appended to: a line
# that changes or goes is a break, and seen in review.
set -eu

build=${BUILD:-build/plain}
CC=${CC:-cc}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# "LIB" of each shared library that was built.
libraries() {
	for so in "$build"/lib/lib*.so; do
		[ ! -e "$so" ] || basename "$so" .so
	done
}

exported() {
	nm -D --defined-only "$build/lib/$1.so" | sed 's/.* //; s/@.*//' | grep -v '^CAIRN_' | LC_ALL=C sort
}

# Each struct of the public headers with its fields: "header struct field field …".
structs() {
	perl -0777 -ne '
		s{/\*.*?\*/}{}gs;
		while (/^(?:typedef )?struct (cairn_\w+) \{\n(.*?)^\}/gms) {
			my ($name, $body) = ($1, $2);
			my @fields = map { /\(\*(\w+)\)/ || /(\w+)(?:\[[^\]]*\])?$/ ? $1 : () }
				map { s/\s+/ /gr =~ s/ $//r } split /;/, $body;
			print "$ARGV $name @fields\n";
		}' include/cairn/*.h include/cairn/sys/*.h
}

# A program that prints layout.c.
prober() {
	cat <<-'C'
		#include <stddef.h>
		#include <stdio.h>
		#define SIZE(type) printf("\nSIZE(" #type ", %zu);\n", sizeof(type));
		#define AT(type, field) printf("AT(" #type ", " #field ", %zu);\n", offsetof(type, field));
		#define FULL(type, last) puts("FULL(" #type ", " #last ");");
	C
	structs | cut -d' ' -f1 | sort -u | sed 's|include/\(.*\)|#include <\1>|'
	echo 'int main(void) {'
	structs | while read -r _ name fields; do
		echo "SIZE($name)"
		for field in $fields; do
			echo "AT($name, $field)"
		done
		case $fields in
		size*) echo "FULL($name, ${fields##* })" ;;
		esac
	done
	echo 'return 0; }'
}

layout() {
	prober >"$out/probe.c"
	"$CC" -std=c11 -Iinclude -o "$out/probe" "$out/probe.c"
	cat <<'C'
/*
 * layout.c - sizes and offsets of every public struct on x86-64; compiling it is the test.
 *
 * Made by `make abi-update`. A struct that starts with its size grows at its end and has
 * no padding there; any other keeps its size for ever.
 */
#include <stddef.h>

C
	structs | cut -d' ' -f1 | sort -u | sed 's|include/\(.*\)|#include <\1>|'
	cat <<'C'

#define SIZE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes), "the size of " #type " has changed")
#define AT(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field " has moved")
#define FULL(type, last) \
	_Static_assert(sizeof(type) == offsetof(type, last) + sizeof(((type *)0)->last), \
		       #type " has padding at its end")

#if defined(__x86_64__) && defined(__LP64__)
C
	"$out/probe"
	printf '\n#endif\n'
}

for library in $(libraries); do
	exported "$library" >"$out/$library.syms"
done
layout >"$out/layout.c"
rm -f "$out/probe" "$out/probe.c"

case ${1:-} in
update)
	mkdir -p tests/abi
	cp "$out"/*.syms "$out"/layout.c tests/abi/
	;;
check)
	bad=0
	for new in "$out"/*; do
		old=tests/abi/$(basename "$new")
		if ! diff -u --label "$old" --label "now" "$old" "$new"; then
			bad=1
		fi
	done
	exit $bad
	;;
*)
	echo "usage: tools/abi.sh update|check" >&2
	exit 2
	;;
esac
