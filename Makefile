# cairn - durable execution in C. The only build file.
#
#   make            libraries (static, shared) and the command `cairn`
#   make demo       installs what is missing, builds, runs the main job on SQLite (DB=postgres: there)
#   make check      installs what is missing, builds, runs the whole test suite, its own
#                   private Postgres included (T="tests/link.t …": only these)
#   make check-sanitize   unit tests and kit under ASan+UBSan and under TSan (SANITIZERS=)
#   make check-invariants      processes killed at random, MINUTES=3 on each database (SEED=)
#   make check-pg18 check-pooler check-two-writers   the kit on Postgres 18; through PgBouncer in
#                         transaction mode; on SQLite beside another writer
#   make check-valgrind   unit tests, and the kit on memory and SQLite
#   make install uninstall      DESTDIR= PREFIX= LIBDIR=
#   make lint format docs abi-update coverage fuzz bench bench-peers clean
#
# Variables: SAN=address,undefined | SAN=thread, WITH_POSTGRES=auto|yes|no,
# WERROR=1, V=1, BUILD=, DESTDIR=, PREFIX=, LIBDIR=, CC=, JOBS=.

PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
BINDIR  ?= $(PREFIX)/bin
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
SAN     ?=
WERROR  ?= $(if $(CI),1,)
V       ?=
WITH_POSTGRES ?= auto
PKG_CONFIG ?= pkg-config
INSTALL ?= install
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)

comma   := ,
VARIANT := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
BUILD   ?= build/$(VARIANT)
VERSION := $(shell sed -n 's/^\#define CAIRN_VERSION_STRING "\(.*\)"/\1/p' include/cairn/version.h)
SOMAJOR := $(firstword $(subst ., ,$(VERSION)))
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-5s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@))

# ---- flags ------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Wformat=2 \
	-Wswitch-enum $(if $(WERROR),-Werror)
OPT     ?= $(if $(SAN),-O1 -g -fno-omit-frame-pointer,-O2 -g)
CFLAGS  ?=
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
ALL_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L $(OPT) $(WARN) -fPIC -fvisibility=hidden \
	-pthread -Iinclude $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pthread $(SANFLAGS) $(LDFLAGS)

CJSON_CFLAGS  ?= $(shell $(PKG_CONFIG) --cflags libcjson 2>/dev/null)
CJSON_LIBS    ?= $(shell $(PKG_CONFIG) --libs libcjson 2>/dev/null || echo -lcjson)
MD_LIBS       ?= $(shell $(PKG_CONFIG) --libs libmd 2>/dev/null || echo -lmd)
SQLITE_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags sqlite3 2>/dev/null)
SQLITE_LIBS   ?= $(shell $(PKG_CONFIG) --libs sqlite3 2>/dev/null || echo -lsqlite3)
PQ_CFLAGS     ?= $(shell $(PKG_CONFIG) --cflags libpq 2>/dev/null)
PQ_LIBS       ?= $(shell $(PKG_CONFIG) --libs libpq 2>/dev/null || echo -lpq)

ifeq ($(WITH_POSTGRES),auto)
HAVE_PG := $(shell $(PKG_CONFIG) --exists libpq 2>/dev/null && echo yes)
else
HAVE_PG := $(filter yes,$(WITH_POSTGRES))
endif

# ---- what is built ------------------------------------------------------------

DRIVERS := sqlite memory $(if $(HAVE_PG),postgres)
LIBS    := cairn $(DRIVERS:%=cairn_%) cairn_worker

