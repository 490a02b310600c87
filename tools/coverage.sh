#!/bin/sh
# coverage.sh DIR - which lines of the libraries the tests reached, from a build with --coverage.
#
# One line for each file, the least covered first, and the sum. (make coverage)
set -eu

dir=$1
find "$dir/core" "$dir/drivers" "$dir/runtime" -name '*.gcda' 2>/dev/null | while read -r data; do
	source=${data#"$dir"/}
	gcov -n -o "$data" "${source%.gcda}.c" 2>/dev/null | awk -v want="${source%.gcda}.c" '
		/^File/ { gsub(/\047/, "", $2); file = $2 }
		/^Lines executed/ && file == want {
			split($0, part, /[:%]/)
			print part[2], $NF, file
			file = ""
		}'
done | sort -n | awk '
	{
		printf "%6.1f %% of %5d  %s\n", $1, $2, $3
		lines += $2
		reached += $1 * $2 / 100
	}
	END {
		if (lines > 0)
			printf "%6.1f %% of %5d  all\n", 100 * reached / lines, lines
	}'
