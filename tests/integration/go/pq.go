// lib/pq by way of database/sql: statements. A query with parameters is a Parse of the unnamed statement with a Sync, and
// a Bind of it behind that.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
)

var scenarios = map[string]func(){
	"query":           query,
	"types":           types,
	"prepared":        prepared,
	"same_name":       sameName,
	"altered_table":   alteredTable,
	"startup":         startup,
	"transactions":    transactions,
	"errors":          failures,
	"copy":            copyIn,
	"listener":        listener,
	"notices":         notices,
	"cancel":          cancel,
	"cancel_in_tx":    cancelInTransaction,
	"ping":            ping,
	"unfinished_rows": unfinishedRows,
	"three_clients":   threeClients,
	"pool":            pool,
}

var ctx = context.Background()

// By itself the driver insists on TLS, which the server has not.
const noTLS = "sslmode=disable "

func open(settings string) *sql.DB {
	db, err := sql.Open("postgres", noTLS+settings)
	must(err)
	return db
}

// A connection that stays the same one.
func connect(settings string) (*sql.Conn, func()) {
	db := open(settings)
	conn, err := db.Conn(ctx)
	must(err)
	return conn, func() {
		must(conn.Close())
		must(db.Close())
	}
}

type asked interface {
	ExecContext(context.Context, string, ...interface{}) (sql.Result, error)
	QueryRowContext(context.Context, string, ...interface{}) *sql.Row
}

func execute(at asked, texts ...string) {
	for _, text := range texts {
		_, err := at.ExecContext(ctx, text)
		must(err)
	}
}

func value(at asked, text string, parameters ...interface{}) (read string) {
	must(at.QueryRowContext(ctx, text, parameters...).Scan(&read))
	return read
}

func number(at asked, text string, parameters ...interface{}) (read int) {
	must(at.QueryRowContext(ctx, text, parameters...).Scan(&read))
	return read
}

func state(err error) string {
	var told *pq.Error
	if errors.As(err, &told) {
		return string(told.Code)
	}
	return fmt.Sprint(err)
}

func stateOf(at asked, text string, parameters ...interface{}) string {
	_, err := at.ExecContext(ctx, text, parameters...)
	return state(err)
}

// Until the server runs the text.
func waitFor(text string) {
	db := open("")
	defer db.Close()
	for end := time.Now().Add(30 * time.Second); ; {
		if number(db, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1", text) > 0 {
			return
		}
		if time.Now().After(end) {
			panic("nobody runs " + text)
		}
	}
}

func query() {
	db := open("")
	defer db.Close()
	var text, nothing sql.NullString
	var count int
	must(db.QueryRow("SELECT $1::text, $2::int, NULL", "it's", 5).Scan(&text, &count, &nothing))
	same([]interface{}{text.String, count, nothing.Valid}, []interface{}{"it's", 5, false})
	rows, err := db.Query("SELECT 1; SELECT 'two'")
	must(err)
	defer rows.Close()
	same(rows.Next(), true)
	must(rows.Scan(&count))
	same(rows.Next(), false)
	same(rows.NextResultSet(), true)
	same(rows.Next(), true)
	must(rows.Scan(&text))
	same(text.String, "two")
}

func types() {
	db := open("")
	defer db.Close()
	for turn := 0; turn < 5; turn++ {
		var numbers pq.Int64Array
		var bytes []byte
		var when time.Time
		row := db.QueryRow("SELECT $1::bigint[], $2::bytea, $3::timestamptz", pq.Array([]int{1, turn}), []byte{0, 255},
			time.Unix(int64(turn), 0))
		must(row.Scan(&numbers, &bytes, &when))
		same([]int64(numbers), []int64{1, int64(turn)})
		same(bytes, []byte{0, 255})
		same(when.Unix(), int64(turn))
	}
}

func prepared() {
	one, closeOne := connect("")
	defer closeOne()
	other, closeOther := connect("")
	defer closeOther()
	statement, err := one.PrepareContext(ctx, "SELECT $1::int + 1")
	must(err)
	for turn := 0; turn < 20; turn++ {
		var sum int
		must(statement.QueryRow(turn).Scan(&sum))
		same(sum, turn+1)
		execute(other, "BEGIN")
		must(statement.QueryRow(turn).Scan(&sum))
		same(sum, turn+1)
		execute(other, "COMMIT")
	}
	must(statement.Close())
	statement, err = one.PrepareContext(ctx, "SELECT 'another'")
	must(err)
	var text string
	must(statement.QueryRow().Scan(&text))
	same(text, "another")
}