src_cairn          := $(wildcard core/*.c)
src_cairn_worker   := $(wildcard runtime/*.c)
src_cairn_sqlite   := $(wildcard drivers/sqlite/*.c)
src_cairn_memory   := $(wildcard drivers/memory/*.c)
src_cairn_postgres := $(wildcard drivers/postgres/*.c)
src_conformance    := $(wildcard conformance/*.c)
src_cli            := $(wildcard tools/cairn/*.c)

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

extra_cairn_sqlite   := $(BUILD)/gen/sqlite_migrations.o
extra_cairn_postgres := $(BUILD)/gen/postgres_migrations.o

libs_cairn          := $(CJSON_LIBS) $(MD_LIBS)
libs_cairn_sqlite   := -lcairn $(SQLITE_LIBS)
libs_cairn_memory   := -lcairn
libs_cairn_postgres := -lcairn $(PQ_LIBS)
libs_cairn_worker   := -lcairn

A = $(BUILD)/lib
STATIC  := $(LIBS:%=$(A)/lib%.a)
SHARED  := $(LIBS:%=$(A)/lib%.so.$(SOMAJOR))
DRIVERS_A := $(DRIVERS:%=$(A)/libcairn_%.a)
# What a program that links every driver statically needs, in link order.
ALL_A   := $(A)/libcairn_worker.a $(DRIVERS_A) $(A)/libcairn.a
ALL_LIBS := $(if $(HAVE_PG),$(PQ_LIBS)) $(SQLITE_LIBS) $(CJSON_LIBS) $(MD_LIBS)

all: $(STATIC) $(SHARED) $(A)/libcairn_conformance.a $(BUILD)/bin/cairn
.PHONY: all
.DELETE_ON_ERROR:
.SECONDARY:

# ---- compiling ------------------------------------------------------------------

$(BUILD)/core/json_doc.o: CPPFLAGS += $(CJSON_CFLAGS)
$(BUILD)/drivers/sqlite/%.o $(BUILD)/tests/sqlite/%.o: CPPFLAGS += $(SQLITE_CFLAGS)
$(BUILD)/drivers/postgres/%.o $(BUILD)/tests/kit/%.o $(BUILD)/tests/postgres/%.o: CPPFLAGS += $(PQ_CFLAGS)
$(BUILD)/tools/cairn/%.o $(BUILD)/tests/crash/%.o $(BUILD)/tests/runtime/%.o: CPPFLAGS += $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)
$(BUILD)/tests/crash/%.o $(BUILD)/tests/runtime/%.o: CPPFLAGS += -D_DEFAULT_SOURCE
$(BUILD)/bench/%.o: CPPFLAGS += -D_DEFAULT_SOURCE $(SQLITE_CFLAGS) $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES $(PQ_CFLAGS))

# Changes when the flags do, and then everything is compiled again.
FLAGS := $(BUILD)/flags
$(FLAGS): FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) pg=$(HAVE_PG))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) pg=$(HAVE_PG))' >$@
FORCE:
.PHONY: FORCE

$(BUILD)/%.o: %.c $(FLAGS)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(FLAGS)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Migrations become C: one array per driver, with checksums, held against LOCK.
$(BUILD)/bin/embed: tools/embed.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -O1 $(WARN) -o $@ $< $(MD_LIBS)

$(BUILD)/gen/%_migrations.c: $(BUILD)/bin/embed migrations/LOCK migrations/%
	$(call say,EMBED)
	@mkdir -p $(@D)
	$(Q)$(BUILD)/bin/embed $* migrations/$* migrations/LOCK $@
$(BUILD)/gen/sqlite_migrations.c: $(wildcard migrations/sqlite/*.sql)
$(BUILD)/gen/postgres_migrations.c: $(wildcard migrations/postgres/*.sql)

# ---- libraries --------------------------------------------------------------------

define library
$(A)/lib$(1).a: $(call obj,$(src_$(1))) $(extra_$(1))
	$$(call say,AR)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^

$(A)/lib$(1).so.$(SOMAJOR): $(call obj,$(src_$(1))) $(extra_$(1)) core/cairn.map $(if $(filter cairn,$(1)),,$(A)/libcairn.so.$(SOMAJOR))
	$$(call say,LD)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -shared -Wl,-soname,lib$(1).so.$(SOMAJOR) -Wl,--version-script=core/cairn.map \
		$(if $(SAN),,-Wl$(comma)--no-undefined) -o $$@ $$(filter %.o,$$^) -L$(A) $$(libs_$(1)) $$(ALL_LDFLAGS)
	@ln -sf lib$(1).so.$(SOMAJOR) $(A)/lib$(1).so
endef
$(foreach l,$(LIBS),$(eval $(call library,$(l))))

$(A)/libcairn_conformance.a: $(call obj,$(src_conformance))
	$(call say,AR)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/bin/cairn: $(call obj,$(src_cli)) $(ALL_A)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS) $(ALL_LDFLAGS)

# ---- tests ------------------------------------------------------------------------

# Programs, one of each .c: the core's units; the kit pointed at each driver, and handles that an
# application has opened; a driver as it
# was compiled against the first headers; processes that get killed (tests/crash.t runs them);
# a life without memory (tests/oom.t); the worker runtime; what only SQLite or Postgres has.
programs = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/$(1)/*.c))
UNIT    := $(call programs,unit)
COMPAT  := $(call programs,compat)
KIT     := $(foreach k,$(call programs,kit),$(if $(HAVE_PG)$(if $(findstring postgres,$k),,y),$k))
CRASH   := $(call programs,crash)
OOM     := $(call programs,oom)
RUNTIME := $(call programs,runtime)
LITE    := $(call programs,sqlite)
PGONLY  := $(if $(HAVE_PG),$(call programs,postgres))
CLI     := $(call programs,cli)

$(UNIT) $(COMPAT): $(BUILD)/%: $(BUILD)/%.o $(A)/libcairn.a
	$(call say,LD)
	$(Q)$(CC) -o $@ $^ $(CJSON_LIBS) $(MD_LIBS) $(ALL_LDFLAGS)

# The one unit that is not the core's: the grid of cells that `cairn top` draws on.
$(BUILD)/tests/unit/cells: $(BUILD)/tools/cairn/cells.o $(BUILD)/tools/cairn/table.o

$(KIT): $(A)/libcairn_conformance.a
$(KIT) $(CRASH) $(OOM) $(RUNTIME) $(LITE) $(PGONLY) $(CLI): $(BUILD)/%: $(BUILD)/%.o $(ALL_A)
	$(call say,LD)
	$(Q)$(CC) -o $@ $< $(filter %_conformance.a,$^) $(ALL_A) $(ALL_LIBS) $(ALL_LDFLAGS)

# What tests of the command find in its database.
$(BUILD)/tests/cli/%.o: CPPFLAGS += $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)

# Many processes on one store, killed and disturbed (tests/invariant.t): one program.
INVARIANT := $(BUILD)/bin/invariant
$(BUILD)/tests/invariant/%.o: CPPFLAGS += -D_DEFAULT_SOURCE $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)
$(INVARIANT): $(call obj,$(wildcard tests/invariant/*.c)) $(ALL_A)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS) $(ALL_LDFLAGS)

# The same for checkpoints, logs, memory items and locks (tests/threads.t).
LOAD := $(BUILD)/bin/threads-load
$(BUILD)/tests/threads/%.o: CPPFLAGS += -D_DEFAULT_SOURCE $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)
$(LOAD): $(call obj,$(wildcard tests/threads/*.c)) $(ALL_A)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS) $(ALL_LDFLAGS)

# Random lives of graphs and of replay runs: the same on several databases, and whole when they are killed
# (tests/runs.t, tests/replays.t).
LIVES := $(BUILD)/bin/runs $(BUILD)/bin/replays
$(BUILD)/tests/lives/%.o $(BUILD)/tests/runs/%.o $(BUILD)/tests/replays/%.o: \
	CPPFLAGS += -D_DEFAULT_SOURCE $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)
$(BUILD)/bin/runs: $(call obj,$(wildcard tests/runs/*.c))
$(BUILD)/bin/replays: $(call obj,$(wildcard tests/replays/*.c))
$(LIVES): $(call obj,$(wildcard tests/lives/*.c)) $(ALL_A)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) $(ALL_A) $(ALL_LIBS) $(ALL_LDFLAGS)

# Programs that people may start from; tests run them.
EXAMPLES := $(patsubst %.c,$(BUILD)/%,$(wildcard examples/*.c))
$(BUILD)/examples/%.o: CPPFLAGS += -D_DEFAULT_SOURCE $(if $(HAVE_PG),-DCAIRN_WITH_POSTGRES)
$(EXAMPLES): $(BUILD)/%: $(BUILD)/%.o $(ALL_A)
	$(call say,LD)
	$(Q)$(CC) -o $@ $< $(ALL_A) $(ALL_LIBS) $(ALL_LDFLAGS)

# tests/fuzz/NAME_fuzz.c as a fuzzer has it, driven by replay.c (tests/fuzz.t) or by clang's.
FUZZ    := $(patsubst tests/fuzz/%_fuzz.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
$(FUZZ): $(BUILD)/%: $(BUILD)/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(A)/libcairn.a
	$(call say,LD)
	$(Q)$(CC) -o $@ $^ $(CJSON_LIBS) $(MD_LIBS) $(ALL_LDFLAGS)

# What statements read is held against numbers on a server of its own (tests/plans.t): elsewhere a
# neighbour's tables make sessions forget their plans.
PLANS := $(BUILD)/tests/postgres/plans
PROGRAMS := $(KIT) $(UNIT) $(COMPAT) $(RUNTIME) $(LITE) $(filter-out $(PLANS),$(PGONLY))
tests-bin: $(PROGRAMS) $(PGONLY) $(CLI) $(CRASH) $(OOM) $(FUZZ) $(INVARIANT) $(LOAD) $(LIVES) $(EXAMPLES) $(BUILD)/bin/embed $(BUILD)/bin/errors $(BUILD)/bin/bench $(BUILD)/bin/workflows
.PHONY: tests-bin

# Every test is a program that prints TAP. The slow ones come first, two run at a time.
SCRIPTS := $(wildcard tests/*.t tests/cli/*.t)
T       ?= $(PROGRAMS) $(SCRIPTS)
PROVE   := prove --exec '' --timer --failures --comments -j2
TEST_ENV := BUILD='$(BUILD)' CC='$(CC)' MAKE='$(MAKE)' HAVE_PG='$(HAVE_PG)' CAIRN_REQUIRE=1 \
	WITH_POSTGRES='$(if $(HAVE_PG),yes,no)'
# Tests kill processes, never the machine: their server need not wait for its disk.
PG      := $(if $(HAVE_PG),tools/pg-temp.sh run)
TEST_PG := $(if $(HAVE_PG),CAIRN_PG_SETTINGS='-c fsync=off -c full_page_writes=off -c max_wal_size=4GB' $(PG))
SUBMAKE := $(MAKE) --no-print-directory

# deps.sh may bring what this file looks for when it is read: hence the second make. The other
# compiler only has to be content.
check:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) all tests-bin
	@$(SUBMAKE) -j$(JOBS) CC=clang WERROR=1 BUILD=$(BESIDE)clang all tests-bin
	@$(SUBMAKE) prove

prove:
	@$(TEST_ENV) $(TEST_PG) $(PROVE) $(T)

# Beside the normal build, never in it.
BESIDE := $(if $(filter build/plain,$(BUILD)),build/,$(BUILD)-)
SANITIZERS ?= address,undefined thread
check-sanitize:
	@tools/deps.sh check
	@bad=0; for san in $(SANITIZERS); do \
		echo "== $$san"; \
		dir=$(BESIDE)$$(echo $$san | tr , -); \
		$(SUBMAKE) -j$(JOBS) SAN=$$san BUILD=$$dir tests-bin && \
		$(SUBMAKE) SAN=$$san BUILD=$$dir prove-programs || bad=1; \
	done; exit $$bad

prove-programs:
	@$(TEST_ENV) CAIRN_CASE_TIMEOUT=600 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
		$(TEST_PG) $(PROVE) $(foreach p,$(PROGRAMS),$(if $(findstring /mutants,$p),,$p)) $(wildcard tests/oom.t)

# The long forms of tests/invariant.t, tests/threads.t, tests/runs.t and tests/replays.t.
MINUTES ?= 3
LONG_check-invariants := invariant
LONG_check-threads := threads
LONG_check-runs := runs
LONG_check-replays := replays
check-runs check-replays: export DIFFER_LIVES ?= 2000
check-runs check-replays: export CRASH_LIVES ?= 30
check-invariants check-threads check-runs check-replays:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) tests-bin
	@SECONDS_EACH=$$(($(MINUTES) * 60)) PROOFS=no SEED='$(SEED)' $(SUBMAKE) prove \
		T=tests/$(LONG_$@).t PROVE='prove --exec "" --timer --verbose'
.PHONY: check-invariants check-threads check-runs check-replays

# The kit on a Postgres 18 server from npm; and on SQLite files to which another process writes.
check-pg18:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) tests-bin
	@BUILD='$(BUILD)' tools/check-pg18.sh
check-pooler:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) tests-bin
	@BUILD='$(BUILD)' $(TEST_PG) tools/check-pooler.sh
check-two-writers:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) tests-bin
	@CAIRN_KIT_RIVAL=1 $(BUILD)/tests/kit/sqlite --summary
.PHONY: check-pg18 check-pooler check-two-writers

# A leak or a bad read makes the program, or the kit's case, fail.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible
check-valgrind:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) tests-bin
	@for program in $(UNIT) $(filter %/memory %/sqlite,$(KIT)); do \
		echo "== $$program"; \
		$(VALGRIND) $$program $$(case $$program in */kit/*) echo --summary --timeout 600;; esac) \
			>$(BUILD)/valgrind.log 2>&1 && tail -n 1 $(BUILD)/valgrind.log || \
			{ cat $(BUILD)/valgrind.log; exit 1; }; \
	done

coverage:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) BUILD=$(BESIDE)coverage OPT='-O0 -g' CFLAGS=--coverage LDFLAGS=--coverage tests-bin
	@$(SUBMAKE) BUILD=$(BESIDE)coverage prove-programs >$(BESIDE)coverage/tests.log || \
		echo "not all tests passed, see $(BESIDE)coverage/tests.log"
	@tools/coverage.sh $(BESIDE)coverage

# Each target for a while with clang's fuzzer; what it finds is added to its corpus.
FUZZ_SECONDS ?= 60
fuzz:
	@tools/deps.sh check
	@mkdir -p $(BESIDE)fuzz
	@for f in $(notdir $(FUZZ)); do \
		clang -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -g -O1 -fsanitize=fuzzer,address,undefined \
			-o $(BESIDE)fuzz/$$f tests/fuzz/$${f}_fuzz.c $(src_cairn) $(CJSON_CFLAGS) $(CJSON_LIBS) $(MD_LIBS) && \
		$(BESIDE)fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 tests/fuzz/corpus/$$f || exit 1; \
	done

demo:
	@tools/deps.sh $(if $(filter postgres,$(DB)),server,build)
	@$(SUBMAKE) -j$(JOBS) all
	@BUILD='$(BUILD)' DB='$(or $(DB),sqlite)' tools/demo.sh
.PHONY: check prove check-sanitize prove-programs check-valgrind coverage fuzz demo

# ---- measuring ----------------------------------------------------------------------

# cairn beside hand-written programs that do only the same work, interleaved; REPEAT=5, ROWS=.
src_bench := $(filter-out $(if $(HAVE_PG),,$(wildcard bench/*_postgres.c)),$(wildcard bench/*.c))
$(BUILD)/bin/bench: $(call obj,$(src_bench)) $(ALL_A)
	$(call say,LD)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS) $(ALL_LDFLAGS)

bench:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) $(BUILD)/bin/bench
	@BUILD='$(BUILD)' $(PG) tools/bench.sh
.PHONY: bench

# Job libraries for Postgres in other languages beside cairn's own bench, on the same server. What it
# needs is fetched by npm into the build folder.
bench-peers:
	@tools/deps.sh check
	@$(SUBMAKE) -j$(JOBS) $(BUILD)/bin/bench
	@BUILD='$(BUILD)' $(PG) tools/bench-peers.sh
.PHONY: bench-peers

# ---- keeping it tidy --------------------------------------------------------------

C_FILES := $(filter-out include/cairn/codes.h,$(wildcard $(addsuffix /*.[ch],include/cairn include/cairn/sys core runtime drivers/* \
	conformance tools tools/cairn tests tests/* examples bench)))

lint:
	@CC='$(CC)' BUILD='$(BUILD)' tools/lint.sh

format:
	clang-format -i $(C_FILES)

# What is generated and yet committed: errors, coverage of the reference, the frozen interface.
docs: docs/ERRORS.md docs/COVERAGE.md docs/MUTANTS.md docs/WORKFLOWS.md
docs/ERRORS.md: $(BUILD)/bin/errors
	$(Q)$< >$@.new && mv $@.new $@

docs/COVERAGE.md: $(BUILD)/tests/kit/memory $(wildcard conformance/*.tsv)
	$(Q)tools/scenarios.sh $< >$@.new && mv $@.new $@

docs/MUTANTS.md: $(BUILD)/tests/kit/mutants
	$(Q)tools/mutants.sh $< >$@.new && mv $@.new $@

# Only its tables are made.
docs/WORKFLOWS.md: $(BUILD)/bin/workflows
	$(Q)$< $@ >$@.new && mv $@.new $@

$(BUILD)/bin/workflows: $(BUILD)/tools/workflows.o $(A)/libcairn.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(CJSON_LIBS) $(MD_LIBS) $(ALL_LDFLAGS)

$(BUILD)/bin/errors: tools/errors.c include/cairn/codes.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(WARN) -Iinclude -o $@ $<

abi-update: $(SHARED)
	@BUILD='$(BUILD)' CC='$(CC)' tools/abi.sh update
.PHONY: lint format docs abi-update

# ---- installing --------------------------------------------------------------------

HEADERS := $(filter-out $(if $(HAVE_PG),,%/postgres.h),\
	$(patsubst include/%,%,$(wildcard include/cairn/*.h include/cairn/sys/*.h)))
MAN1    := $(notdir $(wildcard docs/man/*.1))
MAN3    := $(notdir $(wildcard docs/man/*.3))
PCS     := $(filter-out $(if $(HAVE_PG),,cairn-postgres.pc),\
	$(patsubst tools/pc/%.in,%,$(wildcard tools/pc/*.pc.in)))

INSTALLED := $(HEADERS:%=$(INCDIR)/%) $(LIBS:%=$(LIBDIR)/lib%.a) \
	$(foreach v,$(VERSION) $(SOMAJOR),$(LIBS:%=$(LIBDIR)/lib%.so.$(v))) \
	$(LIBS:%=$(LIBDIR)/lib%.so) $(LIBDIR)/libcairn_conformance.a \
	$(PCS:%=$(LIBDIR)/pkgconfig/%) $(BINDIR)/cairn \
	$(MAN1:%=$(MANDIR)/man1/%) $(MAN3:%=$(MANDIR)/man3/%)

D = $(DESTDIR)
install: all
	$(Q)$(INSTALL) -d $(sort $(dir $(INSTALLED:%=$(D)%)))
	$(Q)cd include && for f in $(HEADERS); do \
		$(INSTALL) -m 644 $$f $(D)$(INCDIR)/$$f || exit 1; done
	$(Q)$(INSTALL) -m 644 $(STATIC) $(A)/libcairn_conformance.a $(D)$(LIBDIR)
	$(Q)for l in $(LIBS:%=lib%.so); do \
		$(INSTALL) -m 755 $(A)/$$l.$(SOMAJOR) $(D)$(LIBDIR)/$$l.$(VERSION) && \
		ln -sf $$l.$(VERSION) $(D)$(LIBDIR)/$$l.$(SOMAJOR) && \
		ln -sf $$l.$(SOMAJOR) $(D)$(LIBDIR)/$$l || exit 1; done
	$(Q)for f in $(PCS); do sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCDIR@|$(INCDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@CORE_LIBS@|$(strip $(CJSON_LIBS) $(MD_LIBS))|' \
		-e 's|@SQLITE_LIBS@|$(strip $(SQLITE_LIBS))|' -e 's|@PQ_LIBS@|$(strip $(PQ_LIBS))|' \
		tools/pc/$$f.in >$(D)$(LIBDIR)/pkgconfig/$$f || exit 1; done
	$(Q)$(INSTALL) -m 755 $(BUILD)/bin/cairn $(D)$(BINDIR)/cairn
	$(Q)$(if $(MAN1),$(INSTALL) -m 644 $(MAN1:%=docs/man/%) $(D)$(MANDIR)/man1)
	$(Q)$(if $(MAN3),$(INSTALL) -m 644 $(MAN3:%=docs/man/%) $(D)$(MANDIR)/man3)

uninstall:
	$(Q)rm -f $(INSTALLED:%=$(D)%)
	$(Q)-rmdir $(D)$(INCDIR)/cairn/sys $(D)$(INCDIR)/cairn 2>/dev/null
.PHONY: install uninstall

clean:
	rm -rf build
.PHONY: clean

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
