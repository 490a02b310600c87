#!/usr/bin/perl
# check.pl - holds the histories of an invariant run against the rows that it left.
#
#	check.pl FOLDER [CORRUPTION]
#
# Two orders are used. A call that was answered before another one began came first, whatever the
# clocks say: that is the monotonic time of the lines. Times in the rows are the installed clock's;
# a call may have read it before a jump and written behind it, which late() allows for.
# CORRUPTION falsifies what was read, to prove that it is noticed: claim, finish, enqueue, event,
# stale, cursor.
use strict;
use warnings;

my ($folder, $corruption) = @ARGV;
die "usage: check.pl FOLDER [CORRUPTION]\n" unless defined $folder;
my $SLACK = 1_000_000;

my (@lines, @jumps, %of);            # histories
my (%job, %attempts, %events);       # rows
my (%claim, %finish, %write, %reap, %cancel, %touched);
my (%token, %made, %unkeyed, %rolled, %key, %replay, %fired, %count);
my @bad;

sub violation {
	my ($job, $text) = @_;
	push @bad, [ $job, $text ];
}

sub fields {
	my %f;
	/^(\w+)=(.*)$/ and $f{$1} = $2 for @_;
	return \%f;
}

# ---- reading ------------------------------------------------------------------

sub read_histories {
	for my $path (glob "$folder/*.history") {
		my ($name) = $path =~ m{([^/]+)\.history$};
		open my $in, '<', $path or die "$path: $!\n";
		while (my $text = <$in>) {
			next unless $text =~ /\n\z/;
			chomp $text;
			my ($at, $phase, $call, $op, $job, $fence, $status, $code, @rest) = split / /, $text;
			push @lines, { who => $name, at => $at, phase => $phase, call => "$name/$call", op => $op,
				job => $job, fence => $fence, status => $status, code => $code, text => "$name $text",
				f => fields(@rest) };
		}
	}
	@lines = sort { $a->{at} <=> $b->{at} } @lines;
}

sub read_rows {
	open my $in, '<', "$folder/rows" or die "$folder/rows: $!\n";
	while (my $text = <$in>) {
		chomp $text;
		my ($kind, $id, @rest) = split / /, $text;
		my $row = fields(@rest);
		$row->{text} = $text;
		if ($kind eq 'job') { $job{$id} = $row }
		elsif ($kind eq 'attempt') { push @{ $attempts{$id} }, $row }
		else { push @{ $events{$id} }, $row }
	}
}

sub corrupt {
	my ($what) = @_;
	my ($first) = grep { $_->{phase} eq 'A' && $_->{status} eq 'ok' && $_->{job} ne '-' &&
		($what eq 'claim' ? $_->{op} eq 'claim' :
		$what eq 'finish' ? $_->{op} eq 'finish' && $_->{f}{token} && $_->{f}{ending} eq 'RETRYABLE' && $job{ $_->{job} } :
		$what eq 'enqueue' ? $_->{op} eq 'enqueue' : 0) } @lines;
	if ($what eq 'claim') {
		push @lines, { %$first, who => 'p99.0', f => { %{ $first->{f} }, worker => 'p99.0' } };
	} elsif ($what eq 'finish') {
		$first->{f} = { %{ $first->{f} }, ending => 'SUCCEEDED' };
	} elsif ($what eq 'stale') {
		my ($stale) = grep { $_->{op} eq 'finish' && $_->{status} eq 'stale' && $job{ $_->{job} } } @lines;
		$stale->{status} = 'ok';
	} elsif ($what eq 'enqueue') {
		$first->{job} = '00000000-0000-7000-8000-000000000000';
		$first->{f}{type} = 'work';
	} elsif ($what eq 'event') {
		my ($id) = grep { @{ $events{$_} } > 2 } sort keys %events;
		splice @{ $events{$id} }, 1, 1;
	} elsif ($what eq 'cursor') {
		my ($id) = grep { $job{$_}{schedule} } sort keys %job;
		$job{'00000000-0000-7000-8000-000000000001'} = { %{ $job{$id} }, fence => 0 };
	} else {
		die "no such corruption: $what\n";
	}
}

