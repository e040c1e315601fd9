// pgx: what uses the protocol in its own way, and many clients at once.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
	_ "github.com/jackc/pgx/v4/stdlib"
)

// All texts are prepared, and then all are executed behind one Sync.
func batch() {
	conn, other := connect(), connect()
	defer closed(conn, other)
	execute(conn, "DROP TABLE IF EXISTS pgx_batch", "CREATE TABLE pgx_batch (a int UNIQUE)")
	for turn := 0; turn < 5; turn++ {
		batch := &pgx.Batch{}
		for number := 0; number < 50; number++ {
			batch.Queue("INSERT INTO pgx_batch VALUES ($1)", turn*100+number)
			batch.Queue(fmt.Sprintf("SELECT $1::int + %d", number%10), number)
		}
		results := conn.SendBatch(ctx, batch)
		for number := 0; number < 50; number++ {
			tag, err := results.Exec()
			must(err)
			same(tag.RowsAffected(), int64(1))
			var sum int
			must(results.QueryRow().Scan(&sum))
			same(sum, number+number%10)
		}
		must(results.Close())

		// Up to the Sync it is one transaction.
		batch = &pgx.Batch{}
		batch.Queue("INSERT INTO pgx_batch VALUES ($1)", turn*100+99)
		batch.Queue("INSERT INTO pgx_batch VALUES ($1)", 0)
		batch.Queue("INSERT INTO pgx_batch VALUES ($1)", turn*100+98)
		results = conn.SendBatch(ctx, batch)
		_, err := results.Exec()
		must(err)
		_, err = results.Exec()
		same(state(err), "23505")
		_, err = results.Exec()
		same(state(err), "23505")
		same(state(results.Close()), "23505")
		same(number(other, "SELECT count(*) FROM pgx_batch"), (turn+1)*50)
	}
}

