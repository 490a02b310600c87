#!/bin/sh
# demo-graph.sh - the demo's second part, read by demo.sh: a release as a graph. Every folder is packed by a step of
# its own, a manifest of all packages waits for them, somebody has to approve, then they are published. The
# worker is killed while it packs, and another one goes on.
# shellcheck disable=SC2034,SC2154 # what demo.sh sets and reads

step "a release as a graph: a package per folder, a manifest, an approval, and the publication"
for type in pack manifest publish; do
	"$cairn" define "$type" --max-attempts 3 --timeout 30s >/dev/null
done

# The handler of all three types; a manifest asks what its packages came to.
cat >release <<'SCRIPT'
#!/bin/sh
set -eu
# member NAME: of the payload.
member() {
	printf '%s' "$payload" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
payload=$(cat)
case $CAIRN_JOB_TYPE in
pack)
	folder=$(member folder)
	tar -C tree --sort=name --owner=0 --group=0 --mtime=@0 -cf - "$folder" | gzip -n >"$folder.tgz.$CAIRN_JOB_FENCE"
	sleep 0.5
	mv "$folder.tgz.$CAIRN_JOB_FENCE" "$folder.tgz"
	sha256sum "$folder.tgz"
	;;
manifest)
	"$CAIRN" --json run inputs "$CAIRN_JOB_ID" | sed -n 's/.*"stdout":"\([^\\"]*\).*/\1/p' | LC_ALL=C sort >MANIFEST
	wc -l <MANIFEST
	;;
publish)
	mkdir -p site
	sha256sum --quiet -c MANIFEST
	mv ./*.tgz MANIFEST site/
	ls site | wc -l
	;;
esac
SCRIPT
chmod +x release
export CAIRN="$cairn"

folders=$(cd tree && echo *)
{
	printf '{"type":"release","key":"release-1","result_step":"publish","steps":['
	for folder in $folders; do
		printf '{"key":"pack-%s","type":"pack","payload":{"folder":"%s"}},' "$folder" "$folder"
	done
	printf '{"key":"manifest","type":"manifest","after":['
	comma=
	for folder in $folders; do
		printf '%s{"step":"pack-%s","mode":"ON_SUCCESS"}' "$comma" "$folder"
		comma=,
	done
	printf ']},{"key":"approval","kind":"EXTERNAL","deadline":"1h"},'
	printf '{"key":"publish","type":"publish","after":[{"step":"manifest","mode":"ON_SUCCESS"},'
	printf '{"step":"approval","mode":"ON_SUCCESS"}]}]}'
} >release.json
run=$("$cairn" run submit release.json)
again=$("$cairn" run submit release.json 2>/dev/null)

# releaser NAME: a worker for the graph's steps.
releaser() {
	"$cairn" --json work --type pack --type manifest --type publish --exec ./release -n 3 --name "$1" \
		--lease "$lease" --reap-interval 300ms --poll 200ms >"$1.log" 2>"$1.err" &
	releaser_pid=$!
	pids=$releaser_pid
}

# steps STATUS: how many steps of the run have it.
steps() {
	"$cairn" --json run steps "$run" --status "$1" | wc -l | tr -d ' '
}

releaser first
deadline=$(($(now_ms) + patience * 1000))
while [ "$(steps SUCCEEDED)" -lt 2 ] || [ "$(steps RUNNING)" -eq 0 ]; do
	[ "$(now_ms)" -lt $deadline ] || break
	sleep 0.05
done
kill -9 "$releaser_pid"
wait "$releaser_pid" 2>/dev/null || :
packing=$(steps RUNNING)
step "the worker (pid $releaser_pid) was killed with SIGKILL, packing $packing folders"
"$cairn" --no-color run show "$run" | sed 's/^/  /'

releaser second
while [ "$(steps ENQUEUED)" -gt 0 ] || [ "$(steps RUNNING)" -gt 0 ]; do
	[ "$(now_ms)" -lt $deadline ] || break
	sleep 0.1
done
"$cairn" run complete-gate "$run" approval SUCCEEDED --reason "looks good" --output '{"by":"the demo"}' >/dev/null
"$cairn" run wait "$run" --timeout "${patience}s" >/dev/null || :
kill -TERM "$releaser_pid"
wait "$releaser_pid" || :
pids=

step "everything is packed, approved and published"
"$cairn" run show "$run" | sed 's/^/  /'
echo
packages=$(echo "$folders" | wc -w | tr -d ' ')
check "$again" "$run" "the same graph again is the same run"
check "$("$cairn" --json run show "$run" | field status | head -n 1)" SUCCEEDED "the run"
check "$(find site -name '*.tgz' | wc -l | tr -d ' ')" "$packages" "packages published, one per folder"
check "$(cd site && sha256sum --quiet -c MANIFEST && count MANIFEST)" "$packages" "packages that are as the manifest says"
attempts=$("$cairn" --json run steps "$run" | grep '"key":"pack-' | field attempt | awk '{ n += $1 } END { print n + 0 }')
check "$attempts" $((packages + packing)) "attempts at packing: one per folder, one more for each in hand"