# ---- gathering ----------------------------------------------------------------

my %begun;    # call, or call/job/fence => monotonic time of its line before

sub gather_begin {
	my ($l) = @_;
	$begun{ $l->{call} } //= $l->{at};
	my $f = $l->{f};
	if ($l->{op} eq 'finish') {
		push @{ $finish{ $l->{job} }{ $l->{fence} } }, { %$f, line => $l, from => $l->{at}, state => 'unknown' };
		$token{ $f->{token} } = [ $l->{job}, $l->{fence} ] if $f->{token};
	} elsif ($l->{op} eq 'heartbeat' || $l->{op} eq 'progress') {
		push @{ $write{ $l->{job} }{ $l->{fence} } }, { line => $l, call => $l->{call}, from => $l->{at}, state => 'unknown' };
	} elsif ($l->{op} eq 'enqueue') {
		$made{ $f->{token} } = 1;
	} elsif ($l->{op} eq 'jump') {
		push @jumps, { by => $f->{by}, at => $f->{at} };
	}
	$touched{ $l->{job} }{ $l->{op} } = 1;
}

# A certain answer: what is not OK left nothing behind.
sub state_of {
	my ($status) = @_;
	return $status eq 'ok' ? 'ok' : $status eq 'uncertain' ? 'unknown' : 'refused';
}

sub gather_finish {
	my ($l) = @_;
	my $list = $finish{ $l->{job} }{ $l->{fence} } //= [];
	my ($mine) = grep { $_->{line}{call} eq $l->{call} } @$list;
	# the runtime's answers come without their call
	($mine) = grep { $_->{line}{who} eq $l->{who} && $_->{state} eq 'unknown' } @$list unless $mine;
	# which may have recorded a timeout instead of what its handler said, or before it said so
	violation($l->{job}, "fence $l->{fence}: its handler said $mine->{ending}, recorded is $l->{f}{ending}")
		if $mine && $l->{status} eq 'ok' && $mine->{ending} ne $l->{f}{ending} && $l->{f}{ending} ne 'TIMEOUT';
	if ($mine && $mine->{ending} ne $l->{f}{ending} && $l->{f}{token} eq $mine->{token}) {
		$mine->{ending} = $l->{f}{ending};
	} elsif (!$mine || $l->{f}{ending} ne '?' && $mine->{ending} ne $l->{f}{ending}) {
		$mine->{state} = 'refused' if $mine;
		push @$list, $mine = { %{ $l->{f} }, line => $l, from => $l->{at} };
	}
	$mine->{state} = state_of($l->{status});
	$mine->{to} = $l->{at};
}

sub gather_enqueue {
	my ($l) = @_;
	my $f = $l->{f};
	return unless $l->{status} eq 'ok';
	push @{ $unkeyed{ $l->{job} } }, $l;
	push @{ $key{"$f->{type}/$f->{tenant}/$f->{key}"} }, $l if $f->{key};
}

