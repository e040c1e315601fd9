// lib/pq: what uses the protocol in its own way, and many clients at once.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

func copyIn() {
	db := open("")
	defer db.Close()
	execute(db, "DROP TABLE IF EXISTS pq_copy", "CREATE TABLE pq_copy (a int, b text)")
	for _, good := range []bool{true, false, true} {
		tx, err := db.Begin()
		must(err)
		statement, err := tx.Prepare(pq.CopyIn("pq_copy", "a", "b"))
		must(err)
		for number := 0; number < 3000; number++ {
			_, err = statement.Exec(number, fmt.Sprint("row\t", number))
			must(err)
		}
		if !good {
			_, err = statement.Exec("x", "y")
			must(err)
			_, err = statement.Exec()
			same(state(err), "22P02")
			must(tx.Rollback())
			continue
		}
		_, err = statement.Exec()
		must(err)
		must(statement.Close())
		must(tx.Commit())
	}
	same(number(db, "SELECT count(*) FROM pq_copy"), 6000)
}

func listener() {
	noError := func(event pq.ListenerEventType, err error) { must(err) }
	listener := pq.NewListener(noTLS, time.Second, time.Minute, noError)
	db := open("")
	defer db.Close()
	must(listener.Listen("pq_news"))
	must(listener.Listen("pq other"))
	same(listener.Listen("pq_news"), pq.ErrChannelAlreadyOpen)
	for turn := 0; turn < 5; turn++ {
		for _, channel := range []string{"pq_news", "pq other"} {
			_, err := db.Exec("SELECT pg_notify($1, $2)", channel, fmt.Sprint("turn ", turn))
			must(err)
			heard := <-listener.Notify
			same([]string{heard.Channel, heard.Extra}, []string{channel, fmt.Sprint("turn ", turn)})
		}
		must(listener.Ping())
	}
	must(listener.Unlisten("pq_news"))
	execute(db, "NOTIFY pq_news, 'nobody hears'", `NOTIFY "pq other", 'last'`)
	same((<-listener.Notify).Extra, "last")
	must(listener.UnlistenAll())
	must(listener.Close())
}

func notices() {
	base, err := pq.NewConnector(noTLS)
	must(err)
	var told []string
	hear := func(notice *pq.Error) { told = append(told, notice.Message) }
	db := sql.OpenDB(pq.ConnectorWithNoticeHandler(base, hear))
	defer db.Close()
	for turn := 0; turn < 3; turn++ {
		execute(db, "DROP TABLE IF EXISTS pq_never_there")
	}
	same(len(told), 3)
	same(told[0], `table "pq_never_there" does not exist, skipping`)
}

// The driver asks for the cancelling and gives its connection up.
func cancel() {
	db := open("")
	defer db.Close()
	for turn := 0; turn < 3; turn++ {
		limited, stop := context.WithCancel(ctx)
		text := fmt.Sprintf("SELECT pg_sleep(60), 'pq %d'", turn)
		go func() {
			waitFor(text)
			stop()
		}()
		_, err := db.ExecContext(limited, text)
		same(state(err), "57014")
		same(number(db, "SELECT $1::int", turn), turn)
		limited, stop = context.WithTimeout(ctx, 50*time.Millisecond)
		_, err = db.QueryContext(limited, "SELECT pg_sleep($1)", 60)
		same(state(err), "57014")
		stop()
	}
}

func cancelInTransaction() {
	db := open("")
	defer db.Close()
	execute(db, "DROP TABLE IF EXISTS pq_cancelled", "CREATE TABLE pq_cancelled (a int)")
	for turn := 0; turn < 3; turn++ {
		limited, stop := context.WithCancel(ctx)
		tx, err := db.BeginTx(limited, nil)
		must(err)
		execute(tx, "INSERT INTO pq_cancelled VALUES (1)")
		stop()
		err = tx.Commit()
		same(err == context.Canceled || err == sql.ErrTxDone, true)
		same(number(db, "SELECT count(*) FROM pq_cancelled"), 0)
	}
}

func ping() {
	one, closeOne := connect("")
	defer closeOne()
	two, closeTwo := connect("")
	defer closeTwo()
	for turn := 0; turn < 20; turn++ {
		must(one.PingContext(ctx))
		must(two.PingContext(ctx))
	}
	tx, err := one.BeginTx(ctx, nil)
	must(err)
	must(one.PingContext(ctx))
	same(stateOf(tx, "SELECT nothing"), "42703")
	must(two.PingContext(ctx))
	must(tx.Rollback())
}

func unfinishedRows() {
	one, done := connect("")
	defer done()
	for turn := 0; turn < 5; turn++ {
		rows, err := one.QueryContext(ctx, "SELECT generate_series(1, $1)", 20000)
		must(err)
		same(rows.Next(), true)
		must(rows.Close())
		same(number(one, "SELECT $1::int", turn), turn)
	}
}

func threeClients() {
	var clients []*sql.Conn
	for client := 0; client < 3; client++ {
		conn, done := connect(fmt.Sprintf("application_name='client %d'", client))
		defer done()
		clients = append(clients, conn)
	}
	for turn := 0; turn < 20; turn++ {
		for client, conn := range clients {
			got := value(conn, "SELECT $1::int || current_setting('application_name')", turn)
			same(got, fmt.Sprintf("%dclient %d", turn, client))
		}
	}
}

// Queries with parameters by many at once, each in two parts that a Sync separates.
func pool() {
	db := open("")
	defer db.Close()
	db.SetMaxOpenConns(6)
	execute(db, "DROP TABLE IF EXISTS pq_pool", "CREATE TABLE pq_pool (a int)")
	var all sync.WaitGroup
	for worker := 0; worker < 6; worker++ {
		all.Add(1)
		go func(worker int) {
			defer all.Done()
			for turn := 0; turn < 50; turn++ {
				same(number(db, fmt.Sprintf("SELECT $1::int + %d", worker), turn), turn+worker)
				_, err := db.Exec("INSERT INTO pq_pool VALUES ($1)", turn)
				must(err)
			}
		}(worker)
	}
	all.Wait()
	same(number(db, "SELECT sum(a) FROM pq_pool"), 6*49*50/2)
}
