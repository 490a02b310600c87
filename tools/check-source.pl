#!/usr/bin/perl
# check-source.pl - rules of the house that can be seen in the text of a file.
#
# Works on the tree in the working directory and prints each finding. A line that
# says "check-banned: allow", with a reason, may call what is banned.
use strict;
use warnings;
use File::Find;

my $MAX_FILE = 800;
my $MAX_FUNCTION = 80;
my $MAX_PARAMETERS = 6;    # besides the error object, which is last, or a caller's file and line

my $everywhere = qr/strcpy|strcat|sprintf|vsprintf|strtok|gets|alloca|atoi|atol|strncpy|system/;
my $memory = qr/malloc|calloc|realloc|free|strdup|strndup/;
my $output = qr/printf|vprintf|puts|putchar|perror/;
my $process = qr/exit|_exit|abort|atexit|signal|sigaction|setlocale/;
my %banned = (
	core => qr/$everywhere|$memory|$output|$process/,
	drivers => qr/$everywhere|$memory|$output|$process/,
	runtime => qr/$everywhere|$output|$process/,
	include => qr/$everywhere/,
	conformance => $everywhere,
);
# The one file that asks the C library for memory.
my %exempt = ('core/alloc.c' => $memory);
my $library = qr{^(?:core|drivers|runtime|include)/};

my $bad = 0;

sub finding {
	my ($file, $line, $text) = @_;
	print "$file:$line: $text\n";
	$bad = 1;
}

sub slurp {
	my ($file) = @_;
	open my $in, '<:raw', $file or die "$file: $!\n";
	local $/;
	return <$in> // '';
}

# Comments, strings and characters become blanks of the same shape.
sub code_of {
	my ($text) = @_;
	my $blank = sub { my $t = shift; $t =~ s/[^\n]/ /g; $t };
	$text =~ s{(/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{$blank->($1)}gse;
	return $text;
}

sub check_lines {
	my ($file, $text, $code) = @_;
	my ($folder) = $file =~ m{^([^/]+)/};
	my $exempt = $exempt{$file} // 'none';
	my @lines = split /\n/, $text, -1;
	my $n = 0;
	for my $line (split /\n/, $code, -1) {
		my $allowed = $lines[$n++] =~ /check-banned: allow/;
		finding($file, $n, 'a // comment') if $line =~ m{//};
		finding($file, $n, 'goto anything but out') if $line =~ /\bgoto\s+(?!out\b)/;
		next if $allowed;
		my $banned = $banned{$folder};
		finding($file, $n, "banned: $1")
		    if $banned && $line =~ /\b($banned)\s*\(/ && "$1" !~ /^(?:$exempt)$/;
		finding($file, $n, "banned: $1")
		    if $line =~ /\b(cJSON_InitHooks|cJSON_GetObjectItem|cJSON_GetArrayItem)\b/;
		finding($file, $n, "banned: $1")
		    if $file =~ $library && $line =~ /\b(stdout|stderr|constructor|__weak__|weak)\b/;
		finding($file, $n, "banned in a public header: $1")
		    if $folder eq 'include' && $line =~ /\b(long|time_t|bool|_Bool)\b/;
		finding($file, $n, 'a bit-field in a public header')
		    if $folder eq 'include' && $line =~ /\w\s*:\s*\d+\s*;/;
	}
	# layout.c is printed by tools/abi.sh and grows with every struct
	finding($file, $n - 1, "more than $MAX_FILE lines")
		if $n - 1 > $MAX_FILE && $file ne "tests/abi/layout.c";
}

# A function's body stands between braces in the first column; its head in front of them.
sub check_functions {
	my ($file, $code) = @_;
	my ($start, $head, $n) = (0, '', 0);
	for my $line (split /\n/, $code, -1) {
		$n++;
		if ($line eq '{') {
			$start = $n;
			my ($parameters) = $head =~ /\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/s;
			my @all = split /,/, $parameters // '';
			my $count = @all;
			$count-- if ($parameters // '') =~ /cairn_error\s*\*\s*\w+\s*$/;
			$count -= 2 if ($parameters // '') =~ /const char \*file, int line\s*$/s;
			finding($file, $n, "more than $MAX_PARAMETERS parameters besides the error")
			    if $count > $MAX_PARAMETERS;
		} elsif ($line =~ /^\}/) {
			finding($file, $start, "a function of " . ($n - $start + 1) . " lines, more than $MAX_FUNCTION")
			    if $start && $n - $start + 1 > $MAX_FUNCTION;
			($start, $head) = (0, '');
		} elsif ($line =~ /^\s*$|^#|;\s*$/) {
			$head = '';
		} else {
			$head .= "$line\n";
		}
	}
}

sub check_words {
	my ($file, $text) = @_;
	# In strings the word means something to TAP.
	$text =~ s{(/\*.*?\*/)|"(?:\\.|[^"\\\n])*"}{$1 // '""'}gse if $file =~ /\.[ch]$/;
	my $n = 0;
	for my $line (split /\n/, $text, -1) {
		$n++;
		finding($file, $n, 'unfinished work: ' . $1) if $line =~ /\b(TO[D]O|FIX[M]E|X[X]X)\b/;
		finding($file, $n, "a path of somebody's machine: $1")
		    if $line =~ m{(?<![\w.\$\}])(/(?:home|root|Users|work)/\S*)};
		finding($file, $n, 'white space at the end of the line')
		    if $line =~ /[ \t\r]$/ && $file !~ /\.patch$/;
	}
	finding($file, $n, 'no newline at the end') if length $text && $text !~ /\n\z/;
}

my @files;
find({ no_chdir => 1, wanted => sub {
	if (-d && m{^\./(?:\.git|build[^/]*)$}) {
		$File::Find::prune = 1;
		return;
	}
	push @files, s{^\./}{}r if -f && !m{/corpus/|\.(?:db|db-wal|db-shm|png|gz|o|d)$};
} }, '.');

for my $file (sort @files) {
	my $text = slurp($file);
	check_words($file, $text);
	next unless $file =~ m{/} && $file =~ /\.[ch]$/;
	my $code = code_of($text);
	check_lines($file, $text, $code);
	check_functions($file, $code);
}
exit $bad;
