#!/bin/sh
# check-scripts.sh - shellcheck finds nothing in any shell script of the tree.
set -u

find . \( -name .git -o -name 'build*' \) -prune -o -type f -print | while read -r file; do
	case $(head -c 80 "$file" | tr -d '\0' | head -n 1) in
	'#!/bin/sh'* | '#!/usr/bin/env bash'* | '#!/bin/bash'*) echo "$file" ;;
	*) case $file in *.sh) echo "$file" ;; esac ;;
	esac
done | xargs shellcheck -x
