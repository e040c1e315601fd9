// pgx: connections, its cache of statements, which names them lrupsc_N_M, and its other ways to ask.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
)

var scenarios = map[string]func(){
	"query":           query,
	"types":           types,
	"prepared":        prepared,
	"modes":           modes,
	"same_name":       sameName,
	"many_statements": manyStatements,
	"deallocate":      deallocate,
	"altered_table":   alteredTable,
	"startup":         startup,
	"transactions":    transactions,
	"errors":          failures,
	"cursor":          cursor,
	"batch":           batch,
	"copy":            copyFrom,
	"notifications":   notifications,
	"cancel":          cancel,
	"ping":            ping,
	"large_objects":   largeObjects,
	"three_clients":   threeClients,
	"pool":            pool,
	"database_sql":    databaseSQL,
}

var ctx = context.Background()

// Pairs of settings beside what the environment says.
func connect(settings ...string) *pgx.Conn {
	conn, err := pgx.Connect(ctx, strings.Join(settings, " "))
	must(err)
	return conn
}

func closed(connections ...*pgx.Conn) {
	for _, conn := range connections {
		must(conn.Close(ctx))
	}
}

type asked interface {
	Exec(context.Context, string, ...interface{}) (pgconn.CommandTag, error)
	QueryRow(context.Context, string, ...interface{}) pgx.Row
}

func execute(at asked, texts ...string) {
	for _, text := range texts {
		_, err := at.Exec(ctx, text)
		must(err)
	}
}

func value(at asked, text string, parameters ...interface{}) (read string) {
	must(at.QueryRow(ctx, text, parameters...).Scan(&read))
	return read
}

func number(at asked, text string, parameters ...interface{}) (read int) {
	must(at.QueryRow(ctx, text, parameters...).Scan(&read))
	return read
}

func state(err error) string {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return told.Code
	}
	return fmt.Sprint(err)
}

func stateOf(at asked, text string, parameters ...interface{}) string {
	_, err := at.Exec(ctx, text, parameters...)
	return state(err)
}

// Until the server runs the text.
func waitFor(text string) {
	conn := connect()
	defer closed(conn)
	for end := time.Now().Add(30 * time.Second); ; {
		if number(conn, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1", text) > 0 {
			return
		}
		if time.Now().After(end) {
			panic("nobody runs " + text)
		}
	}
}

func query() {
	conn := connect()
	defer closed(conn)
	var text string
	var count int
	var nothing *string
	must(conn.QueryRow(ctx, "SELECT $1::text, $2::int, NULL::text", "it's", 5).Scan(&text, &count, &nothing))
	same([]interface{}{text, count, nothing == nil}, []interface{}{"it's", 5, true})
	results, err := conn.PgConn().Exec(ctx, "SELECT 1; SELECT 'two'").ReadAll()
	must(err)
	same([]string{string(results[0].Rows[0][0]), string(results[1].Rows[0][0])}, []string{"1", "two"})
	same(number(conn, "SELECT count(*) FROM (VALUES (1), (2)) AS v"), 2)
	tag, err := conn.Exec(ctx, "")
	must(err)
	same(tag.String(), "")
}

func types() {
	conn := connect()
	defer closed(conn)
	for turn := 0; turn < 5; turn++ {
		var numbers []int64
		var bytes []byte
		var when time.Time
		var named map[string]int
		var amount float64
		row := conn.QueryRow(ctx, "SELECT $1::bigint[], $2::bytea, $3::timestamptz, $4::jsonb, $5::numeric",
			[]int64{1, int64(turn)}, []byte{0, 255}, time.Unix(int64(turn), 0), map[string]int{"a": turn}, 1.5)
		must(row.Scan(&numbers, &bytes, &when, &named, &amount))
		same(numbers, []int64{1, int64(turn)})
		same(bytes, []byte{0, 255})
		same(when.Unix(), int64(turn))
		same(named, map[string]int{"a": turn})
		same(amount, 1.5)
	}
}

func prepared() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	for turn := 0; turn < 20; turn++ {
		same(number(conn, "SELECT $1::int + 1", turn), turn+1)
		execute(other, "BEGIN")
		same(number(conn, "SELECT $1::int + 1", turn), turn+1)
		same(number(other, "SELECT $1::int + 1", turn), turn+1)
		execute(other, "COMMIT")
	}
	same(conn.StatementCache().Len(), 1)
}

// What it offers beside its default: only the description is kept, nothing is kept, the simple protocol.
func modes() {
	modes := []string{"", "statement_cache_mode=describe", "statement_cache_capacity=0", "prefer_simple_protocol=true"}
	var clients []*pgx.Conn
	for _, mode := range modes {
		clients = append(clients, connect(mode))
	}
	defer closed(clients...)
	execute(clients[0], "DROP TABLE IF EXISTS pgx_modes", "CREATE TABLE pgx_modes (a int, b text)")
	for turn := 0; turn < 10; turn++ {
		for client, conn := range clients {
			tag, err := conn.Exec(ctx, "INSERT INTO pgx_modes VALUES ($1, $2)", turn, modes[client])
			must(err)
			same(tag.RowsAffected(), int64(1))
			same(number(conn, "SELECT a FROM pgx_modes WHERE a = $1 AND b = $2", turn, modes[client]), turn)
			same(stateOf(conn, "SELECT 1 / $1::int", 0), "22012")
		}
	}
}

func sameName() {
	one, two := connect(), connect()
	defer closed(one, two)
	_, err := one.Prepare(ctx, "q", "SELECT 'one' || $1::int")
	must(err)
	_, err = two.Prepare(ctx, "q", "SELECT $1::int * 2")
	must(err)
	for turn := 0; turn < 10; turn++ {
		same(value(one, "q", turn), fmt.Sprint("one", turn))
		same(number(two, "q", turn), turn*2)
	}
}

