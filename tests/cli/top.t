#!/bin/sh
# top.t - the live view, driven inside a terminal multiplexer; its frames as text and as JSON.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 1 >/dev/null
"$cairn" define r --max-attempts 3 >/dev/null

# The server knows the connections of this test by their name.
if [ -n "${CAIRN_CLI_DB:-}" ]; then
	case $CAIRN_DB in *\?*) CAIRN_DB="$CAIRN_DB&application_name=cairn_top_$$" ;;
	*) CAIRN_DB="$CAIRN_DB?application_name=cairn_top_$$" ;; esac
fi

# ---- frames
exits 0 "a frame of nothing" top --once
like "$out" '^depth 0 +due 0 ' "has sums"
like "$out" '^no workers' "and says what is not there"
exits 0 "without a terminal it is one frame" top
exits 2 "operands" top x
exits 2 "an interval of nothing" top --interval 0
exits 2 "once, and more than once" top --once --frames 2
exits 0 "frames" top --frames 2 --interval 100ms
is "$(printf '%s\n' "$out" | grep -c '^cairn top ')" 2 "one below the other"

esc=$(printf '\033')
bad=$("$cairn" enqueue t -q broken)
"$cairn" work --type t -q broken --exec 'printf "\033[2Jclear\n" >&2; exit 3' --once >/dev/null
"$cairn" enqueue r -q broken >/dev/null
"$cairn" work --type r -q broken --exec 'exit 4' --once >/dev/null
"$cairn" enqueue t -q mails >/dev/null
"$cairn" --tenant acme enqueue t -q mails --in 1h >/dev/null
"$cairn" enqueue t -q 'wide-広い-é😀-end' >/dev/null
"$cairn" schedule put nightly --type t --cron '0 3 * * *' >/dev/null
"$cairn" schedule put minutely --type t --cron '* * * * *' >/dev/null
"$cairn" schedule put never --type t --cron '0 1 * * *' --inactive >/dev/null
exits 0 "a frame of something" top --once
like "$out" '^mails +2 +1 ' "a queue"
like "$out" '^wide-広い-é😀-end +1 ' "a name of wide characters"
is "$(printf '%s\n' "$out" | grep -c "$esc")" 0 "no escape sequence reaches the output"
like "$out" '^t +[^ ]+ +exec\.exit_3 +1 +dead' "a dead letter"
like "$out" '^r +[^ ]+ +exec\.exit_4 +1 +retry in ' "what will be tried again"
is "$(printf '%s\n' "$out" | sed -n '/^SCHEDULE/,$p' | awk '{ print $1 }' | tr '\n' ' ')" \
	"SCHEDULE minutely nightly " "schedules, the next one first"
exits 0 "one queue" --json top --once --queue mails
is "$(printf '%s\n' "$out" | json all.depth),$(printf '%s\n' "$out" | json queues | grep -c broken)" 2,0 "alone"
is "$(printf '%s\n' "$out" | json failures)" '[]' "has no failures"
is "$("$cairn" --json --tenant acme top --once | json all.parked)" 1 "a tenant's"
is "$("$cairn" --json top --once | json failures.0.error_code)" exec.exit_4 "the latest failure comes first"
is "$("$cairn" --json top --once | json failures.1.id)" "$bad" "with its job"

# Two frames make rates: three more jobs between them.
"$cairn" --json top --frames 2 --interval 2s >frames &
pid=$!
wait_for 10 test -s frames
for i in 1 2 3; do
	"$cairn" enqueue t -q rates >/dev/null
done
"$cairn" work --type t -q rates --exec 'exit 0' --once >/dev/null
wait $pid
is $? 0 "two frames"
is "$(json all.enqueued_per_s <frames | head -n 1)" null "the first one has nothing to compare with"
is "$(json all <frames | tail -n 1 | perl -MJSON::PP -e '$a = decode_json(<STDIN>);
	print join ",", map { sprintf "%.0f", 2 * $a->{$_} } qw(enqueued_per_s finished_per_s)')" \
	3,1 "the second one has rates"
