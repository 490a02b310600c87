# Run.pm - what an invariant run left behind, read and put in order for the rules of check.pl.
#
# Two orders are used. A call that was answered before another one began came first, whatever the
# clocks say: that is the monotonic time of the lines. Times in the rows are the installed clock's;
# a call may have read it before a jump and written behind it, which late() allows for.
package Run;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@lines %job %attempts %events %logs %intent %resource %claim %finish %write %reap
	%cancel %touched %token %made %rolled %asked %keyed %replay %fired %line %checkpoint %capacity
	%recorded %promoted @unrecord %queue %owner @adopt %count %span $SLACK violation violations
	read_histories read_rows gather earliest late back);

our $SLACK = 1_000_000;
# A call that nobody heard the end of has its effect within this time, or never.
my $LINGERS = 10_000_000;

our (@lines, %count);                                          # histories
our (%job, %attempts, %events, %logs, %intent, %resource);    # rows
our (%claim, %finish, %write, %reap, %cancel, %touched);      # by job and fence, or job
our (%token, %made, %rolled, %asked, %keyed, %replay, %fired, %line, %checkpoint);
our (%capacity, %recorded, %promoted, @unrecord, %queue, %owner, @adopt, %span);
my (@jumps, @pieces, @bad);

sub violation {
	my ($rule, $id, $text) = @_;
	push @bad, [ $rule, $id, $text ];
}

sub violations { return @bad }

sub fields {
	my %f;
	/^(\w+)=(.*)$/ and $f{$1} = $2 for @_;
	return \%f;
}

# ---- reading ------------------------------------------------------------------

