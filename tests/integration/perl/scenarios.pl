# perl scenarios.pl NAME: one scenario with DBD::Pg as it comes; the server is named by the PG* environment.
use strict;
use warnings;
use DBI;
use DBD::Pg;

sub connected {
    return DBI->connect("dbi:Pg:", undef, undef, {AutoCommit => 1, RaiseError => 1, PrintError => 0, @_});
}

sub same {
    my ($got, $wanted) = map { defined $_ ? $_ : "undef" } @_;
    die "got $got, wanted $wanted, at line " . (caller)[2] . "\n" if $got ne $wanted;
}

# The SQLSTATE with which this fails.
sub state_of {
    my ($dbh, $work) = @_;
    return eval { $work->(); 1 } ? "it works" : $dbh->state;
}

my %scenarios = (
    query => sub {
        my @row = connected()->selectrow_array("SELECT ?::text, ?::int, ?::text", {}, "it's", 5, undef);
        same("$row[0]|$row[1]|" . (defined $row[2] ? 1 : 0), "it's|5|0");
    },

    prepared => sub {
        my $statement = connected()->prepare("SELECT ?::int + 1");
        for my $number (1 .. 30) {
            $statement->execute($number);
            same(($statement->fetchrow_array)[0], $number + 1);
        }
    },

    # The driver's names are of the process and count for each connection.
    same_name => sub {
        my ($one, $two) = (connected(), connected());
        my $first = $one->prepare("SELECT 'one', ?::int");
        my $second = $two->prepare("SELECT 'two', ?::text, 2");
        for my $turn (1 .. 10) {
            $first->execute($turn);
            $second->execute("x$turn");
            same(join("|", $first->fetchrow_array), "one|$turn");
            same(join("|", $second->fetchrow_array), "two|x$turn|2");
        }
    },

    dropped_statements => sub {
        my @clients = (connected(), connected(), connected());
        for my $turn (1 .. 20) {
            for my $dbh (@clients) {
                my $statement = $dbh->prepare("SELECT ?::int + $turn");
                for my $number (1 .. 3) {
                    $statement->execute($number);
                    same(($statement->fetchrow_array)[0], $number + $turn);
                }
            }
        }
    },

    errors => sub {
        my $dbh = connected(AutoCommit => 0);
        same(state_of($dbh, sub { $dbh->do("SELECT nothing") }), "42703");
        same(state_of($dbh, sub { $dbh->do("SELECT 1") }), "25P02");
        $dbh->rollback;
        my $statement = $dbh->prepare("SELECT 1 / ?::int");
        for (1 .. 3) {
            $statement->execute(1);
            same(($statement->fetchrow_array)[0], 1);
        }
        same(state_of($dbh, sub { $statement->execute(0) }), "22012");
        $dbh->rollback;
        same($dbh->selectrow_array("SELECT 2"), 2);
        $dbh->rollback;
    },

    transactions => sub {
        my $dbh = connected();
        $dbh->do("SET client_min_messages = warning");
        $dbh->do("DROP TABLE IF EXISTS perl_transactions");
        $dbh->do("CREATE TABLE perl_transactions (a int)");
        my $insert = $dbh->prepare("INSERT INTO perl_transactions VALUES (?)");
        $dbh->begin_work;
        $insert->execute(1);
        $dbh->pg_savepoint("here");
        $insert->execute(2);
        $dbh->pg_rollback_to("here");
        $insert->execute(3);
        $dbh->commit;
        $dbh->begin_work;
        $insert->execute(4);
        $dbh->rollback;
        my $rows = $dbh->selectcol_arrayref("SELECT a FROM perl_transactions ORDER BY a");
        same("@$rows", "1 3");
    },

    cursor => sub {
        my $dbh = connected();
        $dbh->begin_work;
        $dbh->do("DECLARE named CURSOR FOR SELECT generate_series(1, 100)");
        my ($sum, $other) = (0, connected());
        while (my @rows = @{$dbh->selectcol_arrayref("FETCH 7 FROM named")}) {
            $sum += $_ for @rows;
            same($other->selectrow_array("SELECT 1"), 1);
        }
        $dbh->commit;
        same($sum, 5050);
    },

    copy => sub {
        my $dbh = connected();
        $dbh->do("SET client_min_messages = warning");
        $dbh->do("DROP TABLE IF EXISTS perl_copied");
        $dbh->do("CREATE TABLE perl_copied (a int, b text)");
        $dbh->do("COPY perl_copied FROM STDIN");
        $dbh->pg_putcopydata("$_\ttext $_\n") for 1 .. 5000;
        $dbh->pg_putcopyend;
        $dbh->do("COPY (SELECT a FROM perl_copied ORDER BY a) TO STDOUT");
        my ($line, $lines) = ("", 0);
        ++$lines while $dbh->pg_getcopydata($line) >= 0;
        same($lines, 5000);
        same($dbh->selectrow_array("SELECT sum(a) FROM perl_copied"), 12502500);
    },

    notify => sub {
        my ($listener, $speaker) = (connected(), connected());
        $listener->do("LISTEN perl_news");
        $speaker->do("NOTIFY perl_news, 'hello'");
        my $heard;
        for (1 .. 1000) {
            last if $heard = $listener->pg_notifies;
            select(undef, undef, undef, 0.01);
        }
        same(join("|", @{$heard}[0, 2]), "perl_news|hello");
    },

    ping => sub {
        my $dbh = connected();
        same($dbh->ping, 1);
        $dbh->begin_work;
        same($dbh->ping > 0 ? "alive" : "dead", "alive");
        $dbh->rollback;
    },

    three_clients => sub {
        my @clients = (connected(), connected(), connected());
        my @statements = map { $_->prepare("SELECT ?::int, current_setting('application_name')") } @clients;
        $clients[$_]->do("SET application_name = 'client $_'") for 0 .. 2;
        for my $turn (1 .. 20) {
            for my $number (0 .. 2) {
                $statements[$number]->execute($turn);
                same(join("|", $statements[$number]->fetchrow_array), "$turn|client $number");
            }
        }
    },
);

my $name = $ARGV[0] || "";
if ($name eq "--list") {
    print "$_\n" for sort keys %scenarios;
} else {
    ($scenarios{$name} or die "no such scenario: $name\n")->();
}