"$cairn" --json top --interval 100ms >frames &
pid=$!
three_frames() {
	[ "$(wc -l <frames)" -ge 3 ]
}
wait_for 10 three_frames
is $? 0 "JSON goes on until it is ended"
kill $pid
wait $pid 2>/dev/null

# ---- in a terminal
if ! command -v tmux >/dev/null; then
	[ -z "${CAIRN_REQUIRE:-}" ] || fail "there is no tmux"
	done_testing
fi
LC_ALL=C.UTF-8
TMUX_TMPDIR=$dir
export LC_ALL TMUX_TMPDIR
unset TMUX

mux() {
	tmux -u -f /dev/null "$@"
}

# screen: what the pane shows; seen PATTERN: whether it does
screen() {
	mux capture-pane -p -t top
}

seen() {
	screen | grep -Eq -- "$1"
}

# shows PATTERN NAME: within ten seconds
shows() {
	wait_for 10 seen "$1"
	like "$(screen)" "$1" "$2"
}

unseen() {
	! seen "$1"
}

# keys KEY ...
keys() {
	mux send-keys -t top "$@"
}

# start ARG ...: cairn top in the pane's shell; $top is its process
start() {
	rm -f pid
	keys "sh -c 'echo \$\$ >pid; exec \"$cairn\" top $*'" Enter
	shows '^cairn top ' "it starts"
	top=$(cat pid)
}

# own_screen 1|0: whether the pane shows another screen than the shell's
own_screen() {
	[ "$(mux display-message -p -t top '#{alternate_on}')" = "$1" ]
}

# ended CODE NAME: the shell's screen is back as it was, with the words from before
ended() {
	wait_for 10 own_screen 0
	keys 'echo ended $?' Enter
	wait_for 10 seen "^([\$] )?ended $1\$"
	like "$(screen)" "^([\$] )?ended $1\$" "$2"
	like "$(screen)" '^words from before$' "the screen is as it was"
	is "$(screen | grep -c '^QUEUE')" 0 "nothing of it is left"
	is "$(mux display-message -p -t top '#{alternate_on} #{cursor_flag} #{wrap_flag}')" "0 1 1" \
		"the terminal's modes, too"
	keys "stty -a | tr ' ;' '\n\n' | grep -c -e '^icanon' -e '^echo\$'" Enter
	shows '^2$' "and its lines"
	keys "clear; echo words from before" Enter
	shows '^words from before$' "a clean screen"
}

mux new-session -d -s top -x 100 -y 30 'PS1="\$ " exec sh'
keys "PS1='\$ '; clear; echo words from before" Enter
shows '^words from before$' "a pane"
start --interval 200ms
shows '^mails +2 +1 ' "queues"
shows '^no workers' "no workers"
shows '^r +[0-9a-z]+ +exec\.exit_4 ' "failures"
shows '^minutely +(in|late) [0-9a-z]+ +t ' "schedules"
shows '^q quit ' "keys"
shows '^wide-広い-é😀-end {7}1 ' "wide characters leave the columns where they are"
is "$(mux display-message -p -t top '#{alternate_on} #{cursor_flag}')" "1 0" "a screen of its own"

for i in 1 2 3; do
	"$cairn" enqueue t -q followed >/dev/null
done
shows '^followed +3 +3 ' "an enqueue is followed"
"$cairn" work --type t -q followed --name worker-1 --concurrency 1 --poll 100ms \
	--exec 'while [ ! -e go ]; do sleep 0.1; done' >work.log 2>&1 &
worker=$!
shows '^followed +2 +2 .* 1 +0 ' "a claim is"
shows '^worker-1[^ ]* +1 +[^ ]+ +[^ ]+ +0 +t' "and who holds the lease"
touch go
shows '^followed +0 +0 ' "and the work"
kill $worker
wait $worker 2>/dev/null

