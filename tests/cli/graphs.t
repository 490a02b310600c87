#!/bin/sh
# graphs.t - graphs in files: what is read, what is refused and how that is told, and how graphs are drawn. No
# database is there.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C

# refuses TEXT WHAT NAME: a graph; what is said of it.
refuses() {
	printf '%s' "$1" >graph.json
	"$cairn" run graph --file graph.json >out 2>err
	code=$?
	is "$code,$(cat out),$(cat err)" "2,,cairn: $2" "$3"
}

# step MEMBERS WHAT NAME: refused of the second step.
step() {
	refuses "{\"type\":\"x\",\"steps\":[{\"key\":\"a\",\"type\":\"t\"},{\"key\":\"b\",\"type\":\"t\"$1}]}" \
		"graph.json: step 1: $2" "$3"
}

# run MEMBERS WHAT NAME: refused of the run.
run() {
	refuses "{\"steps\":[{\"key\":\"a\",\"type\":\"t\"}]$1}" "graph.json: $2" "$3"
}

# ---- what is no graph
refuses '' "graph.json: this is no JSON object" "nothing"
refuses '[]' "graph.json: this is no JSON object" "an array"
refuses '{"type":"x"}' "graph.json: steps is missing, or empty" "no steps"
refuses '{"type":"x","steps":[]}' "graph.json: steps is missing, or empty" "no step"
refuses '{"type":"x","steps":{}}' "graph.json: steps must be an array of objects" "steps in an object"
refuses '{"type":"x","steps":[7]}' "graph.json: step 0: must be an object" "a number is no step"
refuses '{"type":"x","steps":[{"key":"a","type":"t"},]}' "graph.json: step 1: must be an object" "a comma too many"
run '' "type is missing" "no type"
run ',"type":"x"} {}' "line 1: this is not JSON" "two of them"
printf '{\n"type":"x",\n"steps" [] }' >graph.json
exits 2 "no colon" run graph --file graph.json
is "$err" "cairn: graph.json: line 3: this is not JSON" "has its line"
refuses '{"type":"x","steps":[{"key":"a","type":"t"}' "graph.json: line 1: this is not JSON" "no end"
refuses '{"type":"x","steps":[{"key":"a" "type":"t"}]}' "graph.json: line 1: this is not JSON" "no comma"
exits 2 "no file" run graph --file nothing.json
like "$err" "nothing.json: " "is named"

# ---- members of the run
run ',"type":"x","colour":1' "colour is no member that is known here" "an unknown member"
run ',"type":"x","type":"x"' "type stands twice" "a member twice"
run ',"type":7' "type must be a text that is not empty" "a number is no type"
run ',"type":""' "type must be a text that is not empty" "nor is nothing"
run ',"type":null' "type must be a text that is not empty" "nor is null"
run ',"type":"x","on_failure":"fail_fast"' 'on_failure must be "CONTINUE" or "FAIL_FAST"' "another word"
run ',"type":"x","metadata":{"a":tru}' "metadata is refused: A document is not valid JSON. (json.invalid)" \
	"metadata that are none"
run ",\"type\":\"x\",\"a$(printf '\033')b\":1" "line 1: this is not JSON" "a raw control character"
run ',"type":"x","a\u001bb":1' "a?b is no member that is known here" "is not printed either"

# ---- members of a step
step ',"retries":3' "retries is no member that is known here" "an unknown member"
step ',"key":"b"' "key stands twice" "a member twice"
for member in queue tenant owner resource_key stage; do
	step ",\"$member\":1" "$member must be a text that is not empty" "$member"
done
step ',"kind":"GATE"' 'kind must be "JOB" or "EXTERNAL"' "another kind"
step ',"payload":{"a":01}' "payload is refused: A document is not valid JSON. (json.invalid)" "payload"
number="must be a positive integer of 32 bits"
for value in 0 -1 01 1.0 1e3 '"3"' null 2147483648 true; do
	step ",\"max_attempts\":$value" "max_attempts $number" "max_attempts: $value"
done
step ',"priority":1.5' "priority must be an integer of 32 bits" "priority"
span='must be a duration such as "10s", "5m" or "1h30m", and more than 0'
for value in '"5 min"' '"10"' '"0"' '"0s"' '"-5s"' '""' 10 null '"s"' "\"$(printf '%070d' 1)s\""; do
	step ",\"timeout\":$value" "timeout $span" "timeout: $value"
done
step ',"deadline":5' "deadline $span" "deadline"
step ',"continues":1' "continues must be true or false" "continues"
step ',"after":"a"' "after must be an array of keys and objects" "after"
step ',"after":["a",7]' "after 1: must be a step's key, or an object" "a number is no key"
step ',"after":[""]' "after 0: must be a step's key, or an object" "nor is nothing"
step ',"after":[{"mode":"ON_SUCCESS"}]' "after 0: step is missing" "no key"
step ',"after":[{"step":"a","mode":"EVER"}]' 'after 0: mode must be "ON_TERMINAL" or "ON_SUCCESS"' "another mode"
step ',"after":[{"step":"a","when":1}]' "after 0: when is no member that is known here" "an unknown member"
refuses '{"type":"x","steps":[{"key":"b","type":"t","after":["a",]}]}' "graph.json: line 1: this is not JSON" \
	"a comma too many"
