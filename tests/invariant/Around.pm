# Around.pm - the rules of an invariant run about what stands around jobs: resources, queues, intents,
# schedules, the registry of owners.
package Around;
use strict;
use warnings;
use Exporter 'import';
use Run;

our @EXPORT = qw(check_around);

# ---- resources ----------------------------------------------------------------

# The capacities that a resource may have had from one time to another: the largest.
sub capacity_between {
	my ($which, $from, $to) = @_;
	my @sets = grep { $_->{state} ne 'refused' } @{ $capacity{$which} // [] };
	my $most = 0;
	for my $set ({ from => 0, to => 0, f => { to => 1 } }, @sets) {
		next if $set->{from} > $to;
		next if grep { $_->{state} eq 'ok' && $_->{from} > $set->{to} && $_->{to} < $from } @sets;
		$most = $set->{f}{to} if $set->{f}{to} > $most;
	}
	return $most;
}

# Until when, by the monotonic clock, an attempt certainly held its permit.
sub held_until {
	my ($id, $fence, $claim) = @_;
	my ($row) = grep { $_->{fence} == $fence } @{ $attempts{$id} // [] };
	my $until = 0;
	if ($row && $row->{end}) {
		$until = earliest($row->{end});
		my @canceled = $row->{ending} eq 'CANCELED' ? @{ $cancel{$id} // [] } : ();
		$until = earliest($canceled[0]{until} - 1) if @canceled == 1 && $canceled[0]{until} > $row->{end};
	}
	for my $end (@{ $finish{$id}{$fence} // [] }) {
		next if $end->{state} ne 'ok' || $end->{line}{phase} ne 'B';
		next if $claim->{runtime} && $end->{ending} eq 'TIMEOUT';
		$until = $end->{from} if $end->{from} > $until;
	}
	return $until;
}

# Attempts that held a permit for certain, from their claim's answer on, by resource.
sub held {
	my %held;
	for my $id (keys %claim) {
		for my $fence (keys %{ $claim{$id} }) {
			my $claim = $claim{$id}{$fence}[0];
			next if $claim->{drained} || ($claim->{resource} // '/') =~ m{/$};
			my $until = held_until($id, $fence, $claim);
			next if $until < $claim->{to};
			push @{ $held{ $claim->{resource} } }, { id => $id, fence => $fence, to => $claim->{to}, until => $until,
				from => $claim->{runtime} ? earliest($claim->{at}) : $claim->{from} };
		}
	}
	return \%held;
}

#
# Of those that hold permits at one time each was given its own while the others that came before it had
# theirs. One of them came last: not one that was certainly answered before another one began. When that
# one came, the capacity was what they all needed.
#
sub check_resources {
	my $held = held();
	for my $which (keys %$held) {
		my @now;
		for my $one (sort { $a->{to} <=> $b->{to} } @{ $held->{$which} }) {
			@now = ((grep { $_->{until} >= $one->{to} } @now), $one);
			$count{permits}++;
			$count{'permits at once'} = @now if @now > ($count{'permits at once'} // 0);
			my ($began) = sort { $b <=> $a } map { $_->{from} } @now;
			my ($most) = sort { $b <=> $a } map { capacity_between($which, $_->{from}, $_->{to}) }
				grep { $_->{to} >= $began } @now;
			violation('capacity', $one->{id}, "resource $which was held by " . @now . " with capacity $most: " .
				join ', ', map { "$_->{id} fence $_->{fence}" } @now) if @now > $most;
		}
	}
	for my $which (keys %resource) {
		my $row = $resource{$which};
		violation('permits-left', $which, "in the end resource $which has $row->{used} in use and $row->{waiting} waiting")
			if $row->{used} != 0 || $row->{waiting} != 0;
		my ($last) = reverse @{ $capacity{$which} // [] };
		violation('capacity-lost', $which, "resource $which has capacity $row->{capacity}, $last->{f}{to} was set last")
			if $last && $last->{state} eq 'ok' && $row->{capacity} != $last->{f}{to};
	}
}

# ---- queues -------------------------------------------------------------------

# From when to when a queue was paused for certain.
sub pauses {
	my ($queue) = @_;
	my @resumes = grep { $_->{state} ne 'refused' } @{ $queue{$queue}{resume} // [] };
	my @spans;
	for my $pause (grep { $_->{state} eq 'ok' } @{ $queue{$queue}{pause} // [] }) {
		next if grep { $_->{from} < $pause->{to} && $_->{to} > $pause->{from} } @resumes;
		my ($end) = sort { $a <=> $b } map { $_->{from} } grep { $_->{from} > $pause->{to} } @resumes;
		push @spans, [ $pause->{to}, $end // 9e18 ];
	}
	return @spans;
}

sub check_queues {
	my %spans = map { $_ => [ pauses($_) ] } keys %queue;
	$count{pauses} += @$_ for values %spans;
	for my $id (keys %claim) {
		for my $fence (keys %{ $claim{$id} }) {
			my $claim = $claim{$id}{$fence}[0];
			next if $claim->{drained};
			my $from = $claim->{runtime} ? earliest($claim->{at}) : $claim->{from};
			violation('paused', $id, "fence $fence was given to $claim->{who} while $claim->{queue} was paused")
				if grep { $_->[0] < $from && $claim->{to} < $_->[1] } @{ $spans{ $claim->{queue} // '' } // [] };
		}
	}
}

# ---- intents ------------------------------------------------------------------

sub name_of {
	my ($row) = @_;
	return "$row->{type}/$row->{tenant}/$row->{key}";
}

my %by_key;    # jobs

sub check_intent {
	my ($id, $row) = @_;
	violation('intent-unasked', $id, "nobody recorded $row->{token}") unless $made{ $row->{token} };
	violation('intent-rolled', $id, "$row->{token} was taken back, and is recorded") if $rolled{ $row->{token} };
	violation('intent-left', $id, "in the end it is $row->{status}: nobody could promote it")
		if $row->{status} eq 'PENDING';
	my $job = $by_key{ name_of($row) };
	if ($row->{status} eq 'PROMOTED') {
		violation('intent-job', $id, "it was promoted to $row->{made}, and " .
			($job ? "the job of its key is $job->{id}, made for $job->{token}" : 'there is no job of its key'))
			if !$job || $job->{id} ne $row->{made} || $job->{token} ne $row->{token};
	} elsif ($row->{status} eq 'CONFLICTED') {
		violation('intent-conflict', $id, 'it is CONFLICTED with ' . ($job ? 'an equal job' : 'nothing'))
			if !$job || $job->{token} eq $row->{token};
	}
}

sub check_promoted {
	my ($id) = @_;
	my @last = grep { $_->{f}{what} =~ /^(?:INSERTED|EXISTING|CONFLICTED)$/ } @{ $promoted{$id} };
	violation('promoted-twice', $id, "it was promoted " . @last . " times") if @last > 1;
	for my $l (@last) {
		$count{"promoted $l->{f}{what}"}++;
		violation('promoted-lost', $id, "it was promoted to $l->{f}{made}, which is lost")
			if $l->{f}{made} ne '-' && !$job{ $l->{f}{made} };
		violation('promoted-other', $id, "it was promoted to $l->{f}{made}, its row says $intent{$id}{made}")
			if $l->{f}{made} ne '-' && $intent{$id} && $l->{f}{made} ne $intent{$id}{made};
	}
}

sub check_intents {
	my (%keys, $gone, $deleted);
	$by_key{ name_of($job{$_}) } = { %{ $job{$_} }, id => $_ } for grep { $job{$_}{key} } keys %job;
	for my $id (sort keys %intent) {
		violation('intent-key', $id, "a second intent of key $intent{$id}{key}") if $keys{ name_of($intent{$id}) }++;
		check_intent($id, $intent{$id});
	}
	check_promoted($_) for keys %promoted;
	for my $id (grep { !$intent{$_} } keys %recorded) {
		$gone++;
		violation('intent-lost', $id, "an acknowledged intent for $recorded{$id}[0]{f}{token} is lost")
			unless $by_key{ name_of($recorded{$id}[0]{f}) };
	}
	return if grep { $_->{state} eq 'unknown' } @unrecord;
	$deleted += $_->{f}{count} for grep { $_->{state} eq 'ok' } @unrecord;
	violation('intent-pruned', '-', "$gone intents are gone, " . ($deleted // 0) . " were deleted")
		if ($gone // 0) > ($deleted // 0);
}

# ---- schedules ----------------------------------------------------------------

my %seconds = (each => sub { 1 }, all => sub { $_[0] % 2 == 0 }, some => sub { $_[0] % 3 < 2 });

sub check_schedules {
	my %cursors;
	for my $id (sort keys %job) {
		my $row = $job{$id};
		next if !$row->{schedule} || ($events{$id}[0]{source} // '') ne '';
		violation('cursor-rows', $id, "a second job of schedule $row->{schedule} for $row->{for}")
			if $cursors{"$row->{schedule}/$row->{for}"}++;
		my ($second) = $row->{for} =~ /:(\d\d)\.000000Z$/;
		violation('cursor-time', $id, "schedule $row->{schedule} has no time $row->{for}")
			unless defined $second && $seconds{ $row->{schedule} }->($second);
	}
	for my $cursor (keys %fired) {
		my @ids = grep { $_ ne '-' } @{ $fired{$cursor} };
		violation('cursor-fired', $ids[0], "cursor $cursor fired " . @ids . " times") if @ids > 1;
		violation('cursor-lost', $ids[0], "the job of cursor $cursor is lost") if @ids && !$job{ $ids[0] };
	}
}

# ---- the registry -------------------------------------------------------------

# Who was registered under a name, and was followed by another one, or closed, is heard no more.
sub check_registry {
	for my $name (keys %owner) {
		my %all = map { my $op = $_; ($op => [ grep { $_->{state} eq 'ok' } @{ $owner{$name}{$op} // [] } ]) }
			qw(register alive close);
		for my $one (@{ $all{alive} }, @{ $all{close} }) {
			my ($mine) = grep { $_->{f}{incarnation} eq $one->{f}{incarnation} } @{ $all{register} };
			violation('owner-old', '-', "owner $name was $one->{line}{op} after another one had its name: $one->{line}{text}")
				if $mine && grep { $_->{from} > $mine->{to} && $_->{to} < $one->{from} } @{ $all{register} };
		}
		for my $one (@{ $all{alive} }) {
			violation('owner-closed', '-', "owner $name was alive after its end: $one->{line}{text}")
				if grep { $_->{f}{incarnation} eq $one->{f}{incarnation} && $_->{to} < $one->{from} } @{ $all{close} };
		}
	}
}

sub check_around {
	check_resources();
	check_queues();
	check_intents();
	check_schedules();
	check_registry();
}

1;
