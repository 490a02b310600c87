#!/bin/sh
# check-tidy.sh - clang-tidy with the short list of .clang-tidy finds nothing.
set -u

flags=$(mktemp -d)
trap 'rm -rf "$flags"' EXIT

# Relative paths in this file would start at its own folder.
printf '%s\n' -std=c11 -D_POSIX_C_SOURCE=200809L "-I$(pwd)/include" >"$flags/compile_flags.txt"
pkg-config --cflags libcjson sqlite3 2>/dev/null | tr ' ' '\n' >>"$flags/compile_flags.txt"
skip=drivers/postgres
if pkg-config --exists libpq; then
	pkg-config --cflags libpq | tr ' ' '\n' >>"$flags/compile_flags.txt"
	echo -DCAIRN_WITH_POSTGRES >>"$flags/compile_flags.txt"
	skip=none
fi

# What it says goes to the standard output; the other one only counts what was suppressed.
find core runtime drivers conformance tools examples -name '*.c' ! -path "$skip/*" -print0 |
	xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$flags" --quiet 2>/dev/null
