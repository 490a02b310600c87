#!/bin/sh
# The house rules hold, and each check that says so finds what it is for.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

export BUILD="$build"
top=$(pwd)

ok "who includes whom" tools/check-includes.sh
ok "public headers stand alone, in C11 and C++11" tools/check-headers.sh
ok "nothing banned, nothing too long, nothing unfinished" tools/check-source.pl
ok "the formatter would change nothing" tools/check-format.sh
ok "clang-tidy finds nothing" tools/check-tidy.sh
ok "shellcheck finds nothing" tools/check-scripts.sh
ok "documents keep up with the code" tools/check-docs.sh
ok "symbols are cairn's, and the core needs no more than it may" tools/check-symbols.sh
ok "the frozen interface has not changed" tools/abi.sh check
for compiler in gcc clang; do
	ok "sizes and offsets of public structs hold ($compiler)" \
		"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/abi/layout.c
done
for driver in sqlite postgres; do
	ok "released migrations of $driver are as they were released" \
		"$build/bin/embed" $driver migrations/$driver migrations/LOCK "$scratch/$driver.c"
done

# ---- the checks themselves ------------------------------------------------------

# A small tree with one thing wrong: plant FILE (its text on standard input).
plant() {
	rm -rf "$scratch/tree"
	mkdir -p "$scratch/tree"
	cp -r include "$scratch/tree/"
	mkdir -p "$scratch/tree/$(dirname "$1")"
	cat >"$scratch/tree/$1"
}

in_tree() {
	(cd "$scratch/tree" && "$top/tools/$1")
}

# includes HEADER FILE PATH: FILE includes HEADER, which is PATH, and must not.
includes() {
	echo "#include $1" >"$scratch/text"
	plant "$2" <"$scratch/text"
	fails_with "$2: must not include $3" "include graph: $2 and $3" in_tree check-includes.sh
}
includes '<sqlite3.h>' core/x.c vendor/sqlite
includes '<cjson/cJSON.h>' core/x.c vendor/cjson
includes '<cairn/sqlite.h>' core/x.c include/cairn/sqlite.h
includes '<sqlite3.h>' drivers/memory/x.c vendor/sqlite
includes '<cairn/sys/driver.h>' runtime/x.c include/cairn/sys/driver.h
includes '<cairn/sys/arena.h>' include/cairn/x.h include/cairn/sys/arena.h
includes '<sqlite3.h>' include/cairn/x.h vendor/sqlite
includes '<cairn/memory_driver.h>' conformance/x.c include/cairn/memory_driver.h
includes '<cairn/sys/driver.h>' tools/x.c include/cairn/sys/driver.h
plant drivers/sqlite/x.c <<'C'
#include "../../core/secret.h"
C
mkdir "$scratch/tree/core"
echo 'extern int secret;' >"$scratch/tree/core/secret.h"
fails_with "must not include core/secret.h" "include graph: a driver and the core" in_tree check-includes.sh
plant core/x.c <<'C'
#include <cairn/sys/driver.h>
extern int unit;
C
ok "include graph: the core and sys/ are fine" in_tree check-includes.sh

source_says() {
	fails_with "$1" "source: $2" in_tree check-source.pl
}
plant core/x.c <<'C'
char *copy(char *to, const char *from) { return strcpy(to, from); }
C
source_says "core/x.c:1: banned: strcpy" "a banned function"
plant core/x.c <<'C'
/* strcpy(a, b) */
static const char *text = "strcpy(a, b)";
C
ok "source: comments and strings may speak of it" in_tree check-source.pl
plant drivers/sqlite/x.c <<'C'
void *get(void) { return malloc(1); }
C
source_says "drivers/sqlite/x.c:1: banned: malloc" "bare memory in a driver"
plant core/x.c <<'C'
void *get(void) { return malloc(1); } /* check-banned: allow, the default allocator */
C
ok "source: a marked line may" in_tree check-source.pl
plant include/cairn/x.h <<'C'
extern long number;
C
source_says "banned in a public header: long" "long in a public header"
plant core/x.c <<'C'
int one; // two
C
source_says "core/x.c:1: a // comment" "a // comment"
plant core/x.c <<'C'
__attribute__((constructor)) void begin(void);
C
source_says "banned: constructor" "a constructor"
{
	printf 'int f(void)\n{\n'
	yes '	call();' | head -n 80
	printf '}\n'
} | plant core/x.c
source_says "core/x.c:2: a function of 82 lines" "a long function"
yes 'extern int i;' | head -n 801 | plant core/x.c
source_says "more than 800 lines" "a long file"
plant core/x.c <<'C'
int f(int a, int b, int c, int d,
      int e, int f, int g)
{
}
C
source_says "core/x.c:3: more than 6 parameters" "many parameters"
plant notes.md <<'C'
It is in /ho&me/somebody/x.
C
sed -i 's/&//' "$scratch/tree/notes.md"
source_says "notes.md:1: a path of somebody's machine" "a path of one machine"
plant core/x.c <<'C'
/* TO&DO: more */
C
sed -i 's/&//' "$scratch/tree/core/x.c"
source_says "core/x.c:1: unfinished work" "unfinished work"

plant include/cairn/x.h <<'C'
extern size_t count;
C
fails_with "cairn/x.h: not clean" "headers: one that needs another first" in_tree check-headers.sh
plant include/cairn/x.h <<'C'
extern int class;
C
fails_with "cairn/x.h: not clean: c++" "headers: one that C++ can't read" in_tree check-headers.sh
plant include/cairn/sys/x.h <<'C'
typedef struct cairn_work cairn_work;
C
fails_with "in two headers: struct cairn_work" "headers: two types of one name" in_tree check-headers.sh

done_testing