sub gather_end {
	my ($l) = @_;
	my $f = $l->{f};
	my $fence = $l->{fence};
	my $from = $begun{ $l->{call} } // $l->{at};
	$count{"$l->{op} $l->{status}"}++;
	if ($l->{status} =~ /^(?:internal|corrupt|driver|schema|denied|nomem|tx_aborted|too_large|unsupported)$/ ||
		$l->{status} eq 'invalid' && $l->{code} eq '-') {
		violation($l->{job}, "an answer that nobody should get: $l->{text}");
	}
	if ($l->{op} eq 'finish') { gather_finish($l) }
	elsif ($l->{op} eq 'enqueue') { gather_enqueue($l) }
	elsif ($l->{op} eq 'rollback') { $rolled{ $f->{token} } = 1 unless $f->{key} }
	elsif ($l->{op} eq 'heartbeat' || $l->{op} eq 'progress') {
		my ($mine) = grep { $_->{call} eq $l->{call} } @{ $write{ $l->{job} }{$fence} };
		return unless $mine;
		$mine->{state} = state_of($l->{status});
		$mine->{to} = $l->{at};
		$mine->{until} = $f->{until};
	}
	return if $l->{job} eq '-' || $l->{status} ne 'ok';
	if ($l->{op} eq 'claim') { push @{ $claim{ $l->{job} }{$fence} }, { %$f, from => $from, to => $l->{at}, who => $l->{who} } }
	elsif ($l->{op} eq 'reap') { push @{ $reap{ $l->{job} }{$fence} }, { to => $l->{at} } }
	elsif ($l->{op} eq 'cancel') { push @{ $cancel{ $l->{job} } }, { from => $from, to => $l->{at} } }
	elsif ($l->{op} eq 'replay') { push @{ $replay{"$l->{job}/$f->{run}/$f->{key}"} }, $f->{made} }
	elsif ($l->{op} eq 'fire') { push @{ $fired{"$f->{name}/$f->{for}"} }, $l->{job} }
	$touched{ $l->{job} }{ $l->{op} } = 1;
}

# ---- time ---------------------------------------------------------------------

# By how much $then lies before $first, beyond what a clock read before a jump explains.
sub late {
	my ($first, $then) = @_;
	my $late = $first - $then;
	for my $jump (@jumps) {
		next if $jump->{by} <= 0 || $jump->{at} > $first || $jump->{at} + $jump->{by} < $then;
		$late -= $jump->{by};
	}
	return $late;
}

# ---- the rules ----------------------------------------------------------------

