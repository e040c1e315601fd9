// postgres.js as it comes: named statements of its own, and pipelines in which a Describe waits behind a Flush.
"use strict";
const assert = require("node:assert/strict");
const {Readable} = require("node:stream");
const {pipeline} = require("node:stream/promises");
const postgres = require("postgres");
const {RUNNING, run, waitFor} = require("./run.js");

async function withSql(work, options = {}) {
    const sql = postgres({max: 1, onnotice: () => {}, ...options});
    try {
        await work(sql);
    } finally {
        await sql.end({timeout: 5});
    }
}

const withTwo = (work, options) => withSql((one) => withSql((two) => work(one, two), options), options);

const scenarios = {
    query: () =>
        withSql(async (sql) => {
            const rows = await sql`SELECT ${"it's"} AS a, ${5}::int AS b, NULL AS c`;
            assert.deepEqual([...rows], [{a: "it's", b: 5, c: null}]);
            assert.equal((await sql.unsafe("SELECT 1 AS a; SELECT 2 AS a")).length, 2);
            assert.deepEqual([...(await sql`SELECT 1 AS a`.simple())], [{a: 1}]);
            const [{a}] = await sql.unsafe("SELECT $1::int AS a", [7]);
            assert.equal(a, 7);
        }),

    // The array types are looked up when it connects.
    types: () =>
        withSql(async (sql) => {
            await sql`DROP TABLE IF EXISTS pjs_types`;
            await sql`DROP TYPE IF EXISTS pjs_mood`;
            await sql`CREATE TYPE pjs_mood AS ENUM ('glad', 'sad')`;
            await sql`CREATE TABLE pjs_types (a int[], b jsonb, c timestamptz, d bytea, e pjs_mood, f numeric)`;
            for (let turn = 0; turn < 5; ++turn) {
                const row = {a: [1, turn], b: {turn}, c: new Date(turn), d: Buffer.from([0, 255]), e: "sad", f: "1.50"};
                const [read] = await sql`INSERT INTO pjs_types ${sql(row)} RETURNING *`;
                assert.deepEqual(read, row);
            }
        }),

    prepared: () =>
        withTwo(async (one, two) => {
            for (let turn = 0; turn < 20; ++turn) {
                assert.equal((await one`SELECT ${turn}::int + 1 AS sum`)[0].sum, turn + 1);
                await two.begin(async (busy) => {
                    assert.equal((await busy`SELECT ${turn}::int + 2 AS sum`)[0].sum, turn + 2);
                    assert.equal((await one`SELECT ${turn}::int + 1 AS sum`)[0].sum, turn + 1);
                });
            }
        }),

    // One connection; a hundred queries are written before the first answer is there.
    pipeline: () =>
        withTwo(async (one, two) => {
            for (let round = 0; round < 5; ++round) {
                const asked = Array.from({length: 200}, (_, n) =>
                    n % 7 === 3
                        ? assert.rejects(one`SELECT 1 / ${0}::int`, {code: "22012"}).then(() => n)
                        : (n % 2 ? one : two)`SELECT ${n}::int AS n, ${round}::int`.then(([row]) => row.n),
                );
                assert.deepEqual(await Promise.all(asked), Array.from({length: 200}, (_, n) => n));
            }
        }),

    // It prepares anew by itself if the error says that RevalidateCachedQuery() has refused.
    alteredTable: () =>
        withTwo(async (one, two) => {
            await two`DROP TABLE IF EXISTS pjs_altered`;
            await two`CREATE TABLE pjs_altered AS SELECT 1 AS a`;
            for (let turn = 0; turn < 5; ++turn) {
                const read = () => one`SELECT * FROM pjs_altered`;
                assert.equal((await read()).columns.length, turn + 1);
                assert.equal((await read()).columns.length, turn + 1);
                await two.unsafe(`ALTER TABLE pjs_altered ADD a${turn} int`);
                assert.equal((await read()).columns.length, turn + 2);
            }
        }),

    startup: () =>
        withSql(
            (one) =>
                withSql(async (two) => {
                    for (let turn = 0; turn < 3; ++turn) {
                        const show = async (sql, name) => (await sql`SELECT current_setting(${name}) AS s`)[0].s;
                        assert.equal(await show(one, "application_name"), "given");
                        assert.equal(await show(two, "application_name"), "postgres.js");
                        assert.equal(await show(one, "search_path"), "pg_catalog, public");
                        assert.equal(await show(two, "search_path"), '"$user", public');
                        assert.equal(await show(one, "statement_timeout"), "300ms");
                        assert.equal(await show(two, "statement_timeout"), "0");
                    }
                    await assert.rejects(one`SELECT pg_sleep(60)`, {code: "57014"});
                }),
            {connection: {application_name: "given", search_path: "pg_catalog, public", statement_timeout: 300}},
        ),

    transactions: () =>
        withTwo(async (one, two) => {
            await one`DROP TABLE IF EXISTS pjs_transactions`;
            await one`CREATE TABLE pjs_transactions (a int)`;
            await one.begin(async (sql) => {
                await sql`INSERT INTO pjs_transactions VALUES (1)`;
                await assert.rejects(
                    sql.savepoint(async (inner) => {
                        await inner`INSERT INTO pjs_transactions VALUES (2)`;
                        await inner`SELECT nothing`;
                    }),
                    {code: "42703"},
                );
                assert.equal((await two`SELECT * FROM pjs_transactions`).length, 0);
                await sql`INSERT INTO pjs_transactions VALUES (3)`;
            });
            await assert.rejects(
                one.begin(async (sql) => {
                    await sql`INSERT INTO pjs_transactions VALUES (4)`;
                    throw new Error("changed my mind");
                }),
                /changed my mind/,
            );
            await one.begin("ISOLATION LEVEL SERIALIZABLE READ ONLY", async (sql) => {
                assert.equal((await sql`SHOW transaction_isolation`)[0].transaction_isolation, "serializable");
                assert.equal((await two`SHOW transaction_isolation`)[0].transaction_isolation, "read committed");
            });
            // All of it is written at once.
            const both = (sql) => [sql`INSERT INTO pjs_transactions VALUES (5)`, sql`SELECT 6 AS a`];
            const [, read] = await one.begin(both);
            assert.equal(read[0].a, 6);
            assert.deepEqual([...(await two`SELECT a FROM pjs_transactions ORDER BY a`)], [{a: 1}, {a: 3}, {a: 5}]);
        }),

    errors: () =>
        withSql(async (sql) => {
            for (let turn = 0; turn < 6; ++turn) {
                await assert.rejects(sql`SELECT 1 / ${0}::int`, {code: "22012"});
                await assert.rejects(sql`SELECT ${1}::nothing`, {code: "42704"});
                await assert.rejects(sql.begin((at) => [at`SELECT nothing`, at`SELECT 1`]), {code: "42703"});
                const caught = sql.begin(async (at) => {
                    await assert.rejects(at`SELECT nothing`, {code: "42703"});
                    await assert.rejects(at`SELECT ${turn}::int`, {code: "25P02"});
                });
                await assert.rejects(caught, {code: "42703"});
                assert.equal((await sql`SELECT ${turn}::int AS a`)[0].a, turn);
            }
        }),

    // A portal that is executed in parts, with a Sync behind the last one only.
    cursor: () =>
        withTwo(async (one, two) => {
            let sum = 0;
            for await (const rows of one`SELECT generate_series(1, ${95}::int) AS a`.cursor(10)) {
                sum += rows.reduce((total, {a}) => total + a, 0);
                assert.equal((await two`SELECT 5 AS a`)[0].a, 5);
            }
            assert.equal(sum, (95 * 96) / 2);
            for await (const [row] of one`SELECT generate_series(1, 100) AS a`.cursor()) {
                if (row.a === 3) {
                    break;
                }
            }
            await one`SELECT generate_series(1, 1000) AS a`.forEach(({a}) => (sum += a));
            assert.equal(sum, (95 * 96) / 2 + (1000 * 1001) / 2);
        }),

    describe: () =>
        withSql(async (sql) => {
            const {columns, types} = await sql`SELECT ${1}::int AS a, 'x'::text AS b`.describe();
            assert.deepEqual([columns.map(({name}) => name), types], [["a", "b"], [23]]);
            assert.equal((await sql`SELECT 2 AS a`)[0].a, 2);
        }),

    copy: () =>
        withSql(async (sql) => {
            await sql`DROP TABLE IF EXISTS pjs_copy`;
            await sql`CREATE TABLE pjs_copy (a int, b text)`;
            const lines = Array.from({length: 5000}, (_, n) => `${n}\trow ${n}\n`);
            await pipeline(Readable.from(lines), await sql`COPY pjs_copy FROM STDIN`.writable());
            // Not more than its stream takes at once: the driver may forget to go on with what it has paused.
            let read = "";
            for await (const chunk of await sql`COPY (SELECT * FROM pjs_copy LIMIT 100) TO STDOUT`.readable()) {
                read += chunk;
            }
            assert.equal(read, lines.slice(0, 100).join(""));
            assert.equal((await sql`SELECT count(*)::int AS n FROM pjs_copy`)[0].n, 5000);
        }),

    // On a connection of its own.
    notify: () =>
        withSql(async (sql) => {
            const heard = [];
            let told = () => {};
            const {unlisten} = await sql.listen("pjs_news", (payload) => {
                heard.push(payload);
                told();
            });
            for (let turn = 0; turn < 5; ++turn) {
                const next = new Promise((resolve) => (told = resolve));
                await sql.notify("pjs_news", `turn ${turn}`);
                await next;
            }
            assert.deepEqual(heard, [0, 1, 2, 3, 4].map((turn) => `turn ${turn}`));
            await unlisten();
        }),

    cancel: () =>
        withTwo(async (one, two) => {
            for (let turn = 0; turn < 3; ++turn) {
                const text = `SELECT pg_sleep(60), 'pjs ${turn}'`;
                const asked = one.unsafe(text);
                const failed = assert.rejects(asked.execute(), {code: "57014"});
                await waitFor(text, async () => (await two.unsafe(RUNNING + "$1", [text]))[0].count);
                // cancel() does not say when it is done. PostgreSQL signals a backend twice, and only once this
                // connection is closed no second signal is left that would hit the next statement.
                await asked.canceller(asked);
                await failed;
                assert.equal((await one`SELECT ${turn}::int AS a`)[0].a, turn);
            }
        }),

    threeClients: async () => {
        const clients = [0, 1, 2].map((n) => postgres({max: 1, connection: {application_name: `client ${n}`}}));
        for (let turn = 0; turn < 20; ++turn) {
            await Promise.all(
                clients.map(async (sql, n) => {
                    const [row] = await sql`SELECT ${turn}::int AS turn, current_setting('application_name') AS name`;
                    assert.deepEqual(row, {turn, name: `client ${n}`});
                }),
            );
        }
        await Promise.all(clients.map((sql) => sql.end()));
    },

    pool: () =>
        withSql(
            async (sql) => {
                await sql`DROP TABLE IF EXISTS pjs_pool`;
                await sql`CREATE TABLE pjs_pool (a int)`;
                const insert = (n) => sql.begin((at) => at`INSERT INTO pjs_pool VALUES (${n})`);
                await Promise.all(Array.from({length: 200}, (_, n) => (n % 2 ? insert(n) : sql`SELECT ${n}::int`)));
                assert.equal((await sql`SELECT sum(a)::int AS sum FROM pjs_pool`)[0].sum, 10000);
            },
            {max: 6},
        ),
};

run(scenarios);
