#!/usr/bin/perl
# faults.pl - shows that each rule of check.pl can fail: a small history that is right is told wrong,
# once for every rule, and the checker has to say so.
use strict;
use warnings;
use File::Basename;
use File::Temp 'tempdir';

my $here = dirname(__FILE__);
my $scratch = tempdir(CLEANUP => 1);

# ---- a history that is right ----------------------------------------------------

# The clock says this much more than the monotonic times, which are the numbers below.
my $clock = 1_000_000_000;
my @story;

sub at { return $clock + $_[0] }

# One call of a process: the lines before it, and after it as "JOB FENCE STATUS CODE NAME=VALUE …".
sub call {
	my ($who, $when, $number, $op, $before, @after) = @_;
	push @story, map { "$who $when B $number $op $_" } @$before;
	push @story, map { "$who " . ($when + 10) . " A $number $op $_" } @after;
}

sub claim {
	my ($id, $fence, $who, $when, $until, $more) = @_;
	my %f = (queue => 'q0', resource => '/', owner => '', mine => '', cp => '', %{ $more // {} });
	call($who, $when, 1000 + $when, 'claim', ["- 0 - - queue=$f{queue}"],
		"$id $fence ok - worker=$who at=" . at($when + 5) . " until=" . at($until) .
		join('', map { " $_=$f{$_}" } sort keys %f));
}

sub finish {
	my ($id, $fence, $who, $when, $ending, $status, $code) = @_;
	my $said = "ending=$ending token=end.$id.$fence cp= until=0";
	call($who, $when, 1000 + $when, 'finish', ["$id $fence - - $said"],
		"$id $fence " . ($status // 'ok') . ' ' . ($code // '-') . " $said");
}

sub row { push @story, 'row ' . join ' ', @_ }

sub job {
	my ($id, $status, $fence, %more) = @_;
	my %f = (resource => '/', type => 'work', tenant => '', key => '', token => "t.$id", end => '', schedule => '', for => '', %more);
	row('job', $id, "status=$status fence=$fence run=1", map { "$_=$f{$_}" } sort keys %f);
}

sub attempt {
	my ($id, $fence, $who, $from, $end, $ending, $token) = @_;
	row('attempt', $id, "fence=$fence worker=$who at=" . at($from + 5), 'end=' . at($end + 5),
		"ending=$ending token=" . ($token // "end.$id.$fence"));
}

sub events {
	my ($id, @kinds) = @_;
	my $seq = 0;
	while (my ($kind, $when) = splice @kinds, 0, 2) {
		$seq++;
		row('event', $id, "seq=$seq kind=$kind at=" . at($when + 5), 'run=1 source=');
	}
}

# A job whose first attempt succeeds.
sub simple {
	my ($id, $who, $from, $end, $more, %job) = @_;
	claim($id, 1, $who, $from, $end + 1000, $more);
	finish($id, 1, $who, $end, 'SUCCEEDED');
	job($id, 'SUCCEEDED', 1, resource => $more && $more->{resource} || '/', %job);
	attempt($id, 1, $who, $from, $end, 'SUCCEEDED');
	events($id, ENQUEUED => 100, LEASED => $from, SUCCEEDED => $end);
}

# One that fails, is lost with its worker, and is canceled at its third attempt.
sub unlucky {
	my $r0 = { resource => '/r0' };
	claim('J1', 1, 'p0.0', 200, 5000, $r0);
	call('p0.0', 300, 30, 'progress', ['J1 1 - - cp=c1 until=0'], 'J1 1 ok - cp=c1 until=0');
	call('p0.0', 320, 31, 'heartbeat', ['J1 1 - - until=0'], 'J1 1 ok - until=' . at(5320));
	call('p0.0', 340, 32, 'log', ['J1 1 - - token=log.1'], 'J1 1 ok - token=log.1');
	finish('J1', 1, 'p0.0', 400, 'RETRYABLE');
	claim('J1', 2, 'p1.0', 1600, 1900, { %$r0, cp => 'c1' });
	call('p0.0', 3000, 33, 'reap', ['- 0 - - -'], 'J1 2 ok - until=' . at(1900));
	claim('J1', 3, 'p1.0', 3100, 9000, { %$r0, cp => 'c1' });
	call('p0.0', 3200, 34, 'cancel', ['J1 0 - - until=0'], 'J1 0 ok - until=' . at(9000));
	finish('J1', 3, 'p1.0', 3300, 'SUCCEEDED', 'stale', 'job.canceled');
	job('J1', 'CANCELED', 3, %$r0);
	attempt('J1', 1, 'p0.0', 200, 400, 'RETRYABLE');
	attempt('J1', 2, 'p1.0', 1600, 3000, 'LEASE_EXPIRED', '');
	attempt('J1', 3, 'p1.0', 3100, 3200, 'CANCELED', '');
	events('J1', ENQUEUED => 100, LEASED => 200, FAILED => 400, RETRY_SCHEDULED => 400, LEASED => 1600,
		FAILED => 3000, RETRY_SCHEDULED => 3000, LEASED => 3100, CANCELED => 3200);
	row('log J1 seq=1 token=log.1');
}

# One that is canceled, keeps its permit while its lease lasts, and comes back.
sub canceled {
	my $r1 = { resource => '/r1' };
	claim('J4', 1, 'p1.0', 3400, 6000, $r1);
	call('p0.0', 3500, 40, 'cancel', ['J4 0 - - until=0'], 'J4 0 ok - until=' . at(6000));
	call('p0.0', 6050, 41, 'requeue', ['J4 0 - - until=0'], 'J4 0 ok - until=0');
	claim('J4', 2, 'p1.0', 8100, 9000, $r1);
	finish('J4', 2, 'p1.0', 8200, 'SUCCEEDED');
	job('J4', 'SUCCEEDED', 2, %$r1);
	attempt('J4', 1, 'p1.0', 3400, 3500, 'CANCELED', '');
	attempt('J4', 2, 'p1.0', 8100, 8200, 'SUCCEEDED');
	events('J4', ENQUEUED => 100, LEASED => 3400, CANCELED => 3500, REQUEUED => 6050, LEASED => 8100, SUCCEEDED => 8200);
	simple('J5', 'p0.0', 6100, 6500, $r1);
}

sub produce {
	for my $id (qw(J1 J3 J4 J5 J6 J11 J12)) {
		my $said = "type=work tenant= key= token=t.$id";
		call('p0.0', 100, "10$id", 'enqueue', ["- 0 - - $said"], "$id 0 ok - $said new=1");
	}
	call('p0.0', 100, 11, 'enqueue', ['- 0 - - type=work tenant= key=k1 token=k1.0'],
		'J2 0 ok - type=work tenant= key=k1 token=k1.0 new=1');
	push @story, 'p0.0 100 B 12 enqueue - 0 - - type=work tenant= key= token=t.J0',
		'p0.0 110 A 12 rollback - 0 ok - type=work tenant= key= token=t.J0';
	call('p1.0', 150, 13, 'fire', ['- 0 - - -'], 'J9 0 ok - name=each for=1000 what=FIRED');
	call('p1.0', 4100, 14, 'replay', ['J2 0 - - -'], 'J2 0 ok - made=J10 run=1 key=r1');
	call('p1.0', 4150, 15, 'adopt', ['J6 0 - - until=0'], 'J6 0 ok - until=0');
	call('p1.0', 4160, 16, 'read', ['- 0 - - -'], '- 0 ok - -');
}

# Two whose claimers die before they can say so, one of them a runtime, while they are canceled.
sub unheard {
	push @story, 'p2.0 8300 B 80 claim - 0 - - queue=q0';
	call('p0.0', 8310, 81, 'cancel', ['J11 0 - - until=0'], 'J11 0 ok - until=' . at(8400));
	job('J11', 'CANCELED', 1);
	attempt('J11', 1, 'p2.0', 8314, 8312, 'CANCELED', '');
	events('J11', ENQUEUED => 100, LEASED => 8314, CANCELED => 8312);
	call('p3.0', 8305, 82, 'read', ['- 0 - - -'], '- 0 ok - -');
	call('p0.0', 8310, 83, 'cancel', ['J12 0 - - until=0'], 'J12 0 ok - until=' . at(8400));
	job('J12', 'CANCELED', 1);
	attempt('J12', 1, 'p3.0', 8314, 8312, 'CANCELED', '');
	events('J12', ENQUEUED => 100, LEASED => 8314, CANCELED => 8312);
}

sub intents {
	my %said = (I1 => 'type=late tenant= key=i1 token=ti1', I2 => 'type=work tenant= key=k1 token=k1.1',
		I3 => 'type=late tenant= key=i3 token=ti3');
	my %what = (I1 => 'INSERTED made=J7', I2 => 'CONFLICTED made=-', I3 => 'INSERTED made=J8');
	for my $id (sort keys %said) {
		call('p0.0', 5000, "50$id", 'record', ["- 0 - - $said{$id}"], "$id 0 ok - $said{$id} new=1 made=-");
		call('p1.0', 5100, "51$id", 'promote', ['- 0 - - -'], "$id 0 ok - what=$what{$id}");
	}
	call('p0.0', 5200, 52, 'unrecord', ['- 0 - - -'], '- 0 ok - count=1');
	row("intent I1 $said{I1} status=PROMOTED made=J7");
	row("intent I2 $said{I2} status=CONFLICTED made=-");
	simple('J7', 'p0.0', 5300, 5400, undef, type => 'late', key => 'i1', token => 'ti1');
	simple('J8', 'p0.0', 5300, 5400, undef, type => 'late', key => 'i3', token => 'ti3');
}

sub owners {
	my @said = map { "- 0 %s - name=host incarnation=$_" } 'x', 'y';
	my @calls = ([ 'p0.0', 7000, 'register', 0, 'ok' ], [ 'p0.0', 7020, 'alive', 0, 'ok' ],
		[ 'p1.0', 7100, 'register', 1, 'ok' ], [ 'p0.0', 7200, 'alive', 0, 'stale' ],
		[ 'p1.0', 7220, 'alive', 1, 'ok' ], [ 'p1.0', 7300, 'close', 1, 'ok' ], [ 'p1.0', 7400, 'alive', 1, 'stale' ]);
	for my $one (@calls) {
		my ($who, $when, $op, $which, $status) = @$one;
		call($who, $when, 70 + $when, $op, [ sprintf $said[$which], '-' ], sprintf $said[$which], $status);
	}
}

sub story {
	push @story, 'p8.0 10 B 0 jump - 0 - - by=1000 at=' . ($clock - 990) . ' offset=' . ($clock - 1000),
		"p8.0 11 A 0 jump - 0 ok - by=1000 offset=$clock";
	call('p0.0', 20, 1, 'capacity', ['- 0 - - resource=/r0 to=2'], '- 0 ok - resource=/r0 to=2');
	produce();
	unlucky();
	simple('J2', 'p0.0', 200, 420, undef, key => 'k1', token => 'k1.0');
	simple('J3', 'p0.0', 3120, 8000, { resource => '/r0' });
	canceled();
	unheard();
	call('p0.0', 4000, 60, 'pause', ['- 0 - - queue=q1'], '- 0 ok - queue=q1');
	call('p0.0', 4500, 61, 'resume', ['- 0 - - queue=q1'], '- 0 ok - queue=q1');
	simple('J6', 'p1.0', 4600, 4700, { queue => 'q1' });
	intents();
	simple('J9', 'p1.0', 4600, 4700, undef, token => '', schedule => 'each', for => '2026-05-22T10:30:45.000000Z');
	simple('J10', 'p1.0', 4600, 4700, undef, token => 'k1.0');
	s/(event J10 seq=1 .*source=)/$1J2/ for @story;
	owners();
	call('p8.0', 9500, 62, 'capacity', ['- 0 - - resource=/r0 to=1000'], '- 0 ok - resource=/r0 to=1000');
	row('resource /r0 capacity=1000 used=0 waiting=0');
}

# ---- and what may be wrong with it ------------------------------------------------

# Rule, and what makes it of the story's text in $_; each must change something.
my @faults = (
	[ 'answer', sub { s/(A 16 read - 0) ok/$1 internal/ } ],
	[ 'ending', sub { s/(A \d+ finish J2 1 ok - ending=)SUCCEEDED/$1TERMINAL/ } ],
	[ 'given-twice', sub { s/^p0.0 (.*A \d+ claim J2.*)$/$&\np9.0 $1/m } ],
	[ 'given-late', sub { s/^(p0.0 )200( B 1200 claim)/${1}2000$2/mg + s/^(p0.0 )210( A 1200 claim J1)/${1}2010$2/m } ],
	[ 'user', sub { s/^p0.0 (3[23]0 . 31 heartbeat)/p1.0 $1/mg } ],
	[ 'over', sub { s/^p0.0 3([23])0 (. 31 heartbeat)/p0.0 5${1}0 $2/mg } ],
	[ 'ended-twice', sub { s/^p0.0 \d+ (B|A) \d+ (finish J2 1.*)$/$&\np0.0 440 $1 99 $2/mg } ],
	[ 'attempts', sub { s/(row job J1 .*fence=)3/${1}4/ } ],
	[ 'attempt-fence', sub { s/(row attempt J1 fence=)2/${1}5/ } ],
	[ 'attempt-worker', sub { s/(row attempt J2 .*worker=)p0.0/$1p9.0/ } ],
	[ 'reaped-at', sub { my $end = at(1800); s/(row attempt J1 fence=2 .*end=)\d+/$1$end/ } ],
	[ 'reaped-early', sub { my $until = at(4000); s/(A 33 reap J1 2 .*until=)\d+/$1$until/ } ],
	[ 'reaped-early', sub { my $until = at(4000); s/^(p1.0 1610 .*claim J1 2 .*until=)\d+/$1$until/m } ],
	[ 'overlap', sub { my $end = at(1700); s/(row attempt J1 fence=1 .*end=)\d+/$1$end/ } ],
	[ 'canceled-early', sub { my $at = at(5900); s/(row attempt J4 fence=2 .*at=)\d+/$1$at/ } ],
	[ 'lost-end', sub { s/(row attempt J2 .*ending=)SUCCEEDED/$1RETRYABLE/ } ],
	[ 'lost-end', sub { s/(finish J1 3) stale job.canceled/$1 ok -/ } ],
	[ 'other-end', sub { s/(row attempt J1 fence=1 .*token=)\S+/$1end.J9.9/ } ],
	[ 'refused-end', sub { s/(row attempt J1 fence=3 .*token=)/$1end.J1.3/ } ],
	[ 'foreign-end', sub { s/(row attempt J1 fence=1 .*token=)\S+/$1end.J2.1/ } ],
	[ 'unsaid-end', sub { s/^.* finish J2 1 .*\n//mg } ],
	[ 'event-seq', sub { s/^row event J1 seq=2 .*\n//m } ],
	[ 'event-kind', sub { s/(row event J2 seq=2 kind=)LEASED/$1RETRY_SCHEDULED/ } ],
	[ 'event-time', sub { s/^p2.0 8300 B 80 claim.*\n//m } ],
	[ 'event-time', sub { s/^p3.0 83[01]5 . 82 read.*\n//mg } ],
	[ 'event-time', sub { my $at = at(150); s/(row event J2 seq=3 .*at=)\d+/$1$at/ } ],
	[ 'event-run', sub { s/(row event J2 seq=2 .*run=)1/${1}2/ } ],
	[ 'event-end', sub { s/(row job J2 status=)SUCCEEDED/$1CANCELED/ } ],
	[ 'event-leased', sub { s/(row job J2 .*fence=)1/${1}2/ } ],
	[ 'stuck', sub { s/^row event J2 seq=[23].*\n//mg + s/(row job J2 status=)SUCCEEDED/$1PENDING/ } ],
	[ 'lost', sub { s/^row job J3 .*\n//m } ],
	[ 'other-job', sub { s/(row job J3 .*token=)t.J3/$1t.J5/ } ],
	[ 'replay', sub { s/^.*A 14 replay.*$/$& made=J99/m and s/^(.*A) 14 (replay.*) made=J99$/$1 14 $2\np1.0 4200 A 98 replay J2 0 ok - made=J99 run=1 key=r1/m } ],
	[ 'key-jobs', sub { s/^(.*)A 11 enqueue J2(.*)new=1$/$&\n$1A 97 enqueue J99$2new=0/m } ],
	[ 'key-new', sub { s/^(.*)A 11 enqueue J2(.*)$/$&\n$1A 97 enqueue J2$2/m } ],
	[ 'key-rows', sub { s/(row job J3 .*key=)/$1k1/ } ],
	[ 'token-rows', sub { s/(row job J3 .*token=)t.J3/$1t.J5/ } ],
	[ 'rolled-back', sub { s/(row job J3 .*token=)t.J3/$1t.J0/ } ],
	[ 'unasked', sub { s/(row job J3 .*token=)t.J3/$1t.J99/ } ],
	[ 'checkpoint', sub { s/^(p1.0 1610 A .*cp=)c1/$1/m } ],
	[ 'checkpoint', sub { s/^(p0.0 210 A .*claim J1 .*cp=)/$1c1/m } ],
	[ 'log-seq', sub { s/(row log J1 seq=)1/${1}2/ } ],
	[ 'log-foreign', sub { s/(row log J1 .*token=log.)1/${1}7/ } ],
	[ 'log-lost', sub { s/^row log J1.*\n//m } ],
	[ 'log-refused', sub { s/(A 32 log J1 1) ok -/$1 stale job.lease_lost/ } ],
	[ 'log-twice', sub { s/^(row log J1 seq=)1(.*)$/$&\n${1}2$2/m } ],
	[ 'pinned', sub { s/(A \d+ claim J2 .*owner=)/$1o2/ } ],
	[ 'claimed-other', sub { s/(A \d+ claim J3 .*resource=)\S+/$1SELECT/ } ],
	[ 'adopted', sub { my $until = at(9000); s/(A 15 adopt .*until=)0/$1$until/ } ],
	[ 'capacity', sub { s/(resource=.r0 to=)2/${1}1/g } ],
	[ 'capacity', sub { my $at = at(5905); s/^p0.0 61([01]0 .*) at=\d+(.*claim J5|)/p0.0 59$1 at=$at$2/mg + s/^p0.0 6100 (B 7100 claim)/p0.0 5900 $1/m } ],
	[ 'permits-left', sub { s/(row resource .*used=)0/${1}1/ } ],
	[ 'capacity-lost', sub { s/(row resource .*capacity=)1000/${1}2/ } ],
	[ 'paused', sub { s/^p0.0 45([01]0 . 61 resume)/p0.0 47$1/mg } ],
	[ 'intent-unasked', sub { s/(row intent I1 .*token=)ti1/$1ti9/ } ],
	[ 'intent-rolled', sub { s/(row intent I1 .*token=)ti1/$1t.J0/ } ],
	[ 'intent-left', sub { s/(row intent I1 .*status=)PROMOTED/$1PENDING/ } ],
	[ 'intent-job', sub { s/^row job J7 .*\n//m } ],
	[ 'intent-conflict', sub { s/(row intent I2 .*token=)k1.1/$1k1.0/ } ],
	[ 'intent-key', sub { s/^(row intent )I1(.*)$/$&\n$1I9$2/m } ],
	[ 'intent-lost', sub { s/^row job J8 .*\n//m } ],
	[ 'intent-pruned', sub { s/(A 52 unrecord .*count=)1/${1}0/ } ],
	[ 'promoted-twice', sub { s/^(.*A )51I1 (promote I1.*)$/$&\n${1}96 $2/m } ],
	[ 'promoted-lost', sub { s/^row job J7 .*\n//m } ],
	[ 'promoted-other', sub { s/(promote I1 .*made=)J7/$1J8/ } ],
	[ 'cursor-rows', sub { s/^(row job )J9( .*)$/$&\n$1J99$2/m } ],
	[ 'cursor-time', sub { s/(row job J9 .*:45)\.0/$1.5/ } ],
	[ 'cursor-fired', sub { s/^(.*A )13 fire J9(.*)$/$&\n${1}95 fire J99$2/m } ],
	[ 'cursor-lost', sub { s/^row job J9 .*\n//m } ],
	[ 'owner-old', sub { s/(A 7270 alive - 0) stale/$1 ok/ } ],
	[ 'owner-closed', sub { s/(A 7470 alive - 0) stale/$1 ok/ } ],
);

# ---- playing ------------------------------------------------------------------------

sub check {
	my ($text) = @_;
	my %files;
	unlink glob "$scratch/*";
	for (split /\n/, $text) {
		my ($where, $rest) = /^(\S+) (.*)$/;
		$files{ $where eq 'row' ? 'rows' : "$where.history" } .= "$rest\n";
	}
	for my $name (keys %files) {
		open my $out, '>', "$scratch/$name" or die "$name: $!\n";
		print $out $files{$name};
		close $out or die "$name: $!\n";
	}
	my $said = `$^X $here/check.pl $scratch 2>&1`;
	return ($? >> 8, $said);
}

my $bad = 0;

sub wrong {
	my ($what, $said) = @_;
	print "$what\n", map { "  $_\n" } split /\n/, $said;
	$bad++;
}

sub play {
	my ($rule, $break) = @{ $_[0] };
	local $_ = join "\n", @story, '';
	$break->() or return wrong("$rule: the fault changes nothing", '');
	my ($code, $said) = check($_);
	wrong("$rule: a faulty history was not refused for it", $said) if $code != 1 || $said !~ /^VIOLATION $rule:/m;
}

story();
my ($code, $said) = check(join "\n", @story, '');
wrong('a history without fault was refused', $said) if $code != 0;
play($_) for @faults;

my %shown = map { $_->[0] => 1 } @faults;
my $rules = join '', map { open my $in, '<', $_ or die "$_: $!\n"; local $/; <$in> } glob "$here/*.pm";
my %rules = map { $_ => 1 } $rules =~ /violation\('([\w-]+)'/g;
wrong("$_: nothing shows that it can fail", '') for grep { !$shown{$_} } sort keys %rules;
wrong("$_: there is no such rule", '') for grep { !$rules{$_} } sort keys %shown;
print scalar(@faults), ' faults, ', scalar(keys %rules), " rules\n" unless $bad;
exit($bad ? 1 : 0);