# What was said under a fence and acknowledged: ends, heartbeats, reports.
sub said {
	my ($id, $fence) = @_;
	return grep { $_->{state} eq 'ok' } @{ $finish{$id}{$fence} // [] }, @{ $write{$id}{$fence} // [] };
}

sub check_fences {
	my ($id) = @_;
	my $before;
	for my $fence (sort { $a <=> $b } keys %{ $claim{$id} }) {
		my @all = @{ $claim{$id}{$fence} };
		violation($id, "fence $fence was given to " . join ' and ', map { $_->{who} } @all) if @all > 1;
		my $this = $all[0];
		violation($id, "fence $fence was given before a smaller one was asked for")
			if $before && !$before->{runtime} && $this->{to} < $before->{from};
		for my $one (said($id, $fence)) {
			violation($id, "fence $fence was given to $this->{who}, and used by $one->{line}{who}")
				if $one->{line}{who} ne $this->{who};
		}
		$before = $this;
	}
}

sub check_order {
	my ($id) = @_;
	my %over;    # fence => when it was certainly over
	for my $fence (keys %{ $claim{$id} }) {
		my $to = $claim{$id}{$fence}[0]{to};
		for my $old (grep { $_ < $fence } keys %{ $claim{$id} }) {
			$over{$old} = $to if !$over{$old} || $to < $over{$old};
		}
		for my $cancel (@{ $cancel{$id} // [] }) {
			next unless $to < $cancel->{from};
			$over{$fence} = $cancel->{to} if !$over{$fence} || $cancel->{to} < $over{$fence};
		}
	}
	for my $fence (keys %{ $reap{$id} }) {
		my $to = $reap{$id}{$fence}[0]{to};
		$over{$fence} = $to if !$over{$fence} || $to < $over{$fence};
	}
	for my $fence (keys %{ $finish{$id} }) {
		my @ends = grep { $_->{state} eq 'ok' } @{ $finish{$id}{$fence} };
		violation($id, "fence $fence ended " . @ends . " times") if @ends > 1;
		next unless @ends;
		$over{$fence} = $ends[0]{to} if !$over{$fence} || $ends[0]{to} < $over{$fence};
	}
	for my $fence (keys %over) {
		for my $one (said($id, $fence)) {
			violation($id, "fence $fence was over, and a write under it was acknowledged")
				if $one->{from} > $over{$fence} && !($one->{line} && $one->{line}{phase} eq 'A');
		}
	}
}

# Until when the holder of a fence may think that it has the job; undef when nobody knows.
sub lease_until {
	my ($id, $fence) = @_;
	my $claim = $claim{$id}{$fence} or return undef;
	return undef if $claim->[0]{runtime};
	my $until = $claim->[0]{until};
	for my $one (sort { $a->{from} <=> $b->{from} } @{ $write{$id}{$fence} // [] }) {
		if ($one->{state} eq 'unknown') { $until = undef }
		elsif ($one->{state} eq 'ok' && $one->{until}) { $until = $one->{until} }
	}
	return $until;
}

sub check_attempts {
	my ($id) = @_;
	my @rows = @{ $attempts{$id} // [] };
	my $job = $job{$id};
	violation($id, "$job->{fence} claims and " . @rows . " attempts") if @rows != $job->{fence};
	for my $i (0 .. $#rows) {
		my $row = $rows[$i];
		my $fence = $row->{fence};
		violation($id, "attempt " . ($i + 1) . " has fence $fence") if $fence != $i + 1;
		my $claim = $claim{$id}{$fence};
		violation($id, "fence $fence was given to $claim->[0]{who}, the row says $row->{worker}")
			if $claim && $claim->[0]{who} ne $row->{worker};
		my $until = lease_until($id, $fence);
		my $reaped = $row->{ending} eq 'LEASE_EXPIRED';
		violation($id, "fence $fence was taken back at $row->{end}, its lease ran until $until")
			if $reaped && defined $until && $row->{end} <= $until;
		my $next = $rows[ $i + 1 ] or next;
		my $moved = $touched{$id}{edit} || $touched{$id}{requeue};
		violation($id, "fences $fence and $next->{fence} overlap")
			if late($row->{end}, $next->{at}) > ($moved ? $SLACK : 0);
		violation($id, "fence $fence was canceled, its lease ran until $until, and the next began before")
			if $row->{ending} eq 'CANCELED' && defined $until && $next->{at} <= $until;
	}
}

sub check_ends {
	my ($id) = @_;
	my %row = map { $_->{fence} => $_ } @{ $attempts{$id} // [] };
	for my $fence (keys %{ $finish{$id} }) {
		for my $one (@{ $finish{$id}{$fence} }) {
			my $row = $row{$fence};
			if ($one->{state} eq 'ok') {
				violation($id, "fence $fence: $one->{ending} was acknowledged, the row says " .
					($row ? $row->{ending} : 'nothing')) if !$row || $row->{ending} ne $one->{ending};
				violation($id, "fence $fence: $one->{token} was acknowledged, the row has '$row->{token}'")
					if $row && $one->{token} && $row->{token} && $row->{token} ne $one->{token};
			} elsif ($one->{state} eq 'refused' && $row && $one->{token}) {
				violation($id, "fence $fence: $one->{token} was refused, and is there")
					if $row->{token} eq $one->{token} || $job{$id}{end} eq $one->{token};
			}
		}
	}
	for my $row (values %row) {
		my $known = $row->{token} =~ /^end\./ ? $token{ $row->{token} } : undef;
		violation($id, "fence $row->{fence} ended with $row->{token}, which was said of another")
			if $known && ($known->[0] ne $id || $known->[1] != $row->{fence});
		violation($id, "fence $row->{fence} ended as $row->{ending}, which nobody said")
			if $row->{ending} =~ /^(?:SUCCEEDED|RETRYABLE|TERMINAL|PANICKED|CONTINUED|SNOOZED)$/ &&
			!grep { $_->{ending} eq $row->{ending} && $_->{state} ne 'refused' } @{ $finish{$id}{ $row->{fence} } // [] };
	}
}

my %next = (
	'' => { ENQUEUED => 'PENDING' },
	PENDING => { LEASED => 'LEASED', CANCELED => 'CANCELED' },
	LEASED => { STAGE_CHANGED => 'LEASED', PROGRESS => 'LEASED', SUCCEEDED => 'SUCCEEDED', FAILED => 'failed',
		CANCELED => 'CANCELED', REQUEUED => 'PENDING' },
	failed => { RETRY_SCHEDULED => 'PENDING', DEAD_LETTERED => 'DEAD_LETTERED' },
	CANCELED => { REQUEUED => 'PENDING' },
	DEAD_LETTERED => { REQUEUED => 'PENDING' },
	SUCCEEDED => {},
);

sub check_events {
	my ($id) = @_;
	my ($state, $seq, $leased, $last) = ('', 0, 0, undef);
	for my $row (@{ $events{$id} // [] }) {
		$seq++;
		violation($id, "event $seq is missing: there is $row->{seq}") if $row->{seq} != $seq;
		my $to = $next{$state}{ $row->{kind} };
		violation($id, "event $seq: no $row->{kind} for what is '$state'") unless $to;
		return unless $to && $row->{seq} == $seq;
		$leased++ if $row->{kind} eq 'LEASED';
		violation($id, "event $seq lies before the one before it")
			if $last && late($last->{at}, $row->{at}) > $SLACK;
		violation($id, "event $seq goes back to run $row->{run}") if $last && $row->{run} < $last->{run};
		($state, $last) = ($to, $row);
	}
	violation($id, "its events end as $state, it is $job{$id}{status}") if $state ne $job{$id}{status};
	violation($id, "$leased events LEASED for fence $job{$id}{fence}") if $leased != $job{$id}{fence};
	violation($id, "in the end it is $state: nobody could get it") if $state =~ /^(?:PENDING|LEASED)$/;
}

sub may_be_gone {
	my ($id, $type) = @_;
	my @ends = grep { $_->{state} ne 'refused' } map { @$_ } values %{ $finish{$id} // {} };
	return 1 if $type =~ /^(?:brief|gone)$/ && grep { $_->{ending} eq 'SUCCEEDED' } @ends;
	return $type eq 'brief' && (@ends || $reap{$id} || $touched{$id}{cancel} || swept());
}

# A call by filter that was killed may have canceled anything.
my $swept;
sub swept {
	$swept //= 1 + grep { $_->{op} eq 'cancel' && $_->{job} eq '-' && $_->{phase} eq 'B' } @lines;
	return $swept > 1;
}

sub check_enqueues {
	for my $id (keys %unkeyed) {
		my $f = $unkeyed{$id}[0]{f};
		if (!$job{$id}) {
			violation($id, "an acknowledged job of type $f->{type} is lost") unless may_be_gone($id, $f->{type});
			next;
		}
		for my $line (@{ $unkeyed{$id} }) {
			violation($id, "$line->{f}{token} was acknowledged with a job made for $job{$id}{token}")
				if $line->{f}{token} ne $job{$id}{token};
		}
	}
	for my $key (keys %key) {
		my %ids = map { $_->{job} => 1 } @{ $key{$key} };
		violation((keys %ids)[0], "key $key made " . keys(%ids) . " jobs") if keys %ids > 1;
		my @new = grep { $_->{f}{new} } @{ $key{$key} };
		violation($new[0]{job}, "key $key was new " . @new . " times") if @new > 1;
	}
	for my $which (keys %replay) {
		my %ids = map { $_ => 1 } @{ $replay{$which} };
		violation((keys %ids)[0], "replay $which made " . keys(%ids) . " jobs") if keys %ids > 1;
	}
}

sub check_stored {
	my (%keys, %tokens, %cursors);
	for my $id (sort keys %job) {
		my $row = $job{$id};
		my $copy = ($events{$id}[0]{source} // '') ne '';
		if ($row->{key}) {
			my $other = $keys{"$row->{type}/$row->{tenant}/$row->{key}"}++;
			violation($id, "a second job of key $row->{key}") if $other;
		} elsif ($row->{token} && !$copy) {
			violation($id, "a second job of request $row->{token}") if $tokens{ $row->{token} }++;
			violation($id, "$row->{token} was taken back, and is there") if $rolled{ $row->{token} };
		}
		violation($id, "nobody asked for $row->{token}") if $row->{token} && !$made{ $row->{token} };
		next if !$row->{schedule} || $copy;
		violation($id, "a second job of schedule $row->{schedule} for $row->{for}")
			if $cursors{"$row->{schedule}/$row->{for}"}++;
	}
	for my $cursor (keys %fired) {
		my @ids = grep { $_ ne '-' } @{ $fired{$cursor} };
		violation($ids[0], "cursor $cursor fired " . @ids . " times") if @ids > 1;
		violation($ids[0], "the job of cursor $cursor is lost") if @ids && !$job{ $ids[0] };
	}
}

# Attempts that certainly held their resource from one line to another, by the monotonic clock.
sub check_resources {
	my %marks;
	for my $id (keys %claim) {
		for my $fence (keys %{ $claim{$id} }) {
			my $claim = $claim{$id}{$fence}[0];
			my ($end) = grep { $_->{state} eq 'ok' && $_->{from} } @{ $finish{$id}{$fence} // [] };
			next unless $claim->{resource} && $end && $end->{from} > $claim->{to};
			push @{ $marks{"$claim->{resource}/$claim->{capacity}"} },
				[ $claim->{to}, 1, $id ], [ $end->{from}, -1, $id ];
		}
	}
	for my $which (keys %marks) {
		my ($capacity) = $which =~ m{/(\d+)$};
		my $held = 0;
		for my $mark (sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @{ $marks{$which} }) {
			$held += $mark->[1];
			next if $held <= $capacity;
			violation($mark->[2], "resource $which was held $held times");
			last;
		}
	}
}

# ---- telling --------------------------------------------------------------------

sub report {
	my %told;
	for my $one (@bad) {
		my ($id, $text) = @$one;
		next if $told{$text}++ || keys %told > 5;
		print "VIOLATION $text\n  job $id\n";
		next if $id eq '-';
		my @slice = map { "  $_->{text}" } grep { $_->{job} eq $id } @lines;
		splice @slice, 20, @slice - 40, '  …' if @slice > 40;
		print "$_\n" for @slice, map { "  row: $_->{text}" } grep { $_ } $job{$id}, @{ $attempts{$id} // [] },
			@{ $events{$id} // [] };
	}
	print scalar(@bad), " violations\n";
}

read_histories();
read_rows();
corrupt($corruption) if $corruption;
$_->{phase} eq 'B' ? gather_begin($_) : gather_end($_) for @lines;
for my $id (keys %{ { %claim, %finish, %reap } }) {
	check_fences($id);
	check_order($id);
}
for my $id (keys %job) {
	check_attempts($id);
	check_ends($id);
	check_events($id);
}
check_enqueues();
check_stored();
check_resources();
printf "# %d lines, %d jobs, %d attempts, %d events, %d claims, %d ends acknowledged, %d fires, %d keys\n",
	scalar @lines, scalar keys %job, (map { my $n = 0; $n += @$_ for values %$_; $n } \%attempts, \%events),
	$count{'claim ok'} // 0, $count{'finish ok'} // 0, scalar keys %fired, scalar keys %key;
print '# ', join(', ', map { "$_ $count{$_}" } grep { !/ (?:ok|stale|not_found)$/ } sort keys %count), "\n";
report() if @bad;
exit(@bad ? 1 : 0);
