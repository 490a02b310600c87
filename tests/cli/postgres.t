#!/bin/sh
# postgres.t - the other scripts again, on Postgres (CAIRN_PG_URL), each in a schema of its own.
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${CAIRN_PG_URL:-}" ]; then
	if [ -n "${CAIRN_REQUIRE:-}" ] && [ "${WITH_POSTGRES:-no}" = yes ]; then
		echo "Bail out! CAIRN_PG_URL is not set"
		exit 1
	fi
	echo "1..0 # SKIP no CAIRN_PG_URL"
	exit 0
fi

case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
n=0
bad=0
for name in migrate define catalog enqueue ndjson read recover queues locks checkpoints memory log upkeep schedule intents exec work crash odd runs replay signal budget top; do
	n=$((n + 1))
	log=$(CAIRN_CLI_DB="$CAIRN_PG_URL${join}schema=cli_${name}_$$" sh "$here/$name.t" 2>&1)
	code=$?
	printf '%s\n' "$log" | grep -a -A 5 '^not ok\|^Bail' | sed 's/^/# /'
	if [ $code -eq 0 ]; then
		echo "ok $n - $name.t: $(printf '%s\n' "$log" | grep -a -c '^ok ') checks"
	else
		bad=1
		echo "not ok $n - $name.t"
	fi
done
echo "1..$n"
exit $bad
