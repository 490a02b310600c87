# Jobs.pm - the rules of an invariant run about jobs: fences, leases, ends, events, keys.
package Jobs;
use strict;
use warnings;
use Exporter 'import';
use Run;

our @EXPORT = qw(check_jobs);

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
		violation('given-twice', $id, "fence $fence was given to " . join ' and ', map { $_->{who} } @all) if @all > 1;
		my $this = $all[0];
		violation('given-late', $id, "fence $fence was given before a smaller one was asked for")
			if $before && !$before->{runtime} && $this->{to} < $before->{from};
		for my $one (said($id, $fence)) {
			violation('user', $id, "fence $fence was given to $this->{who}, and used by $one->{line}{who}")
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
		violation('ended-twice', $id, "fence $fence ended " . @ends . " times") if @ends > 1;
		next unless @ends;
		$over{$fence} = $ends[0]{to} if !$over{$fence} || $ends[0]{to} < $over{$fence};
	}
	for my $fence (keys %over) {
		for my $one (said($id, $fence)) {
			violation('over', $id, "fence $fence was over, and a write under it was acknowledged")
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

# Nobody may have seen a clock that says that the lease is over: not as it was told, or as was found.
sub check_reaps {
	my ($id) = @_;
	for my $fence (keys %{ $reap{$id} }) {
		my $reap = $reap{$id}{$fence}[0];
		for my $until (grep { defined } $reap->{until}, lease_until($id, $fence)) {
			violation('reaped-early', $id, "fence $fence was taken back before $until, when its lease was over")
				if earliest($until) > $reap->{to};
		}
	}
}

sub check_attempts {
	my ($id) = @_;
	my @rows = @{ $attempts{$id} // [] };
	my $job = $job{$id};
	violation('attempts', $id, "$job->{fence} claims and " . @rows . " attempts") if @rows != $job->{fence};
	for my $i (0 .. $#rows) {
		my $row = $rows[$i];
		my $fence = $row->{fence};
		violation('attempt-fence', $id, "attempt " . ($i + 1) . " has fence $fence") if $fence != $i + 1;
		my $claim = $claim{$id}{$fence};
		violation('attempt-worker', $id, "fence $fence was given to $claim->[0]{who}, the row says $row->{worker}")
			if $claim && $claim->[0]{who} ne $row->{worker};
		my $until = lease_until($id, $fence);
		my $reaped = $row->{ending} eq 'LEASE_EXPIRED';
		violation('reaped-at', $id, "fence $fence was taken back at $row->{end}, its lease ran until $until")
			if $reaped && defined $until && $row->{end} <= $until;
		my $next = $rows[ $i + 1 ] or next;
		my $moved = $touched{$id}{edit} || $touched{$id}{requeue} || $touched{$id}{reset};
		my $late = late($row->{end}, $next->{at});
		$late -= back($row->{end}, $next->{at}) if $late > 0 && $moved;
		violation('overlap', $id, "fences $fence and $next->{fence} overlap") if $late > 0;
		violation('canceled-early', $id, "fence $fence was canceled, its lease ran until $until, and the next began before")
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
				violation('lost-end', $id, "fence $fence: $one->{ending} was acknowledged, the row says " .
					($row ? $row->{ending} : 'nothing')) if !$row || $row->{ending} ne $one->{ending};
				violation('other-end', $id, "fence $fence: $one->{token} was acknowledged, the row has '$row->{token}'")
					if $row && $one->{token} && $row->{token} && $row->{token} ne $one->{token};
			} elsif ($one->{state} eq 'refused' && $row && $one->{token}) {
				violation('refused-end', $id, "fence $fence: $one->{token} was refused, and is there")
					if $row->{token} eq $one->{token} || $job{$id}{end} eq $one->{token};
			}
		}
	}
	for my $row (values %row) {
		my $known = $row->{token} =~ /^end\./ ? $token{ $row->{token} } : undef;
		violation('foreign-end', $id, "fence $row->{fence} ended with $row->{token}, which was said of another")
			if $known && ($known->[0] ne $id || $known->[1] != $row->{fence});
		violation('unsaid-end', $id, "fence $row->{fence} ended as $row->{ending}, which nobody said")
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

# Two calls that were under way at once may write in one order and have read the clock in the other;
# and the clock may have gone back.
sub disordered {
	my ($id, $first, $then) = @_;
	my $late = late($first, $then);
	return 0 if $late <= 0;
	my $back = back($first, $then);
	my $read = earliest($first);
	return 0 if $late <= $back;
	return 1 if $late - $back > $SLACK;
	return 2 > grep { $_->[0] <= $read + $back && $read <= $_->[1] } values %{ $span{$id} // {} };
}

sub check_events {
	my ($id) = @_;
	my ($state, $seq, $leased, $last) = ('', 0, 0, undef);
	for my $row (@{ $events{$id} // [] }) {
		$seq++;
		violation('event-seq', $id, "event $seq is missing: there is $row->{seq}") if $row->{seq} != $seq;
		my $to = $next{$state}{ $row->{kind} };
		violation('event-kind', $id, "event $seq: no $row->{kind} for what is '$state'") unless $to;
		return unless $to && $row->{seq} == $seq;
		$leased++ if $row->{kind} eq 'LEASED';
		violation('event-time', $id, "event $seq lies before the one before it")
			if $last && disordered($id, $last->{at}, $row->{at});
		violation('event-run', $id, "event $seq goes back to run $row->{run}") if $last && $row->{run} < $last->{run};
		($state, $last) = ($to, $row);
	}
	violation('event-end', $id, "its events end as $state, it is $job{$id}{status}") if $state ne $job{$id}{status};
	violation('event-leased', $id, "$leased events LEASED for fence $job{$id}{fence}") if $leased != $job{$id}{fence};
	violation('stuck', $id, "in the end it is $state: nobody could get it") if $state =~ /^(?:PENDING|LEASED)$/;
}

sub may_be_gone {
	my ($id, $type) = @_;
	my @ends = grep { $_->{state} ne 'refused' } map { @$_ } values %{ $finish{$id} // {} };
	return 1 if $type =~ /^(?:brief|gone)$/ && grep { $_->{ending} eq 'SUCCEEDED' } @ends;
	return $type eq 'brief' && (@ends || $reap{$id} || $touched{$id}{cancel} || swept('cancel'));
}

# A call by filter that was killed may have changed anything.
my %swept;
sub swept {
	my ($op) = @_;
	my @calls = grep { $_->{op} eq $op && $_->{job} eq '-' } exists $swept{$op} ? () : @lines;
	$swept{$op} //= grep({ $_->{phase} eq 'B' } @calls) > grep({ $_->{phase} eq 'A' } @calls);
	return $swept{$op};
}

sub check_asked {
	for my $id (keys %asked) {
		my $f = $asked{$id}[0]{f};
		if (!$job{$id}) {
			violation('lost', $id, "an acknowledged job of type $f->{type} is lost")
				unless may_be_gone($id, $f->{type});
			next;
		}
		for my $line (@{ $asked{$id} }) {
			violation('other-job', $id, "$line->{f}{token} was acknowledged with a job made for $job{$id}{token}")
				if $line->{f}{token} ne $job{$id}{token};
		}
	}
	for my $which (keys %replay) {
		my %ids = map { $_ => 1 } @{ $replay{$which} };
		violation('replay', (keys %ids)[0], "replay $which made " . keys(%ids) . " jobs") if keys %ids > 1;
	}
}

# Keyed jobs are kept: whoever made the job of a key, by whatever call, was the only one.
sub check_keys {
	for my $intent (map { @$_ } values %promoted) {
		my ($said) = map { $_->{f} } $recorded{ $intent->{job} } ? $recorded{ $intent->{job} }[0] : ();
		$said //= $intent{ $intent->{job} } // next;
		next unless $intent->{f}{what} =~ /^(?:INSERTED|EXISTING)$/;
		push @{ $keyed{"$said->{type}/$said->{tenant}/$said->{key}"} },
			{ job => $intent->{f}{made}, f => { new => $intent->{f}{what} eq 'INSERTED' } };
	}
	for my $key (keys %keyed) {
		my %ids = map { $_->{job} => 1 } @{ $keyed{$key} };
		violation('key-jobs', (keys %ids)[0], "key $key made " . keys(%ids) . " jobs") if keys %ids > 1;
		my @new = grep { $_->{f}{new} } @{ $keyed{$key} };
		violation('key-new', $new[0]{job}, "key $key was new " . @new . " times") if @new > 1;
	}
}

sub check_stored {
	my (%keys, %tokens);
	for my $id (sort keys %job) {
		my $row = $job{$id};
		next if ($events{$id}[0]{source} // '') ne '';
		if ($row->{key}) {
			violation('key-rows', $id, "a second job of key $row->{key}")
				if $keys{"$row->{type}/$row->{tenant}/$row->{key}"}++;
		} elsif ($row->{token}) {
			violation('token-rows', $id, "a second job of request $row->{token}") if $tokens{ $row->{token} }++;
		}
		violation('rolled-back', $id, "$row->{token} was taken back, and is there") if $rolled{ $row->{token} };
		violation('unasked', $id, "nobody asked for $row->{token}") if $row->{token} && !$made{ $row->{token} };
	}
}

# ---- what is said under a lease ---------------------------------------------------

# Who claims a job finds what was last acknowledged, or what may have been written since.
sub check_checkpoints {
	my ($id) = @_;
	my $said = $checkpoint{$id};
	my @said = sort { $said->{$a}{fence} <=> $said->{$b}{fence} || $said->{$a}{from} <=> $said->{$b}{from} }
		grep { $said->{$_}{state} && $said->{$_}{state} ne 'refused' } keys %$said;
	for my $fence (keys %{ $claim{$id} }) {
		my $found = $claim{$id}{$fence}[0]{cp} // '';
		my @may = '';
		for my $token (grep { $said->{$_}{fence} < $fence } @said) {
			@may = () if $said->{$token}{state} eq 'ok';
			push @may, $token;
		}
		push @may, '' if $touched{$id}{reset} || swept('reset');
		violation('checkpoint', $id, "fence $fence found the checkpoint '$found', not @may")
			unless grep { $_ eq $found } @may;
	}
}

sub check_logs {
	my %there;
	for my $id (keys %logs) {
		my $seq = 0;
		for my $row (@{ $logs{$id} }) {
			$seq++;
			violation('log-seq', $id, "line $seq of its log is missing: there is $row->{seq}") if $row->{seq} != $seq;
			violation('log-foreign', $id, "line $row->{token} was said of " . ($line{ $row->{token} }{job} // 'none'))
				if ($line{ $row->{token} }{job} // '') ne $id;
			$there{ $row->{token} }++;
		}
	}
	for my $token (keys %line) {
		my ($one, $times) = ($line{$token}, $there{$token} // 0);
		next unless $job{ $one->{job} };
		violation('log-lost', $one->{job}, "line $token was acknowledged, and is not there")
			if $one->{state} eq 'ok' && !$times;
		violation('log-refused', $one->{job}, "line $token was refused, and is there") if $one->{state} eq 'refused' && $times;
		violation('log-twice', $one->{job}, "line $token is there $times times") if $times > 1 && !$one->{runtime};
	}
}

# Only who says an owner's name gets what is pinned to it; and nobody moves what runs.
sub check_owners {
	for my $id (keys %claim) {
		for my $one (map { @$_ } values %{ $claim{$id} }) {
			violation('pinned', $id, "pinned to $one->{owner}, and claimed for '$one->{mine}'")
				if ($one->{owner} // '') ne '' && $one->{owner} ne $one->{mine};
			violation('claimed-other', $id, "claimed with resource '$one->{resource}', it is '$job{$id}{resource}'")
				if $job{$id} && $one->{resource} ne $job{$id}{resource};
		}
	}
	for my $l (@adopt) {
		violation('adopted', $l->{job}, "it was adopted before its lease was over, at $l->{f}{until}")
			if $l->{f}{until} && earliest($l->{f}{until}) > $l->{at};
	}
}

sub check_jobs {
	for my $id (keys %{ { %claim, %finish, %reap } }) {
		check_fences($id);
		check_order($id);
		check_reaps($id);
	}
	for my $id (keys %job) {
		check_attempts($id);
		check_ends($id);
		check_events($id);
	}
	check_checkpoints($_) for keys %claim;
	check_asked();
	check_keys();
	check_stored();
	check_logs();
	check_owners();
}

1;