# ---- size
mux resize-window -t top -x 60 -y 15
shows '^QUEUE +DEPTH +DUE +OLDEST( +[A-Z/]+)*$' "60x15"
is "$(screen | perl -CI -ne 'print if length > 61' | wc -l)" 0 "fits"
is "$(screen | grep -Ec '^(cairn top|QUEUE|WORKER|FAILED|SCHEDULE|q quit)')" 6 "everything is there, once"
mux resize-window -t top -x 100 -y 30
shows '^QUEUE .* DEAD$' "100x30 again"
is "$(screen | grep -Ec '^(cairn top|QUEUE|WORKER|FAILED|SCHEDULE|q quit)')" 6 "everything is there, once"
for size in 20x5 8x2 1x1 300x100; do
	mux resize-window -t top -x "${size%x*}" -y "${size#*x}"
	sleep 0.5
	kill -0 "$top"
	is $? 0 "$size is survived"
done
mux resize-window -t top -x 100 -y 30
shows '^QUEUE .* DEAD$' "and back"

# ---- keys
keys p
shows ' paused$' "p pauses"
"$cairn" enqueue t -q during-pause >/dev/null
sleep 0.5
is "$(screen | grep -c '^during-pause')" 0 "nothing moves then"
keys Space
shows '^during-pause +1 ' "space looks once"
keys p
shows 'every 200ms' "p goes on"
keys 3
shows 'every 3s' "a number of seconds"
keys +
shows 'every 6s' "+ doubles"
keys - - 1
shows 'every 1s' "- halves"
keys o
shows 'order: oldest' "o orders otherwise"
keys o o
shows 'order: name' "by name"
like "$(screen | sed -n '/^QUEUE/{n;p;}')" '^broken ' "then broken is the first"
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	printf '{"type":"t","queue":"many-%02d"}\n' $i
done | "$cairn" enqueue --ndjson >/dev/null
keys Space
shows '^QUEUE .* 1-[0-9]+ of [0-9]+$' "a long table says what is seen of it"
keys End
shows '^wide-' "End goes to the end"
is "$(screen | grep -c '^broken')" 0 "and leaves the beginning"
keys Up PPage
shows '^many-2' "up, and a page up"
keys Home
shows '^broken' "Home goes back"
keys Down
wait_for 5 unseen '^broken'
is "$(screen | grep -c '^broken')" 0 "down is a line"
keys Tab C-l x Escape
shows '^FAILED' "tab, redraw, and what means nothing"
keys q
ended 0 "q ends it"

# ---- other ends
start
kill -TERM "$top"
ended 143 "SIGTERM ends it"
start
kill -INT "$top"
ended 130 "SIGINT ends it"
start
kill -ABRT "$top"
ended 134 "even a crash gives the terminal back"
start
keys C-z
wait_for 10 own_screen 0
is $? 0 "^Z gives the terminal back"
keys fg Enter
shows '^QUEUE' "and fg takes it again"
keys q
ended 0 "and so to its end"
if [ -n "${CAIRN_CLI_DB:-}" ] && [ -n "${CAIRN_PG_URL:-}" ]; then
	start --interval 200ms
	"$cairn" migrate down --target 0 >/dev/null
	shows 'trying again' "trouble is shown"
	"$cairn" migrate up >/dev/null
	shows '^depth 0 ' "and it goes on when it is over"
	keys 1 p
	shows 'paused$' "a rest"
	is "$(psql "$CAIRN_PG_URL" -Atc "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE application_name = 'cairn_top_$$'")" 1 "the server drops the connection"
	keys Space
	shows 'No connection, trying again' "a lost connection is shown"
	like "$(screen)" '^QUEUE' "over what was there"
	keys p
	shows '^ *$|every 1s$' "it goes on"
	wait_for 10 unseen 'No connection'
	is "$(screen | grep -c 'No connection')" 0 "and has another one"
	schema=${CAIRN_CLI_DB##*schema=}
	psql "$CAIRN_PG_URL" -qc "BEGIN; SET search_path = $schema;
		LOCK TABLE cairn_job IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4)" >/dev/null &
	lock=$!
	shows 'No answer for [2-4]s' "silence is shown"
	wait $lock
	wait_for 10 unseen 'No answer'
	is "$(screen | grep -c 'No answer')" 0 "until there is an answer"
	keys q
	ended 0 "its end"
fi
keys "NO_COLOR=1 TERM=dumb '$cairn' top | head -n 1" Enter
shows '^cairn top +[^ ]+ ' "a dumb terminal gets a frame"
mux kill-server
done_testing
