#!/bin/sh
# check-format.sh - clang-format would change nothing. Prints each place where it would.
#
# codes.h is a table, wider than a page by design.
set -u

find include core runtime drivers conformance tools tests examples bench -name '*.[ch]' \
	! -path include/cairn/codes.h -print0 2>/dev/null |
	xargs -0 clang-format --dry-run -Werror 2>&1
