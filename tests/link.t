#!/bin/sh
# An application's view: installs into an empty folder, compiles and links against it in every
# way that the documents promise, runs the results, and takes everything away again.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

root=$scratch/root
lib=$root/opt/cairn/lib64
hello=$(pwd)/examples/hello.c
replays=$(pwd)/docs/REPLAYS.md
cc=${CC:-cc}
cxx=${CXX:-c++}
make=${MAKE:-make}
unset MAKEFLAGS MFLAGS MAKEOVERRIDES

installation() {
	"$make" --no-print-directory BUILD="$build" CC="$cc" PREFIX=/opt/cairn LIBDIR=/opt/cairn/lib64 \
		DESTDIR="$root" "$@"
}

ok "make install DESTDIR= PREFIX= LIBDIR=" installation install
[ -d "$root" ] || done_testing
(cd "$root" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort) >"$scratch/files"
: >"$scratch/missing"
for file in bin/cairn include/cairn/cairn.h include/cairn/sys/driver.h include/cairn/sqlite.h \
	lib64/libcairn.a lib64/libcairn.so lib64/libcairn.so.0 lib64/libcairn_sqlite.a \
	lib64/libcairn_sqlite.so lib64/libcairn_memory.so lib64/libcairn_worker.a \
	lib64/libcairn_conformance.a lib64/pkgconfig/cairn.pc lib64/pkgconfig/cairn-sqlite.pc \
	lib64/pkgconfig/cairn-memory.pc lib64/pkgconfig/cairn-worker.pc \
	lib64/pkgconfig/cairn-conformance.pc share/man/man3/cairn.3; do
	[ -e "$root/opt/cairn/$file" ] || echo "missing: $file" >>"$scratch/missing"
done
grep -v '^opt/cairn/' "$scratch/files" >>"$scratch/missing"
empty "what belongs there is there, and nothing outside the prefix" "$scratch/missing"
ok "nothing in it names the build folder or DESTDIR" sh -c \
	"! grep -rlF -e '$root' -e '$(pwd)/build' '$root/opt/cairn/lib64/pkgconfig' '$root/opt/cairn/include'"

PKG_CONFIG_PATH=$lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$lib
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
cd "$scratch" || exit 1

cp "$hello" app.c
# shellcheck disable=SC2046,SC2086 # lists of words
build_app() {
	out=$1
	shift
	packages=$1
	shift
	"$@" -o "$out" $(pkg-config --cflags --libs $packages)
}

hello_works() {
	rm -f hello.db*
	"$@" >hello.out && [ "$(tail -n 1 hello.out)" = "done, on record" ]
}

# ---- the one line of the README, shared and static, C and C++ ------------------------

ok "cc app.c \$(pkg-config --cflags --libs cairn-sqlite)" build_app app cairn-sqlite "$cc" app.c
ok "it asks for libcairn.so.0 and libcairn_sqlite.so.0" sh -c \
	'readelf -d app | grep -q "libcairn\.so\.0" && readelf -d app | grep -q "libcairn_sqlite\.so\.0"'
ok "it runs" hello_works ./app
ok "no application needs cairn's own dependencies" sh -c '! readelf -d app | grep NEEDED | grep -q "cjson\|libmd"'
ok "the same as strict C11" build_app app "cairn-sqlite" "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror app.c

