# The test points of a TAP file as Perl's harness reads them, a line each: number, ok or not, directive, and whether a block
# follows. Ends with 1 where the harness objects to anything.
use strict;
use warnings;
use TAP::Parser;

open my $file, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $text = do { local $/; <$file> };
my $parser = TAP::Parser->new({ tap => $text });
my $point = '';
while (my $result = $parser->next) {
    if ($result->is_test) {
        print "$point\n" if $point;
        $point = join ' ', $result->number, ($result->is_actual_ok ? 'ok' : 'not'), $result->directive || 'none';
    } elsif ($result->is_yaml) {
        $point .= ' block ' . join ',', sort keys %{ $result->data };
    } elsif ($result->is_unknown) {
        print "unknown line: ", $result->raw, "\n";
        exit 1;
    }
}
print "$point\n";
print map { "parse error: $_\n" } $parser->parse_errors;
exit($parser->parse_errors ? 1 : 0);