refuses '{"type":"x","steps":[{"type":"t"}]}' "graph.json: step 0: key is missing" "no key"
refuses '{"type":"x","steps":[{"key":"a"}]}' "graph.json: step 0: type is missing" "no type"

# ---- what only the library sees
refuses '{"type":"x","steps":[{"key":"a","type":"t","after":["a"]}]}' \
	"Step 0: A step must not wait for itself. (workflow.invalid_dag_self_dependency)" "itself"
refuses '{"type":"x","steps":[{"key":"a","type":"t","after":["b"]},{"key":"b","type":"t","after":["a"]}]}' \
	"The steps wait for each other in a circle. (workflow.invalid_dag_cycle)" "a circle"
refuses '{"type":"x","steps":[{"key":"g","kind":"EXTERNAL","queue":"q"}]}' \
	"Step 0: A gate has no queue, owner, resource, stage, priority, attempts, timeout or continuation. (workflow.invalid_dag_external_step_queue_settings_not_allowed)" \
	"a gate with a queue"
exits 2 "in JSON, too" --json run graph --file graph.json
is "$(printf '%s\n' "$err" | json error.code)" workflow.invalid_dag_external_step_queue_settings_not_allowed "with its code"

# ---- pictures
cat >graph.json <<'END'
{ "type": "a \"b\" \\ <c>", "steps": [
	{ "key": "later", "type": "t", "after": [ "fetch", { "mode": "ON_SUCCESS", "step": "gate" } ] },
	{ "key": "fetch", "type": "x[1]_\u00e4", "kind": "JOB" },
	{ "key": "gate", "kind": "EXTERNAL", "deadline": "1h30m" }
] }
END
exits 0 "DOT" run graph --file graph.json
is "$out" 'digraph "a \"b\" \\ <c>" {
	rankdir=LR;
	node [shape=box, style="rounded,filled"];
	s0 [label="later\nt", fillcolor="#ffffff", color="#555555"];
	s1 [label="fetch\nx[1]_ä", fillcolor="#ffffff", color="#555555"];
	s2 [label="gate", shape=hexagon, fillcolor="#ffffff", color="#555555"];
	s1 -> s0 [style=dashed];
	s2 -> s0;
}' "steps, edges, a gate; nothing steps out of its quotes"
exits 0 "Mermaid" run graph --file graph.json --format mermaid
is "$out" 'flowchart LR
	s0("later<br/>t")
	s1("fetch<br/>x#91;1#93;#95;ä")
	s2{{"gate"}}
	s1 -.-> s0
	s2 --> s0' "the same"
"$cairn" --json run graph --file - <graph.json >out
is "$(json steps.2 <out)" '{"key":"gate","kind":"EXTERNAL","status":null,"type":null}' "JSON, from the standard input"
is "$(json edges.1 <out)" '{"dependent":"later","mode":"ON_SUCCESS","prerequisite":"gate"}' "edges, too"
exits 2 "another format" run graph --file graph.json --format png
exits 2 "a file or a run" run graph 0190a000-0000-7000-8000-000000000000 --file graph.json
exits 2 "nothing at all" run graph
is "$(ls ./*.db 2>/dev/null)" "" "and no database"

# ---- the document and the schema say the same as the program
cd "$root" || exit 1
awk '/^```json$/ { on = 1; next } /^```$/ { on = 0 } on' docs/GRAPHS.md >"$dir/example.json"
"$cairn" run graph --file "$dir/example.json" >/dev/null 2>"$dir/err"
is "$?,$(cat "$dir/err")" "0," "the document's example is good"
members() {
	sed -n "s/^	{ \"\([a-z_]*\)\", .*/\1/p" tools/cairn/graph_member.c | sort -u | tr '\n' ' '
}
documented() {
	# shellcheck disable=SC2016 # these are no commands
	sed -n 's/^| `\([a-z_]*\)` | .* | .*/\1/p' docs/GRAPHS.md
	echo mode # these two stand in the text
	echo step
}
is "$(documented | sort -u | tr '\n' ' ')" "$(members)" "the document has every member"
is "$(perl -MJSON::PP -e '
	local $/;
	my $schema = decode_json(<STDIN>);
	my %seen = map { $_ => 1 } keys %{$schema->{properties}}, keys %{$schema->{"\$defs"}{step}{properties}},
		keys %{$schema->{"\$defs"}{prerequisite}{oneOf}[1]{properties}};
	print map { "$_ " } sort keys %seen' <docs/graph.schema.json)" "$(members)" "the schema, too"
done_testing