// In binary, and as text.
func copyFrom() {
	conn := connect()
	defer closed(conn)
	execute(conn, "DROP TABLE IF EXISTS pgx_copy", "CREATE TABLE pgx_copy (a int, b text NOT NULL)")
	rows := func(last interface{}) (rows [][]interface{}) {
		for number := 0; number < 3000; number++ {
			rows = append(rows, []interface{}{number, fmt.Sprint("row\t", number)})
		}
		return append(rows, []interface{}{3000, last})
	}
	for turn := 0; turn < 3; turn++ {
		count, err := conn.CopyFrom(ctx, pgx.Identifier{"pgx_copy"}, []string{"a", "b"}, pgx.CopyFromRows(rows("last")))
		must(err)
		same(count, int64(3001))
		_, err = conn.CopyFrom(ctx, pgx.Identifier{"pgx_copy"}, []string{"a", "b"}, pgx.CopyFromRows(rows(nil)))
		same(state(err), "23502")
	}
	var written bytes.Buffer
	tag, err := conn.PgConn().CopyTo(ctx, &written, "COPY pgx_copy TO STDOUT")
	must(err)
	same(tag.RowsAffected(), int64(9003))
	same(strings.Count(written.String(), "\n"), 9003)
	tag, err = conn.PgConn().CopyFrom(ctx, &written, "COPY pgx_copy FROM STDIN")
	must(err)
	same(tag.RowsAffected(), int64(9003))
	half := io.MultiReader(strings.NewReader("1\tx\n"), broken{})
	_, err = conn.PgConn().CopyFrom(ctx, half, "COPY pgx_copy FROM STDIN")
	same(state(err), "57014")
	same(number(conn, "SELECT count(*) FROM pgx_copy"), 18006)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cannot be read") }

func notifications() {
	listener, speaker := connect(), connect()
	defer closed(listener, speaker)
	execute(listener, "LISTEN pgx_news")
	for turn := 0; turn < 5; turn++ {
		limited, stop := context.WithTimeout(ctx, time.Millisecond)
		_, err := listener.WaitForNotification(limited)
		same(errors.Is(err, context.DeadlineExceeded), true)
		stop()
		_, err = speaker.Exec(ctx, "SELECT pg_notify('pgx_news', $1)", fmt.Sprint("turn ", turn))
		must(err)
		heard, err := listener.WaitForNotification(ctx)
		must(err)
		same([]string{heard.Channel, heard.Payload}, []string{"pgx_news", fmt.Sprint("turn ", turn)})
		same(number(listener, "SELECT $1::int", turn), turn)
	}
	execute(listener, "NOTIFY pgx_news, 'mine'")
	heard, err := listener.WaitForNotification(ctx)
	must(err)
	same(heard.PID, listener.PgConn().PID())
	execute(listener, "UNLISTEN *")
}

// A context that ends takes its connection with it; a cancel request does not.
func cancel() {
	for turn := 0; turn < 3; turn++ {
		conn := connect()
		text := fmt.Sprintf("SELECT pg_sleep(60), 'pgx %d'", turn)
		failed := make(chan string)
		go func() {
			_, err := conn.PgConn().Exec(ctx, text).ReadAll()
			failed <- state(err)
		}()
		waitFor(text)
		must(conn.PgConn().CancelRequest(ctx))
		same(<-failed, "57014")
		same(number(conn, "SELECT $1::int", turn), turn)

		limited, stop := context.WithTimeout(ctx, 50*time.Millisecond)
		_, err := conn.Exec(limited, "SELECT pg_sleep($1)", 60)
		stop()
		same(errors.Is(err, context.DeadlineExceeded), true)
		same(conn.IsClosed(), true)
		<-conn.PgConn().CleanupDone()
	}
}

func ping() {
	one, two := connect(), connect()
	defer closed(one, two)
	for turn := 0; turn < 20; turn++ {
		must(one.Ping(ctx))
		must(two.Ping(ctx))
	}
	tx, err := one.Begin(ctx)
	must(err)
	must(one.Ping(ctx))
	same(stateOf(tx, "SELECT nothing"), "42703")
	must(two.Ping(ctx))
	must(tx.Rollback(ctx))
}

func largeObjects() {
	conn := connect()
	defer closed(conn)
	must(conn.BeginFunc(ctx, func(tx pgx.Tx) error {
		objects := tx.LargeObjects()
		oid, err := objects.Create(ctx, 0)
		must(err)
		object, err := objects.Open(ctx, oid, pgx.LargeObjectModeRead|pgx.LargeObjectModeWrite)
		must(err)
		_, err = object.Write([]byte("large"))
		must(err)
		_, err = object.Seek(0, io.SeekStart)
		must(err)
		read, err := io.ReadAll(object)
		must(err)
		same(string(read), "large")
		must(object.Close())
		return objects.Unlink(ctx, oid)
	}))
}

func threeClients() {
	var clients []*pgx.Conn
	for client := 0; client < 3; client++ {
		clients = append(clients, connect(fmt.Sprintf("application_name='client %d'", client)))
	}
	defer closed(clients...)
	for turn := 0; turn < 20; turn++ {
		for client, conn := range clients {
			got := value(conn, "SELECT $1::int || current_setting('application_name')", turn)
			same(got, fmt.Sprintf("%dclient %d", turn, client))
		}
	}
}

func together(workers int, work func(worker int)) {
	var all sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		all.Add(1)
		go func(worker int) {
			defer all.Done()
			work(worker)
		}(worker)
	}
	all.Wait()
}

func pool() {
	pool, err := pgxpool.Connect(ctx, "pool_max_conns=6")
	must(err)
	defer pool.Close()
	execute(pool, "DROP TABLE IF EXISTS pgx_pool", "CREATE TABLE pgx_pool (a int)")
	together(6, func(worker int) {
		for turn := 0; turn < 50; turn++ {
			same(number(pool, fmt.Sprintf("SELECT $1::int + %d", worker), turn), turn+worker)
			must(pool.BeginFunc(ctx, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO pgx_pool VALUES ($1)", turn)
				return err
			}))
		}
	})
	same(number(pool, "SELECT sum(a) FROM pgx_pool"), 6*49*50/2)
}

// By way of Go's own interface, which keeps connections and statements of its own.
func databaseSQL() {
	db, err := sql.Open("pgx", "")
	must(err)
	defer db.Close()
	db.SetMaxOpenConns(4)
	statement, err := db.Prepare("SELECT $1::int + 1")
	must(err)
	together(4, func(int) {
		for turn := 0; turn < 20; turn++ {
			var sum int
			must(statement.QueryRow(turn).Scan(&sum))
			same(sum, turn+1)
			tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
			must(err)
			var level string
			must(tx.QueryRow("SHOW transaction_isolation").Scan(&level))
			same(level, "repeatable read")
			must(tx.Rollback())
		}
	})
	must(statement.Close())
}
