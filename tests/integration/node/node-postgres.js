// node-postgres as it comes.
"use strict";
const assert = require("node:assert/strict");
const {Client, Pool} = require("pg");
const {run} = require("./run.js");

async function withClient(work, options = {}) {
    const client = new Client(options);
    await client.connect();
    try {
        await work(client);
    } finally {
        await client.end();
    }
}

const scenarios = {
    query: () =>
        withClient(async (client) => {
            const result = await client.query("SELECT $1::text AS a, $2::int AS b, NULL AS c", ["it's", 5]);
            assert.deepEqual(result.rows, [{a: "it's", b: 5, c: null}]);
            assert.equal((await client.query("SELECT 1 AS a; SELECT 2 AS a")).length, 2);
        }),

    prepared: () =>
        withClient(async (client) => {
            for (let turn = 0; turn < 20; ++turn) {
                const statement = {name: "plus-one", text: "SELECT $1::int + 1 AS sum", values: [turn]};
                assert.equal((await client.query(statement)).rows[0].sum, turn + 1);
            }
        }),

    // Both clients use the same name for different statements.
    sameName: () =>
        withClient((one) =>
            withClient(async (two) => {
                for (let turn = 0; turn < 10; ++turn) {
                    const [first, second] = await Promise.all([
                        one.query({name: "q", text: "SELECT 'one' AS a, $1::int AS b", values: [turn]}),
                        two.query({name: "q", text: "SELECT 'two' AS a", values: []}),
                    ]);
                    assert.deepEqual(first.rows, [{a: "one", b: turn}]);
                    assert.deepEqual(second.rows, [{a: "two"}]);
                }
            }),
        ),

    errors: () =>
        withClient(async (client) => {
            await client.query("BEGIN");
            await assert.rejects(client.query("SELECT nothing"), {code: "42703"});
            await assert.rejects(client.query("SELECT $1::int", [1]), {code: "25P02"});
            await client.query("ROLLBACK");
            await assert.rejects(client.query({name: "bad", text: "SELECT 1 / $1::int", values: [0]}), {code: "22012"});
            assert.equal((await client.query("SELECT 1 AS a")).rows[0].a, 1);
        }),

    transactions: () =>
        withClient(async (client) => {
            await client.query("DROP TABLE IF EXISTS node_transactions");
            await client.query("CREATE TABLE node_transactions (a int)");
            for (const [value, end] of [[1, "COMMIT"], [2, "ROLLBACK"], [3, "COMMIT"]]) {
                await client.query("BEGIN");
                await client.query("INSERT INTO node_transactions VALUES ($1)", [value]);
                await client.query(end);
            }
            const {rows} = await client.query("SELECT a FROM node_transactions ORDER BY a");
            assert.deepEqual(rows, [{a: 1}, {a: 3}]);
        }),

    largeResult: () =>
        withClient(async (client) => {
            const {rows} = await client.query("SELECT repeat('x', 1000) AS a FROM generate_series(1, $1::int)", [5000]);
            assert.equal(rows.length, 5000);
            assert.equal(rows[4999].a.length, 1000);
        }),

    notify: () =>
        withClient(async (client) => {
            const heard = new Promise((resolve) => client.on("notification", resolve));
            await client.query("LISTEN news");
            await withClient((other) => other.query("NOTIFY news, 'hello'"));
            const {channel, payload} = await heard;
            assert.deepEqual([channel, payload], ["news", "hello"]);
        }),

    statementTimeout: () =>
        withClient(
            async (client) => {
                await assert.rejects(client.query("SELECT pg_sleep(60)"), {code: "57014"});
                assert.equal((await client.query("SELECT 1 AS a")).rows[0].a, 1);
            },
            {statement_timeout: 300, application_name: "given"},
        ),

    pool: async () => {
        const pool = new Pool({max: 6});
        try {
            await pool.query("DROP TABLE IF EXISTS node_pool");
            await pool.query("CREATE TABLE node_pool (a int)");
            const inserts = Array.from({length: 200}, (_, n) => pool.query("INSERT INTO node_pool VALUES ($1)", [n]));
            await Promise.all(inserts);
            const {rows} = await pool.query("SELECT count(*)::int AS count, sum(a)::int AS sum FROM node_pool");
            assert.deepEqual(rows, [{count: 200, sum: 19900}]);
        } finally {
            await pool.end();
        }
    },
};

run(scenarios);
