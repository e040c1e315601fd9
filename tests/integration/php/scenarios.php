<?php
// php scenarios.php NAME: one scenario with PDO as it comes; the server is named by the PG* environment.
declare(strict_types=1);

function connected(): PDO
{
    return new PDO("pgsql:");
}

function same(mixed $got, mixed $wanted): void
{
    if ($got !== $wanted) {
        throw new Exception("got " . var_export($got, true) . ", wanted " . var_export($wanted, true));
    }
}

// The SQLSTATE with which this fails.
function state_of(callable $work): string
{
    try {
        $work();
    } catch (PDOException $error) {
        return (string) $error->getCode();
    }
    return "it works";
}

function value(PDO $pdo, string $sql, array $parameters = []): mixed
{
    $statement = $pdo->prepare($sql);
    $statement->execute($parameters);
    return $statement->fetchColumn();
}

$scenarios = [
    "query" => function () {
        $statement = connected()->prepare("SELECT ?::text AS a, ?::int AS b, ?::text AS c");
        $statement->execute(["it's", 5, null]);
        same($statement->fetchAll(PDO::FETCH_NUM), [["it's", 5, null]]);
    },

    "prepared" => function () {
        $statement = connected()->prepare("SELECT :number::int + 1");
        for ($number = 0; $number < 30; ++$number) {
            $statement->execute(["number" => $number]);
            same($statement->fetchColumn(), $number + 1);
        }
    },

    // Both clients call their first statement pdo_stmt_00000001.
    "same_name" => function () {
        [$one, $two] = [connected(), connected()];
        $first = $one->prepare("SELECT 'one', ?::int");
        $second = $two->prepare("SELECT 'two', ?::text, 2");
        for ($turn = 0; $turn < 10; ++$turn) {
            $first->execute([$turn]);
            $second->execute(["x$turn"]);
            same($first->fetch(PDO::FETCH_NUM), ["one", $turn]);
            same($second->fetch(PDO::FETCH_NUM), ["two", "x$turn", 2]);
        }
    },

    // A statement that goes is deallocated by SQL.
    "dropped_statements" => function () {
        $clients = [connected(), connected(), connected()];
        for ($turn = 0; $turn < 20; ++$turn) {
            foreach ($clients as $number => $pdo) {
                same(value($pdo, "SELECT ?::int + $turn", [$number]), $number + $turn);
            }
        }
    },

    "errors" => function () {
        $pdo = connected();
        $pdo->beginTransaction();
        same(state_of(fn () => value($pdo, "SELECT nothing")), "42703");
        same(state_of(fn () => value($pdo, "SELECT 1")), "25P02");
        $pdo->rollBack();
        $statement = $pdo->prepare("SELECT 1 / ?::int");
        same(state_of(fn () => $statement->execute([0])), "22012");
        $statement->execute([1]);
        same($statement->fetchColumn(), 1);
    },

    "transactions" => function () {
        $pdo = connected();
        $pdo->exec("DROP TABLE IF EXISTS php_transactions");
        $pdo->exec("CREATE TABLE php_transactions (a int)");
        $insert = $pdo->prepare("INSERT INTO php_transactions VALUES (?)");
        $pdo->beginTransaction();
        $insert->execute([1]);
        $pdo->exec("SAVEPOINT here");
        $insert->execute([2]);
        $pdo->exec("ROLLBACK TO SAVEPOINT here");
        $insert->execute([3]);
        $pdo->commit();
        $pdo->beginTransaction();
        $insert->execute([4]);
        $pdo->rollBack();
        same($pdo->query("SELECT a FROM php_transactions ORDER BY a")->fetchAll(PDO::FETCH_COLUMN), [1, 3]);
    },

    "cursor" => function () {
        [$pdo, $other] = [connected(), connected()];
        $pdo->beginTransaction();
        $statement = $pdo->prepare("SELECT generate_series(1, 50)", [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
        $statement->execute();
        $sum = 0;
        while ($row = $statement->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_NEXT)) {
            $sum += $row[0];
            same(value($other, "SELECT 1"), 1);
        }
        same($statement->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_FIRST), [1]);
        $statement->closeCursor();
        $pdo->commit();
        same($sum, 1275);
    },

    "copy" => function () {
        $pdo = connected();
        $pdo->exec("DROP TABLE IF EXISTS php_copied");
        $pdo->exec("CREATE TABLE php_copied (a int, b text)");
        same($pdo->pgsqlCopyFromArray("php_copied", array_map(fn ($n) => "$n\ttext $n", range(1, 5000))), true);
        same(count($pdo->pgsqlCopyToArray("php_copied")), 5000);
        same(value($pdo, "SELECT sum(a)::int FROM php_copied"), 12502500);
    },

    "notify" => function () {
        [$listener, $speaker] = [connected(), connected()];
        $listener->exec("LISTEN php_news");
        $speaker->exec("NOTIFY php_news, 'hello'");
        $heard = $listener->pgsqlGetNotify(PDO::FETCH_ASSOC, 30000);
        same([$heard["message"], $heard["payload"]], ["php_news", "hello"]);
    },

    "three_clients" => function () {
        $clients = [connected(), connected(), connected()];
        $statements = [];
        foreach ($clients as $number => $pdo) {
            $pdo->exec("SET application_name = 'client $number'");
            $statements[] = $pdo->prepare("SELECT ?::int, current_setting('application_name')");
        }
        for ($turn = 0; $turn < 20; ++$turn) {
            foreach ($statements as $number => $statement) {
                $statement->execute([$turn]);
                same($statement->fetch(PDO::FETCH_NUM), [$turn, "client $number"]);
            }
        }
    },
];

$name = $argv[1] ?? "";
if ($name === "--list") {
    echo implode("\n", array_keys($scenarios)), "\n";
} else {
    ($scenarios[$name] ?? throw new Exception("no such scenario: $name"))();
}