// The driver counts: the first one is 1.
func sameName() {
	one, closeOne := connect("")
	defer closeOne()
	two, closeTwo := connect("")
	defer closeTwo()
	first, err := one.PrepareContext(ctx, "SELECT 'one', $1::int")
	must(err)
	second, err := two.PrepareContext(ctx, "SELECT $1::int * 2")
	must(err)
	for turn := 0; turn < 10; turn++ {
		var text string
		var number int
		must(first.QueryRow(turn).Scan(&text, &number))
		same([]interface{}{text, number}, []interface{}{"one", turn})
		must(second.QueryRow(turn).Scan(&number))
		same(number, turn*2)
	}
}

func alteredTable() {
	one, closeOne := connect("")
	defer closeOne()
	other, closeOther := connect("")
	defer closeOther()
	execute(other, "DROP TABLE IF EXISTS pq_altered", "CREATE TABLE pq_altered AS SELECT 1 AS a")
	statement, err := one.PrepareContext(ctx, "SELECT * FROM pq_altered")
	must(err)
	var a, b int
	for turn := 0; turn < 8; turn++ {
		must(statement.QueryRow().Scan(&a))
		same(a, 1)
	}
	execute(other, "ALTER TABLE pq_altered ADD b int DEFAULT 7")
	for turn := 0; turn < 3; turn++ {
		same(state(statement.QueryRow().Scan(&a)), "0A000")
	}
	must(statement.Close())
	must(one.QueryRowContext(ctx, "SELECT * FROM pq_altered").Scan(&a, &b))
	same(b, 7)
}

func startup() {
	one, closeOne := connect("application_name=given search_path=pg_catalog,public work_mem=7MB" +
		" options='-c statement_timeout=12345'")
	defer closeOne()
	two, closeTwo := connect("")
	defer closeTwo()
	for turn := 0; turn < 3; turn++ {
		same(value(one, "SHOW application_name"), "given")
		same(value(two, "SHOW application_name"), "")
		same(value(one, "SELECT current_setting('search_path') WHERE $1", true), "pg_catalog,public")
		same(value(two, "SELECT current_setting('search_path') WHERE $1", true), `"$user", public`)
		same(value(one, "SHOW work_mem"), "7MB")
		same(value(two, "SHOW statement_timeout"), "0")
		same(value(one, "SHOW statement_timeout"), "12345ms")
		same(value(two, "SHOW extra_float_digits"), "2")
	}
}

func transactions() {
	one, closeOne := connect("")
	defer closeOne()
	other, closeOther := connect("")
	defer closeOther()
	execute(other, "DROP TABLE IF EXISTS pq_transactions", "CREATE TABLE pq_transactions (a int)")
	for turn := 1; turn <= 4; turn++ {
		tx, err := one.BeginTx(ctx, nil)
		must(err)
		_, err = tx.Exec("INSERT INTO pq_transactions VALUES ($1)", turn)
		must(err)
		same(number(other, "SELECT count(*) FROM pq_transactions WHERE a = $1", turn), 0)
		if turn%2 == 0 {
			must(tx.Rollback())
		} else {
			must(tx.Commit())
		}
	}
	same(value(other, "SELECT array_agg(a ORDER BY a) FROM pq_transactions"), "{1,3}")
	tx, err := one.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	must(err)
	same(value(tx, "SHOW transaction_isolation"), "serializable")
	same(value(other, "SHOW transaction_isolation"), "read committed")
	same(stateOf(tx, "INSERT INTO pq_transactions VALUES (5)"), "25006")
	must(tx.Rollback())
	same(value(one, "SHOW transaction_read_only"), "off")
}

func failures() {
	one, done := connect("")
	defer done()
	for turn := 0; turn < 6; turn++ {
		tx, err := one.BeginTx(ctx, nil)
		must(err)
		same(stateOf(tx, "SELECT 1 / $1::int", 0), "22012")
		same(stateOf(tx, "SELECT $1::int", 1), "25P02")
		same(stateOf(tx, "SELECT 1"), "25P02")
		if turn%2 == 0 {
			must(tx.Rollback())
		} else {
			same(tx.Commit().Error(), "pq: Could not complete operation in a failed transaction")
		}
		same(stateOf(one, "SELECT nothing"), "42703")
		same(number(one, "SELECT $1::int", turn), turn)
	}
	statement, err := one.PrepareContext(ctx, "SELECT 6 / $1::int")
	must(err)
	for turn := 0; turn < 6; turn++ {
		var read int
		same(state(statement.QueryRow(0).Scan(&read)), "22012")
		must(statement.QueryRow(2).Scan(&read))
		same(read, 3)
	}
}
