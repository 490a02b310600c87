#!/bin/sh
# examples/pipeline.c: a graph of steps comes to its end, though it is killed in the middle; not without its
# approval; and not with a refusal. (CAIRN_PG_URL: on Postgres, too.)
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

pipeline=$(pwd)/$build/examples/pipeline
cairn=$(pwd)/$build/bin/cairn

# killed URL NAME
killed() {
	DIE=3 "$pipeline" "$1" "$2" 6 >"$scratch/out" 2>&1
	[ $? -eq 137 ]
}

# says TEXT STATUS URL NAME: behind the text may stand an id.
says() {
	"$pipeline" "$3" "$4" 6 >"$scratch/out" 2>"$scratch/err"
	status=$?
	cat "$scratch/out" "$scratch/err"
	id=$(grep -Eo '[0-9a-f]{8}(-[0-9a-f]+){4}' "$scratch/out")
	[ "$status,$(sed "s/${id:-none}//" "$scratch/out" | tr -d '\n')" = "$2,$1" ]
}

# column MEMBER STEP URL
column() {
	"$cairn" --db "$3" --json run steps "$id" --step "$2" | grep -o "\"$1\":[^,}]*"
}

tour() {
	url=$1
	ok "killed in the middle" killed "$url" first
	ok "it goes on to the gate" says "waiting for the approval of " 0 "$url" first
	run=$id
	ok "and not beyond" says "waiting for the approval of " 0 "$url" first
	is "$id" "$run" "it is the same run"
	is "$(column attempt part-3 "$url"),$(column output part-3 "$url")" '"attempt":2,' \
		"what was killed was done again"
	is "$("$cairn" --db "$url" run steps "$run" --step part-3 --field output)" 18 "with what was prepared"
	ok "approved" "$cairn" --db "$url" run complete-gate "$run" approval SUCCEEDED
	ok "it comes to its end" says "total 182" 0 "$url" first
	ok "and has nothing more to do" says "total 182" 0 "$url" first
	is "$("$cairn" --db "$url" run wait "$run" --result)" 182 "everybody can read the result"

	ok "another run" says "waiting for the approval of " 0 "$url" second
	ok "refused" "$cairn" --db "$url" run complete-gate "$id" approval FAILED --code app.refused
	ok "it has no total" says " is COMPLETED_WITH_ERRORS" 1 "$url" second
	is "$(column status join "$url")" '"status":"CANCELED"' "since nothing was joined"
}

tour "sqlite:$scratch/pipeline.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	tour "$CAIRN_PG_URL${join}schema=pipeline_$$"
fi
done_testing
