#!/usr/bin/perl
# check.pl - holds the histories of an invariant run against the rows that it left.
#
#	check.pl FOLDER
#
# It tells each violation's rule, with the lines and rows of the job that it is about. faults.pl shows
# that every rule can fail.
use strict;
use warnings;
use File::Basename;
use lib dirname(__FILE__);
use Run;
use Jobs;
use Around;

my ($folder) = @ARGV;
die "usage: check.pl FOLDER\n" unless defined $folder;

sub show {
	my ($rule, $id, $text) = @_;
	print "VIOLATION $rule: $text\n";
	return if $id eq '-';
	print "  of $id\n";
	my @slice = map { "  $_->{text}" } grep { $_->{job} eq $id } @lines;
	splice @slice, 20, @slice - 40, '  …' if @slice > 40;
	print "$_\n" for @slice, map { "  row: $_->{text}" } grep { $_ } $job{$id}, $intent{$id},
		@{ $attempts{$id} // [] }, @{ $events{$id} // [] };
}

sub report {
	my %told;
	for my $one (violations()) {
		show(@$one) if !$told{ $one->[0] }++ && keys %told <= 6;
	}
	print scalar(violations()), ' violations: ', join(', ', map { "$_ $told{$_}" } sort keys %told), "\n";
}

sub sum {
	my ($rows) = @_;
	my $n = 0;
	$n += @$_ for values %$rows;
	return $n;
}

sub times_of {
	return join ', ', map { ($count{ $_->[1] } // 0) . " $_->[0]" } @_;
}

sub summary {
	printf "# %d lines; %d jobs, %d attempts, %d events, %d log lines, %d intents, %d keys, %d cursors\n",
		scalar @lines, scalar keys %job, sum(\%attempts), sum(\%events), sum(\%logs), scalar keys %intent,
		scalar keys %keyed, scalar keys %fired;
	print '# ', times_of([ 'claims', 'claim ok' ], [ 'ends', 'finish ok' ], [ 'stale ends', 'finish stale' ],
		[ 'leases taken back', 'reap ok' ], [ 'canceled', 'cancel ok' ], [ 'requeued', 'requeue ok' ],
		[ 'requeued anew', 'reset ok' ], [ 'replayed', 'replay ok' ], [ 'adopted', 'adopt ok' ]), "\n";
	print '# ', times_of([ 'permits held', 'permits' ], [ 'of one resource at once', 'permits at once' ],
		[ 'capacities set', 'capacity ok' ], [ 'pauses', 'pauses' ], [ 'intents recorded', 'record ok' ],
		[ 'promoted', 'promoted INSERTED' ], [ 'found', 'promoted EXISTING' ],
		[ 'in conflict', 'promoted CONFLICTED' ]), "\n";
	print '# otherwise: ', join(', ', map { "$_ $count{$_}" } grep { / / && !/ (?:ok|stale|not_found)$/ &&
		!/^(?:permits|promoted)/ } sort keys %count), "\n";
}

read_histories($folder);
read_rows($folder);
gather();
check_jobs();
check_around();
summary();
report() if violations();
exit(violations() ? 1 : 0);