sub read_history {
	my ($path) = @_;
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

sub read_histories {
	my ($folder) = @_;
	read_history($_) for glob "$folder/*.history";
	@lines = sort { $a->{at} <=> $b->{at} } @lines;
}

sub read_rows {
	my ($folder) = @_;
	my %many = (attempt => \%attempts, event => \%events, log => \%logs);
	my %one = (job => \%job, intent => \%intent, resource => \%resource);
	open my $in, '<', "$folder/rows" or die "$folder/rows: $!\n";
	while (my $text = <$in>) {
		chomp $text;
		my ($kind, $id, @rest) = split / /, $text;
		my $row = fields(@rest);
		$row->{text} = $text;
		if ($one{$kind}) { $one{$kind}{$id} = $row }
		else { push @{ $many{$kind}{$id} }, $row }
	}
}

# ---- gathering ----------------------------------------------------------------

my %begun;    # call => monotonic time of its first line
my %answered;

# A certain answer: what is not OK left nothing behind.
sub state_of {
	my ($status) = @_;
	return $status eq 'ok' ? 'ok' : $status eq 'uncertain' ? 'unknown' : 'refused';
}

# Calls that count as wholes: from, to and state, found again by their call.
sub whole {
	my ($list, $l) = @_;
	if ($l->{phase} eq 'B') {
		push @$list, { call => $l->{call}, from => $l->{at}, to => $l->{at} + $LINGERS,
			state => 'unknown', f => $l->{f}, line => $l };
		return;
	}
	my ($mine) = grep { $_->{call} eq $l->{call} } @$list[ (@$list > 200 ? -200 : 0) .. -1 ], @$list;
	return unless $mine;
	$mine->{state} = state_of($l->{status});
	$mine->{to} = $l->{at} if $mine->{state} ne 'unknown';
	$mine->{f} = $l->{f};
}

my %whole = (
	capacity => sub { $capacity{ $_[0]{f}{resource} } //= [] },
	pause => sub { $queue{ $_[0]{f}{queue} }{pause} //= [] },
	resume => sub { $queue{ $_[0]{f}{queue} }{resume} //= [] },
	register => sub { $owner{ $_[0]{f}{name} }{register} //= [] },
	alive => sub { $owner{ $_[0]{f}{name} }{alive} //= [] },
	close => sub { $owner{ $_[0]{f}{name} }{close} //= [] },
	unrecord => sub { \@unrecord },
);

# Checkpoints and lines of logs: by the word that is written.
sub gather_said {
	my ($l) = @_;
	my $f = $l->{f};
	my $place = $l->{op} eq 'log' ? $line{ $f->{token} } //= {}
		: $f->{cp} ? $checkpoint{ $l->{job} }{ $f->{cp} } //= {} : return;
	if ($l->{phase} eq 'B') {
		%$place = (job => $l->{job}, fence => $l->{fence}, from => $l->{at}, state => 'unknown',
			runtime => $f->{runtime});
	} else {
		$place->{state} = state_of($l->{status});
	}
}

sub gather_begin {
	my ($l) = @_;
	$begun{ $l->{call} } //= $l->{at};
	my $f = $l->{f};
	if ($l->{op} eq 'finish') {
		push @{ $finish{ $l->{job} }{ $l->{fence} } }, { %$f, line => $l, from => $l->{at}, state => 'unknown' };
		$token{ $f->{token} } = [ $l->{job}, $l->{fence} ] if $f->{token};
	} elsif ($l->{op} eq 'heartbeat' || $l->{op} eq 'progress') {
		push @{ $write{ $l->{job} }{ $l->{fence} } }, { line => $l, call => $l->{call}, from => $l->{at}, state => 'unknown' };
	} elsif ($l->{op} eq 'enqueue' || $l->{op} eq 'record') {
		$made{ $f->{token} } = 1;
	} elsif ($l->{op} eq 'jump') {
		push @jumps, { by => $f->{by}, at => $f->{at}, mono => $l->{at} };
	}
	$touched{ $l->{job} }{ $l->{op} } = 1;
}

sub gather_finish {
	my ($l) = @_;
	my $list = $finish{ $l->{job} }{ $l->{fence} } //= [];
	my ($mine) = grep { $_->{line}{call} eq $l->{call} } @$list;
	# the runtime's answers come without their call
	($mine) = grep { $_->{line}{who} eq $l->{who} && $_->{state} eq 'unknown' } @$list unless $mine;
	# which may have recorded a timeout instead of what its handler said, or before it said so
	violation('ending', $l->{job}, "fence $l->{fence}: its handler said $mine->{ending}, recorded is $l->{f}{ending}")
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

sub gather_write {
	my ($l) = @_;
	my ($mine) = grep { $_->{call} eq $l->{call} } @{ $write{ $l->{job} }{ $l->{fence} } };
	return unless $mine;
	$mine->{state} = state_of($l->{status});
	$mine->{to} = $l->{at};
	$mine->{until} = $l->{f}{until};
}

# What was answered OK about one job or intent.
my %good = (
	claim => sub { my ($l, $from) = @_;
		push @{ $claim{ $l->{job} }{ $l->{fence} } },
			{ %{ $l->{f} }, from => $from, to => $l->{at}, who => $l->{who}, call => $l->{call} } },
	reap => sub { push @{ $reap{ $_[0]{job} }{ $_[0]{fence} } }, { to => $_[0]{at}, until => $_[0]{f}{until} } },
	cancel => sub { my ($l, $from) = @_;
		push @{ $cancel{ $l->{job} } }, { from => $from, to => $l->{at}, until => $l->{f}{until} } },
	replay => sub { my ($l) = @_;
		push @{ $replay{"$l->{job}/$l->{f}{run}/$l->{f}{key}"} }, $l->{f}{made} },
	fire => sub { push @{ $fired{"$_[0]{f}{name}/$_[0]{f}{for}"} }, $_[0]{job} },
	enqueue => sub { my ($l) = @_;
		push @{ $asked{ $l->{job} } }, $l;
		push @{ $keyed{"$l->{f}{type}/$l->{f}{tenant}/$l->{f}{key}"} }, $l if $l->{f}{key} },
	record => sub { push @{ $recorded{ $_[0]{job} } }, $_[0] },
	promote => sub { push @{ $promoted{ $_[0]{job} } }, $_[0] },
	adopt => sub { push @adopt, $_[0] },
);

sub gather_end {
	my ($l) = @_;
	my $from = $begun{ $l->{call} } // $l->{at};
	$count{"$l->{op} $l->{status}"}++;
	if ($l->{status} =~ /^(?:internal|corrupt|driver|schema|denied|nomem|tx_aborted|too_large|unsupported)$/ ||
		$l->{status} eq 'invalid' && $l->{code} eq '-') {
		violation('answer', $l->{job}, "an answer that nobody should get: $l->{text}");
	}
	if ($l->{op} eq 'finish') { gather_finish($l) }
	elsif ($l->{op} eq 'rollback') { $rolled{ $l->{f}{token} } = 1 unless $l->{f}{key} =~ /^k/ }
	elsif ($l->{op} eq 'heartbeat' || $l->{op} eq 'progress') { gather_write($l) }
	return if $l->{job} eq '-' || $l->{status} ne 'ok';
	$good{ $l->{op} }->($l, $from) if $good{ $l->{op} };
	$touched{ $l->{job} }{ $l->{op} } = 1;
}

# When calls on a job were under way, also those that nobody heard the end of. What the runtime told
# lies at most so far behind what it did.
sub gather_spans {
	for my $l (grep { $_->{job} ne '-' } @lines) {
		my $from = $begun{ $l->{call} };
		if ($l->{phase} eq 'A') { $span{ $l->{job} }{ $l->{call} } = [ $from // $l->{at} - $SLACK, $l->{at} ] }
		elsif (!$answered{ $l->{call} }) { $span{ $l->{job} }{ $l->{call} } = [ $from, $from + $LINGERS ] }
	}
	gather_unheard();
	for my $id (keys %claim) {
		for my $one (grep { $_->{runtime} } map { @$_ } values %{ $claim{$id} }) {
			$span{$id}{"runtime $one->{to}"} = [ $one->{to}, $one->{to} + 2 * $SLACK ];
		}
	}
}

# A process that dies may have claimed without telling anybody: in its last claim, or, where the runtime
# claims, which says so afterwards only, about the time of its last word.
sub gather_unheard {
	my (%asked, %last);
	for my $l (@lines) {
		$last{ $l->{who} } = $l->{at};
		$asked{ $l->{who} } = $l->{at} if $l->{op} eq 'claim' && $l->{phase} eq 'B';
	}
	for my $id (keys %attempts) {
		for my $row (grep { !($claim{$id} && $claim{$id}{ $_->{fence} }) } @{ $attempts{$id} }) {
			my $last = $last{ $row->{worker} } or next;
			my $from = $asked{ $row->{worker} } // $last - $SLACK;
			$span{$id}{"unheard $row->{fence}"} = [ $from, $last + $LINGERS ];
		}
	}
}

sub gather {
	for my $l (@lines) {
		$answered{ $l->{call} } = 1 if $l->{phase} eq 'A';
		$l->{phase} eq 'B' ? gather_begin($l) : gather_end($l);
		gather_said($l) if $l->{op} =~ /^(?:log|progress|finish)$/;
		whole($whole{ $l->{op} }->($l), $l) if $whole{ $l->{op} };
	}
	gather_clock();
	gather_spans();
}

# ---- time ---------------------------------------------------------------------

# The clock's offsets, each from when it may stand; one that goes back stands when that was said.
sub gather_clock {
	for my $l (grep { $_->{op} eq 'jump' } @lines) {
		next if $l->{phase} ne ($l->{f}{by} > 0 ? 'B' : 'A');
		my $after = $l->{f}{offset} + ($l->{phase} eq 'B' ? $l->{f}{by} : 0);
		push @pieces, { from => 0, offset => $after - $l->{f}{by} } unless @pieces;
		push @pieces, { from => $l->{at}, offset => $after };
	}
	my $most;
	for my $i (0 .. $#pieces) {
		my $end = $i < $#pieces ? $pieces[ $i + 1 ]{from} : 9e18;
		my $top = $end + $pieces[$i]{offset};
		$most = $top if !defined $most || $top > $most;
		@{ $pieces[$i] }{qw(to most)} = ($end, $most);
	}
}

# The first monotonic time at which somebody can have read $when, or more, from the clock.
sub earliest {
	my ($when) = @_;
	my ($low, $high) = (0, $#pieces);
	return 0 if $high < 0;
	while ($low < $high) {
		my $middle = int(($low + $high) / 2);
		if ($pieces[$middle]{most} > $when) { $high = $middle } else { $low = $middle + 1 }
	}
	my $at = $when - $pieces[$low]{offset};
	return $at > $pieces[$low]{from} ? $at : $pieces[$low]{from};
}

# By how much $then lies before $first, beyond what a clock read before a jump explains.
sub late {
	my ($first, $then) = @_;
	my $late = $first - $then;
	return $late if $late <= 0;
	for my $jump (@jumps) {
		next if $jump->{by} <= 0 || $jump->{at} > $first || $jump->{at} + $jump->{by} < $then;
		$late -= $jump->{by};
	}
	return $late;
}

# By how much the clock went back since it may first have said $first, before it last said $then.
sub back {
	my ($first, $then) = @_;
	my ($sum, $since) = (0, earliest($first));
	for my $jump (@jumps) {
		$sum -= $jump->{by} if $jump->{by} < 0 && $jump->{mono} >= $since && $jump->{at} + $jump->{by} <= $then;
	}
	return $sum;
}

1;
