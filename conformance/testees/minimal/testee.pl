#!/usr/bin/env perl
# A small honest testee, in a language that every Debian has: `perl-base`, and no module beside strict and warnings.
# It declares `validate` and `save` of `json`: it reads text as strictly as core.md says, tells the format and the
# version of a document, and writes it again. At the rest of a state it does not look, and does not claim to.
use strict; use warnings;
my %HELLO = (name => 'minimal', language => 'perl', version => '1', spec => ['1.0'], profiles => ['codec'],
    features => ['validate', 'save', 'json']);
my %LIMITS = (size => 16 << 20, items => 100_000, string => 4 << 20, digits => 400, depth => 128);    # TS-CORE-007
my $CHARACTERS = qr/[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}
    |\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/x;
my %ESCAPES = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");
our (%most, @path, $containers);    # the limits that hold, the names down to where the reader stands, what it has met

sub refuse {
    my ($code, @at) = @_;
    s/~/~0/g, s{/}{~1}g for @at;    # TS-CORE-016
    die {code => $code, pointer => join '', map {"/$_"} @at};
}
sub over { return defined $most{$_[0]} && $_[1] > $most{$_[0]} }
# Takes a character; a pattern that names it would look for it to the end of the text each time.
sub taken { /\G[ \t\n\r]+/gc; return substr($_, pos // 0, 1) eq $_[0] && (pos = (pos // 0) + 1) }
sub misplaced { return refuse(/\G[ \t\n\r]*\z/ ? 'json-truncated' : 'json-syntax', @path) }

# Returns the value of a text: strings are scalars, numbers and literals references to what is written.
sub read_json {
    local ($_, %most, @path, $containers) = @_;    # the path is empty, and nothing counted
    refuse('json-size') if over('size', length);
    refuse('json-encoding') if /\A\xef\xbb\xbf/;
    1 while /\G$CHARACTERS/gc;
    refuse(/\G\xed[\xa0-\xbf]/ ? 'json-surrogate' : 'json-encoding') if (pos // 0) < length;
    pos = 0;
    return (read_value(1), /\G[ \t\n\r]*\z/ || misplaced())[0];
}

sub read_value {
    return read_string() if taken('"');
    return read_container($_[0], '}') if taken('{');
    return read_container($_[0], ']') if taken('[');
    refuse('json-constant', @path) if /\G(?:NaN|-?Infinity)/;
    refuse('json-truncated', @path) if /\G(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-|-?\d+(?:\.|(?:\.\d+)?[eE][-+]?))\z/;
    my $token = /\G(true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/gc ? $1 : misplaced();
    refuse('json-digits', @path) if over('digits', $token =~ tr/0-9//);
    refuse('json-range', @path)    # TS-CORE-011
        if $token =~ /^[-0-9]+[.eE]/ && (abs($token) == 9**9**9 || $token == 0 && $token =~ /^[-0.]*[1-9]/);
    return \$token;
}

sub read_container {
    my ($depth, $close) = @_;
    my ($count, %members, @elements) = (0);
    refuse('json-depth', @path) if over('depth', $depth);
    refuse('json-items') if over('items', ++$containers - length() / 8);
    until (taken($close)) {
        misplaced() if $count && !taken(',');
        refuse('json-items', @path) if over('items', ++$count);
        my $name = $close eq ']' ? $count - 1 : taken('"') ? read_string() : misplaced();
        misplaced() if $close eq '}' && !taken(':');
        push @path, $name;
        refuse('json-duplicate', @path) if exists $members{$name};
        my $value = read_value($depth + 1);
        $close eq '}' ? $members{$name} = $value : push @elements, $value; pop @path;
    }
    return $close eq '}' ? \%members : \@elements;
}

sub read_string {
    my $string = '';
    until (substr($_, pos, 1) eq '"') {
        if (/\G([^"\\\x00-\x1f]+)/gc) { $string .= $1 }
        elsif (/\G\\(["\\\/bfnrt])/gc) { $string .= $ESCAPES{$1} // $1 }
        elsif (/\G\\u([0-9a-fA-F]{4})/gc) {
            my $code = hex $1;
            $code = 0x10000 + (($code & 0x3ff) << 10 | hex($1) & 0x3ff)
                if ($code & 0xfc00) == 0xd800 && /\G\\u([dD][c-fC-F][0-9a-fA-F]{2})/gc;
            refuse('json-surrogate', @path) if ($code & 0x1ff800) == 0xd800;
            utf8::encode(my $character = chr $code); $string .= $character;    # all text is bytes here
        } else { refuse(/\G(?:\\(?:u[0-9a-fA-F]{0,3})?)?\z/ ? 'json-truncated' : 'json-syntax', @path) }
    }
    refuse('json-string', @path) if over('string', length $string);
    return taken('"') && $string;
}

sub text_of {
    my ($value) = @_;
    return $$value if ref $value eq 'SCALAR';
    return '[' . join(',', map { text_of($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return '{' . join(',', map { text_of($_) . ':' . text_of($$value{$_}) } sort keys %$value) . '}' if ref $value;
    return '"' . $value =~ s/(["\\\x00-\x1f])/sprintf '\\u%04x', ord $1/ger . '"';
}

sub content {
    return $_[0]{text} if exists $_[0]{text};
    (my $digits = $_[0]{base64}) =~ tr{A-Za-z0-9+/}{}cd;
    $digits =~ tr{A-Za-z0-9+/}{ -_};    # the digits of uuencode, which Perl can unpack
    return join '', map { unpack 'u', chr(32 + length($_) * 3 / 4) . $_ } $digits =~ /.{1,60}/g;
}

sub document {
    my $found = read_json(content($_[0]{state}), %LIMITS);
    refuse('dialect-unknown') if ref $found ne 'HASH' || !exists $found->{format};
    refuse('state-format', 'format') if $found->{format} ne 'timestep.run-state';
    my $version = $found->{format_version} // \'null';
    refuse('version-shape', 'format_version') if ref $version || $version !~ /\A(0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\z/;
    return $1 eq '1' ? $found : refuse('version-unsupported', 'format_version');
}

my %KNOWN = (kind => 'run-state', dialect => 'timestep', warnings => []);
my %OPS = (hello => sub { \%HELLO },
    validate => sub { return {%KNOWN, number => document(@_)->{format_version}} },
    save => sub { return {state => {text => text_of(document(@_))}} });
$| = 1;
while (my $line = <STDIN>) {
    my $request = read_json($line);
    my $op = $OPS{$request->{op}};
    my $ok = $op && eval { $op->($request->{args}) };
    my %answer = $ok ? (ok => $ok) : !$op ? (unsupported => {feature => $request->{op}})
        : ref $@ ? (err => $@) : (internal => {message => "$@"});
    print text_of({id => $request->{id}, %answer}), "\n";
}
