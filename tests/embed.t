#!/bin/sh
# What tools/embed.c makes of migration scripts, and everything that it refuses.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

embed=$build/bin/embed
dir=$scratch/sqlite
lock=$scratch/LOCK

# Two good migrations, the second irreversible, and an empty lock file.
start() {
	rm -rf "$dir"
	mkdir "$dir"
	printf -- "-- since: 0.1.0\nCREATE TABLE a (\n\tb TEXT CHECK (b <> '\\\\')\n);\n" >"$dir/0001_first.up.sql"
	printf 'DROP TABLE a;\n' >"$dir/0001_first.down.sql"
	printf 'CREATE TABLE c (d);\n' >"$dir/0002_second_one.up.sql"
	: >"$lock"
}

run() {
	"$embed" sqlite "$dir" "$lock" "$scratch/out.c"
}

# refused TEXT NAME: what stands there now is refused with TEXT, and no file is written.
refused() {
	rm -f "$scratch/out.c"
	fails_with "$1" "$2" run
	[ ! -e "$scratch/out.c" ] || fail "nothing is written: $2"
}

sum() {
	sha256sum <"$1" | cut -d' ' -f1
}

start
ok "two migrations are embedded" run
cat >"$scratch/main.c" <<'C'
#include <stdio.h>
#include <cairn/migration.h>
extern const cairn_migration cairn_lite__migrations[];
extern const size_t cairn_lite__migration_count;
int main(void)
{
	for (size_t i = 0; i < cairn_lite__migration_count; i++) {
		const cairn_migration *m = &cairn_lite__migrations[i];
		printf("%d %s %zu %s ", (int)m->version, m->name, m->up.len, m->down.ptr ? "down" : "-");
		for (int b = 0; b < 32; b++)
			printf("%02x", m->sha256[b]);
		printf("\n");
	}
	fwrite(cairn_lite__migrations[0].up.ptr, 1, cairn_lite__migrations[0].up.len, stderr);
	return 0;
}
C
ok "the C file compiles without a warning" "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Wconversion \
	-Wmissing-prototypes -Werror -Iinclude -o "$scratch/main" "$scratch/main.c" "$scratch/out.c"
"$scratch/main" >"$scratch/rows" 2>"$scratch/text"
is "$(sed -n 1p "$scratch/rows")" "1 first $(wc -c <"$dir/0001_first.up.sql") down $(sum "$dir/0001_first.up.sql")" \
	"number, name, length and checksum of the first"
is "$(sed -n 2p "$scratch/rows")" "2 second_one 20 - $(sum "$dir/0002_second_one.up.sql")" \
	"a migration without a down script is there, irreversible"
ok "the text comes back byte for byte" cmp "$scratch/text" "$dir/0001_first.up.sql"

mv "$dir/0002_second_one.up.sql" "$dir/0003_third.up.sql"
refused "0002 is missing" "a gap"
start
cp "$dir/0001_first.up.sql" "$dir/0001_other.up.sql"
refused "number 0001 is used twice: first and other" "a number used twice"
start
printf 'DROP TABLE x;\n' >"$dir/0003_third.down.sql"
refused "0003_third.down.sql: has no up script" "a down script alone"
start
printf 'CREATE TABLE x (y);\r\n' >"$dir/0002_second_one.up.sql"
refused "0002_second_one.up.sql:1: contains a carriage return" "CRLF"
start
printf 'a\nb\000c\n' >"$dir/0002_second_one.up.sql"
refused "0002_second_one.up.sql:2: contains a NUL byte" "a NUL byte"
start
printf -- '-- caf\303\251\n' >"$dir/0001_first.down.sql"
refused "0001_first.down.sql:1: contains a byte that is not ASCII (0xc3)" "bytes beyond ASCII"
start
printf -- '-- \033\n' >"$dir/0001_first.down.sql"
refused "contains a control character (0x1b)" "a control character"
start
: >"$dir/0002_second_one.up.sql"
refused "0002_second_one.up.sql: is empty" "an empty script"
start
printf 'SELECT 1;' >"$dir/0002_second_one.up.sql"
refused "does not end with a newline" "a missing last newline"
for name in notes.txt 3_third.up.sql 0003-third.up.sql 0003_Third.up.sql 0003_third.sql 0003_.up.sql 0000_zero.up.sql; do
	start
	echo 'SELECT 1;' >"$dir/$name"
	refused "$name: is not named NNNN_name.up.sql" "a file called $name"
done
start
rm "$dir"/*
refused "has no scripts" "an empty folder"
fails_with "no such driver: oracle" "an unknown driver" "$embed" oracle "$dir" "$lock" "$scratch/out.c"

start
{
	echo "# released scripts"
	echo
	echo "$(sum "$dir/0001_first.up.sql")  sqlite/0001_first.up.sql"
	echo "$(sum "$dir/0001_first.down.sql")  sqlite/0001_first.down.sql"
	echo "$(sum "$dir/0001_first.down.sql")  postgres/0001_first.up.sql"
} >"$lock"
cp "$lock" "$scratch/good"
ok "released scripts that did not change; other drivers' lines are theirs" run
echo "-- more" >>"$dir/0001_first.up.sql"
refused "LOCK:3: sqlite/0001_first.up.sql was released and may not change" "a released script that changed"
start
cp "$scratch/good" "$lock"
echo "-- more" >>"$dir/0001_first.down.sql"
refused "LOCK:4: sqlite/0001_first.down.sql was released and may not change" "a released down script that changed"
start
cp "$scratch/good" "$lock"
rm "$dir/0001_first.down.sql"
refused "sqlite/0001_first.down.sql was released and may not vanish" "a released script that vanished"
start
cp "$scratch/good" "$lock"
mv "$dir/0001_first.up.sql" "$dir/0001_renamed.up.sql"
mv "$dir/0001_first.down.sql" "$dir/0001_renamed.down.sql"
refused "sqlite/0001_first.up.sql was released and may not vanish" "a released script with another name"
for line in "abc  sqlite/0001_first.up.sql" "$(sum "$dir/0001_renamed.up.sql") sqlite/0001_first.up.sql" \
	"$(sum "$dir/0001_renamed.up.sql")  0001_first.up.sql" "nonsense"; do
	start
	echo "$line" >"$lock"
	refused "LOCK:1: is not \"sha256  driver/NNNN_name.up.sql\"" "a lock file saying: $line"
done
start
rm "$lock"
refused "LOCK: is missing" "no lock file"

done_testing