# Archives alone, in a folder beside the root; pkg-config puts the root's path in front.
mkdir static
cp "$lib"/*.a static/
sed "s|^libdir=.*|libdir=/../static|" "$lib/pkgconfig/cairn.pc" >static/cairn.pc
for package in sqlite memory worker conformance postgres; do
	[ ! -e "$lib/pkgconfig/cairn-$package.pc" ] ||
		sed "s|^libdir=.*|libdir=/../static|" "$lib/pkgconfig/cairn-$package.pc" >"static/cairn-$package.pc"
done
# shellcheck disable=SC2046,SC2086
build_static() {
	out=$1
	shift
	packages=$1
	shift
	PKG_CONFIG_PATH=$scratch/static "$@" -o "$out" $(PKG_CONFIG_PATH=$scratch/static pkg-config --static --cflags --libs $packages)
}
ok "the same with --static, where only archives are installed" build_static app-static cairn-sqlite "$cc" app.c
ok "it asks for no library of cairn's" sh -c '! readelf -d app-static | grep NEEDED | grep -q libcairn'
ok "it runs" hello_works env -u LD_LIBRARY_PATH ./app-static
ok "the same with --static beside shared libraries" sh -c \
	"$cc -o app app.c \$(pkg-config --static --cflags --libs cairn-sqlite)"

cat >app.cc <<'C'
#include <cstdio>
#include <cairn/cairn.h>
#include <cairn/sqlite.h>

int main()
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = nullptr;
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_definition greet = {};
	greet.type = CAIRN_STR("greet");
	if (cairn_open(&conn, cairn_driver_default(), "sqlite::memory:", nullptr, &err) == CAIRN_OK &&
	    cairn_migrate_up(conn, nullptr, nullptr, &err) == CAIRN_OK &&
	    cairn_begin(conn, &tx, &err) == CAIRN_OK &&
	    cairn_job_define(conn, &greet, 1, &err) == CAIRN_OK && cairn_commit(&tx, &err) == CAIRN_OK)
		std::puts("done, on record");
	cairn_rollback(&tx);
	cairn_close(conn);
	return err.status != CAIRN_OK;
}
C
ok "C++, shared" build_app appcc cairn-sqlite "$cxx" -std=c++11 -Wall -Wextra -Wpedantic -Werror app.cc
ok "it runs" hello_works ./appcc
ok "C++, static" build_static appcc-static cairn-sqlite "$cxx" -std=c++11 app.cc
ok "it runs" hello_works ./appcc-static

# ---- by hand: orders of the command line ------------------------------------------------

inc="-I$root/opt/cairn/include"
for order in "-lcairn_sqlite -lcairn" "-lcairn -lcairn_sqlite"; do
	ok "shared, by hand: $order" sh -c "$cc $inc -o app app.c -L$lib $order"
	ok "it runs" hello_works ./app
done
ok "static, by hand: -lcairn_sqlite -lcairn" sh -c \
	"$cc $inc -o app app.c -Lstatic -lcairn_sqlite -lcairn -lsqlite3 -lcjson -lmd -pthread"
ok "it runs" hello_works ./app

# ---- the choice of the driver --------------------------------------------------------------

cat >default.c <<'C'
#include <stdio.h>
#include <cairn/cairn.h>
int main(int argc, char **argv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	if (argc != 2 || cairn_open(&conn, cairn_driver_default(), argv[1], NULL, &err) != CAIRN_OK)
		printf("%s\n", err.code);
	else
		printf("%s\n", cairn_conn_driver_name(conn));
	cairn_close(conn);
	return 0;
}
C
for way in build_app build_static; do
	ok "left to the linker: cairn-memory ($way)" $way default cairn-memory "$cc" default.c
	is "$(./default memory:x)" memory "it is the one that was linked"
	ok "left to the linker: cairn-sqlite ($way)" $way default cairn-sqlite "$cc" default.c
	is "$(./default sqlite::memory:)" sqlite "it is the one that was linked"
	ok "two drivers, cairn-memory first ($way)" $way default "cairn-memory cairn-sqlite" "$cc" default.c
	is "$(./default memory:x)" memory "the first on the line wins"
	ok "two drivers, cairn-sqlite first ($way)" $way default "cairn-sqlite cairn-memory" "$cc" default.c
	is "$(./default sqlite::memory:)" sqlite "the first on the line wins"
	is "$(./default memory:x)" url.unknown_scheme "and it alone"
	fails_with cairn_driver_default "no driver at all is a link error ($way)" \
		$way default cairn "$cc" default.c
done

cat >own.c <<'C'
#include <cairn/memory_driver.h>
const cairn_driver *cairn_driver_default(void)
{
	return &cairn_memory;
}
C
for way in build_app build_static; do
	ok "a program's own default beside cairn-sqlite ($way)" \
		$way default "cairn-sqlite cairn-memory" "$cc" default.c own.c
	is "$(./default memory:x)" memory "the program's own wins"
done

cat >any.c <<'C'
#include <stdio.h>
#include <cairn/cairn.h>
#include <cairn/memory_driver.h>
#include <cairn/sqlite.h>
#ifdef WITH_POSTGRES
#include <cairn/postgres.h>
#endif
int main(int argc, char **argv)
{
	static const cairn_driver *const drivers[] = {
		&cairn_sqlite,
		&cairn_memory,
#ifdef WITH_POSTGRES
		&cairn_postgres,
#endif
	};
	for (int i = 1; i < argc; i++) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_conn *conn = NULL;
		if (cairn_open_any(&conn, drivers, sizeof drivers / sizeof drivers[0], argv[i], NULL,
				   &err) == CAIRN_OK)
			printf("%s\n", cairn_conn_driver_name(conn));
		else
			printf("%s %s\n", err.code, err.message);
		cairn_close(conn);
	}
	return 0;
}
C
for way in build_app build_static; do
	ok "several drivers, picked by URL ($way)" $way any "cairn-sqlite cairn-memory" "$cc" any.c
	is "$(./any sqlite::memory: memory:x | xargs)" "sqlite memory" "each URL finds its driver"
	is "$(./any oracle:x)" \
		"url.unknown_scheme No linked driver knows the URL's scheme (linked: sqlite, memory)." \
		"an unknown scheme is told which drivers there are"
done

if [ -n "${HAVE_PG:-}" ]; then
	for way in build_app build_static; do
		ok "with Postgres too ($way)" $way any "cairn-sqlite cairn-postgres cairn-memory" \
			"$cc" -DWITH_POSTGRES any.c
		is "$(./any sqlite::memory: memory:x | xargs)" "sqlite memory" "the others are found"
		is "$(./any postgresql:///?host=/nowhere | cut -d' ' -f1)" db.unavailable \
			"and Postgres is asked, in vain"
		ok "Postgres alone ($way)" $way default cairn-postgres "$cc" default.c
		is "$(./default 'postgresql:///?host=/nowhere')" db.unavailable "it is the default"
	done
	ok "an SQLite program carries nothing of Postgres" sh -c '! readelf -d app | grep -q libpq'
fi

# ---- the installed command and kit -----------------------------------------------------

is "$("$root/opt/cairn/bin/cairn" version 2>&1 | grep -o '[0-9]*\.[0-9]*\.[0-9]*' | head -n 1)" \
	"$(pkg-config --modversion cairn)" "the installed command runs, in its version"
cat >kit.c <<'C'
#include <cairn/conformance.h>
#include <cairn/memory_driver.h>
int main(int argc, char **argv)
{
	const cairn_subject mine = { .size = sizeof mine, .driver = &cairn_memory, .url = "memory:kit" };
	return cairn_conformance_main(argc, argv, &mine);
}
C
ok "a driver author's ten lines link with the installed kit" \
	build_app kit "cairn-conformance cairn-memory" "$cc" kit.c
ok "and list the cases" sh -c './kit --list | grep -q "^jobs\."'

# ---- the program of docs/REPLAYS.md ------------------------------------------------------

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$replays" >order.c
ok "the pieces of docs/REPLAYS.md are a program" build_app order "cairn-worker cairn-sqlite" \
	"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror order.c
order_cairn() {
	"$root/opt/cairn/bin/cairn" --db sqlite:order.db "$@"
}
suspended() {
	for _ in $(seq 300); do
		order=$(order_cairn run list --status SUSPENDED --json 2>/dev/null | sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
		[ -z "$order" ] || return 0
		sleep 0.1
	done
	return 1
}
./order 2>order.err &
worker=$!
ok "it sleeps" suspended
kill -9 $worker
wait $worker 2>/dev/null
ok "it is sent a signal while nobody works" order_cairn signal send "$order" approved '"by me"'
./order 2>>order.err &
worker=$!
is "$(order_cairn run wait "$order" --result --timeout 1m)" '{"receipt": 17}' "started again it goes on"
kill $worker
wait $worker 2>/dev/null
is "$(order_cairn run list | grep -c "^$order .*SUCCEEDED"),$(order_cairn run list --json | wc -l | tr -d ' ')" 1,1 \
	"and was the same run"

# ---- and away -----------------------------------------------------------------------------

cd "$OLDPWD" || exit 1
ok "make uninstall" installation uninstall
find "$root" ! -type d >"$scratch/left"
[ ! -e "$root/opt/cairn/include/cairn" ] || echo include/cairn >>"$scratch/left"
empty "leaves nothing" "$scratch/left"

done_testing
