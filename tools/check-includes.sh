#!/bin/sh
# check-includes.sh - who may include whom, asked of the compiler (ARCHITECTURE.md draws it).
#
# Works on the tree in the working directory and prints each edge that must not be there.
# Edges are transitive: a file is answerable for what its headers bring along.
set -u

CC=${CC:-cc}
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude $(pkg-config --cflags libcjson sqlite3 libpq 2>/dev/null)"
bad=0

# What the file includes, one path a line; those of the system but for vendors' are left out.
edges() {
	# shellcheck disable=SC2086 # a list of flags
	all=$("$CC" -M $flags -x c "$1") || return 1
	echo "$all" | tr -s ' \\\n' '\n' | sed -e ':again' -e 's|[^/.][^/]*/\.\./||; t again' -e 's|^\./||' |
		sed -n -e '/:$/d' -e '\|^/|!p' -e '\|/cJSON\.h$|s|.*|vendor/cjson|p' \
			-e '\|/sqlite3\.h$|s|.*|vendor/sqlite|p' -e '\|/libpq-fe\.h$|s|.*|vendor/postgres|p' |
		sort -u
}

# The part of the house a file belongs to.
part() {
	case $1 in
	vendor/*) echo "$1" ;;
	include/cairn/sqlite.h | include/cairn/postgres.h | include/cairn/memory_driver.h)
		echo face
		;;
	include/cairn/cjson.h) echo bridge ;;
	include/cairn/sys/*) echo sys ;;
	include/cairn/*) echo public ;;
	drivers/*) echo "$1" | cut -d/ -f1-2 ;;
	tests/*/*) echo "$1" | cut -d/ -f1-2 ;;
	*) echo "${1%%/*}" ;;
	esac
}

# allowed FROM TO FILE: whether a file of part FROM may include one of part TO.
allowed() {
	case $1:$2 in
	*:public) ;;
	face:* | public:*) return 1 ;;
	bridge:vendor/cjson) ;;
	bridge:*) return 1 ;;
	sys:sys) ;;
	sys:*) return 1 ;;
	core:core | core:sys) ;;
	core:vendor/cjson) [ "$3" = core/json_doc.c ] ;;
	core:*) return 1 ;;
	runtime:runtime) ;;
	runtime:*) return 1 ;;
	drivers/*:sys) ;;
	drivers/sqlite:face | drivers/memory:face | drivers/postgres:face) ;;
	drivers/sqlite:vendor/sqlite | drivers/postgres:vendor/postgres) ;;
	drivers/*) [ "$1" = "$2" ] ;;
	conformance:conformance | conformance:sys) ;;
	conformance:*) return 1 ;;
	tools:tools | tools:face) ;;
	# it prints the core's tables
	tools:core | tools:sys) [ "$3" = tools/workflows.c ] ;;
	tools:*) return 1 ;;
	examples:core | examples:sys | examples:drivers/*) return 1 ;;
	tests/unit:face | tests/unit:drivers/* | tests/unit:vendor/*) return 1 ;;
	tests/fuzz:core) ;;
	tests/unit:*) ;;
	tests/*:core | tests/*:drivers/* | bench:core | bench:drivers/*) return 1 ;;
	esac
}

for file in include/cairn/*.h include/cairn/sys/*.h core/*.[ch] runtime/*.[ch] drivers/*/*.[ch] \
	conformance/*.[ch] tools/*.c tools/cairn/*.[ch] examples/*.c tests/*/*.[ch] bench/*.[ch]; do
	[ -f "$file" ] || continue
	from=$(part "$file")
	if ! found=$(edges "$file"); then
		echo "$file: can't be read by the preprocessor"
		bad=1
	fi
	for to in $found; do
		if [ "$to" != "$file" ] && ! allowed "$from" "$(part "$to")" "$file"; then
			echo "$file: must not include $to"
			bad=1
		fi
	done
done
exit $bad