// More than the driver keeps: it deallocates the oldest by SQL.
func manyStatements() {
	conn, other := connect("statement_cache_capacity=8"), connect("statement_cache_capacity=8")
	defer closed(conn, other)
	for turn := 0; turn < 10; turn++ {
		for added := 0; added < 12; added++ {
			text := fmt.Sprintf("SELECT $1::int + %d", added)
			same(number(conn, text, turn), turn+added)
			same(number(other, text, turn), turn+added)
			same(number(conn, text, turn), turn+added)
		}
	}
}

func deallocate() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	for turn := 0; turn < 5; turn++ {
		_, err := conn.Prepare(ctx, "it's \"q\"", fmt.Sprintf("SELECT $1::int + %d", turn))
		must(err)
		_, err = other.Prepare(ctx, "it's \"q\"", "SELECT $1::text")
		must(err)
		same(number(conn, "it's \"q\"", 7), 7+turn)
		must(conn.Deallocate(ctx, "it's \"q\""))
		same(value(other, "it's \"q\"", "kept"), "kept")
		must(other.Deallocate(ctx, "it's \"q\""))
		same(state(conn.Deallocate(ctx, "it's \"q\"")), "26000")
	}
}

// The driver forgets what it prepared when it is told that the result has changed, and says so.
func alteredTable() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	execute(other, "DROP TABLE IF EXISTS pgx_altered", "CREATE TABLE pgx_altered AS SELECT 1 AS a")
	var a, b int
	for turn := 0; turn < 8; turn++ {
		must(conn.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a))
	}
	execute(other, "ALTER TABLE pgx_altered ADD b int DEFAULT 7")
	same(state(conn.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a)), "0A000")
	for turn := 0; turn < 3; turn++ {
		must(conn.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a, &b))
		same(b, 7)
	}
	again := connect()
	defer closed(again)
	must(again.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a, &b))
	execute(other, "ALTER TABLE pgx_altered DROP b")
	tx, err := again.Begin(ctx)
	must(err)
	same(state(tx.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a)), "0A000")
	same(stateOf(tx, "SELECT 1"), "25P02")
	must(tx.Rollback(ctx))
	must(again.QueryRow(ctx, "SELECT * FROM pgx_altered").Scan(&a))
}

func startup() {
	one := connect("application_name=given search_path=pg_catalog,public work_mem=7MB" +
		" options='-c statement_timeout=12345'")
	two := connect()
	defer closed(one, two)
	for turn := 0; turn < 3; turn++ {
		same(value(one, "SHOW application_name"), "given")
		same(value(two, "SHOW application_name"), "")
		same(value(one, "SHOW search_path"), "pg_catalog,public")
		same(value(two, "SHOW search_path"), `"$user", public`)
		same(value(one, "SHOW work_mem"), "7MB")
		same(value(two, "SHOW statement_timeout"), "0")
		same(value(one, "SHOW statement_timeout"), "12345ms")
	}
}

func transactions() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	execute(other, "DROP TABLE IF EXISTS pgx_transactions", "CREATE TABLE pgx_transactions (a int)")
	for turn := 1; turn <= 4; turn++ {
		tx, err := conn.Begin(ctx)
		must(err)
		_, err = tx.Exec(ctx, "INSERT INTO pgx_transactions VALUES ($1)", turn)
		must(err)
		inner, err := tx.Begin(ctx) // a savepoint
		must(err)
		same(stateOf(inner, "INSERT INTO pgx_transactions VALUES ($1::int / 0)", turn), "22012")
		must(inner.Rollback(ctx))
		same(number(other, "SELECT count(*) FROM pgx_transactions WHERE a = $1", turn), 0)
		if turn%2 == 0 {
			must(tx.Rollback(ctx))
		} else {
			must(tx.Commit(ctx))
		}
	}
	same(value(other, "SELECT array_agg(a ORDER BY a)::text FROM pgx_transactions"), "{1,3}")
	options := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}
	must(conn.BeginTxFunc(ctx, options, func(tx pgx.Tx) error {
		same(value(tx, "SHOW transaction_isolation"), "serializable")
		same(value(tx, "SHOW transaction_deferrable"), "on")
		same(value(other, "SHOW transaction_isolation"), "read committed")
		return nil
	}))
	same(value(conn, "SHOW transaction_read_only"), "off")
}

func failures() {
	conn := connect()
	defer closed(conn)
	for turn := 0; turn < 6; turn++ {
		tx, err := conn.Begin(ctx)
		must(err)
		same(stateOf(tx, "SELECT 1 / $1::int", 0), "22012")
		same(stateOf(tx, "SELECT $1::int", 1), "25P02")
		same(stateOf(tx, "SELECT 1"), "25P02")
		if turn%2 == 0 {
			must(tx.Rollback(ctx))
		} else {
			same(tx.Commit(ctx), pgx.ErrTxCommitRollback)
		}
		same(stateOf(conn, "SELECT nothing"), "42703")
		same(stateOf(conn, "SELECT $1::nothing", 1), "42704")
		same(number(conn, "SELECT $1::int", turn), turn)
	}
}

func cursor() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	tx, err := conn.Begin(ctx)
	must(err)
	_, err = tx.Exec(ctx, "DECLARE c CURSOR FOR SELECT generate_series(1, $1::int)", 10)
	must(err)
	for turn := 1; turn <= 10; turn++ {
		same(number(tx, "FETCH c"), turn)
		same(number(other, "SELECT $1::int", turn), turn)
	}
	same(tx.QueryRow(ctx, "FETCH c").Scan(new(int)), pgx.ErrNoRows)
	must(tx.Commit(ctx))
	same(stateOf(conn, "FETCH c"), "34000")
}
