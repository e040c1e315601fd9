// Knex as it comes, in front of node-postgres.
"use strict";
const assert = require("node:assert/strict");
const knex = require("knex");
const {RUNNING, run, server, waitFor} = require("./run.js");

async function withDatabase(work, options = {}) {
    const database = knex({client: "pg", connection: server, ...options});
    try {
        await work(database);
    } finally {
        await database.destroy();
    }
}

async function items(database, table) {
    await database.schema.dropTableIfExists(table);
    await database.schema.createTable(table, (columns) => {
        columns.increments("id");
        columns.string("name").unique();
        columns.integer("amount").defaultTo(0);
        columns.jsonb("data");
    });
    return () => database(table);
}

const only = async (query) => (await query).rows[0];

const scenarios = {
    query: () =>
        withDatabase(async (database) => {
            const row = await only(database.raw("SELECT ?::text AS a, ?::int AS b, NULL AS c", ["it's", 5]));
            assert.deepEqual(row, {a: "it's", b: 5, c: null});
            assert.equal((await database.raw("SELECT 1; SELECT 2")).length, 2);
        }),

    builder: () =>
        withDatabase(async (database) => {
            const table = await items(database, "knex_builder");
            const [{id}] = await table().insert({name: "one", data: {deep: [1]}}).returning("id");
            const many = Array.from({length: 100}, (_, n) => ({name: `item ${n}`, amount: n}));
            await database.batchInsert("knex_builder", many, 30);
            assert.deepEqual((await table().where({id}).first()).data, {deep: [1]});
            await table().insert({name: "one", amount: 7}).onConflict("name").merge();
            assert.equal((await table().where({name: "one"}).first()).amount, 7);
            assert.equal(await table().where("amount", "<", 10).del(), 11);
            await assert.rejects(table().insert({name: "item 20"}), {code: "23505"});
            assert.deepEqual(await table().count({n: "*"}), [{n: "90"}]);
        }),

    transactions: () =>
        withDatabase(async (database) => {
            const table = await items(database, "knex_transactions");
            await database.transaction(async (outer) => {
                await table().transacting(outer).insert({name: "one"});
                assert.equal((await table()).length, 0);
                const failing = outer.transaction(async (inner) => {
                    await table().transacting(inner).insert({name: "two"});
                    await inner.raw("SELECT nothing");
                });
                await assert.rejects(failing, {code: "42703"});
                await table().transacting(outer).insert({name: "three"});
            });
            const transaction = await database.transaction({isolationLevel: "serializable", readOnly: true});
            const shown = await only(transaction.raw("SHOW transaction_isolation"));
            assert.equal(shown.transaction_isolation, "serializable");
            await assert.rejects(table().transacting(transaction).insert({name: "four"}), {code: "25006"});
            await assert.rejects(transaction.raw("SELECT 1"), {code: "25P02"});
            await transaction.rollback();
            assert.deepEqual(await table().orderBy("id").pluck("name"), ["one", "three"]);
        }),

    // Two of them with schemas of their own, set by SQL when they connect.
    searchPath: () =>
        withDatabase(async (plain) => {
            await plain.raw("DROP SCHEMA IF EXISTS knex_other CASCADE");
            await plain.raw("CREATE SCHEMA knex_other");
            await plain.raw("CREATE TABLE knex_other.knex_path (name text)");
            await items(plain, "knex_path");
            await withDatabase(
                async (other) => {
                    await other("knex_path").insert({name: "there"});
                    for (let turn = 0; turn < 5; ++turn) {
                        assert.equal((await plain("knex_path")).length, 0);
                        assert.equal((await other("knex_path")).length, 1);
                    }
                },
                {searchPath: ["knex_other", "public"]},
            );
        }),

    migrations: () =>
        withDatabase(async (database) => {
            for (const table of ["knex_migrated", "knex_migrations", "knex_migrations_lock"]) {
                await database.schema.dropTableIfExists(table);
            }
            const steps = {
                first: {
                    up: (at) => at.schema.createTable("knex_migrated", (columns) => columns.increments("id")),
                    down: (at) => at.schema.dropTable("knex_migrated"),
                },
                second: {
                    up: (at) => at.schema.alterTable("knex_migrated", (columns) => columns.string("name")),
                    down: (at) => at.schema.alterTable("knex_migrated", (columns) => columns.dropColumn("name")),
                },
            };
            const migrationSource = {
                getMigrations: async () => Object.keys(steps),
                getMigrationName: (name) => name,
                getMigration: async (name) => steps[name],
            };
            await database.migrate.latest({migrationSource});
            assert.ok(await database.schema.hasColumn("knex_migrated", "name"));
            await database.migrate.rollback({migrationSource}, true);
            assert.ok(!(await database.schema.hasTable("knex_migrated")));
        }),

    // pg-query-stream: a portal that is executed in parts, while others work.
    stream: () =>
        withDatabase(async (database) => {
            for (let turn = 0; turn < 3; ++turn) {
                let sum = 0;
                const rows = database.select(database.raw("generate_series(1, 950) AS a")).stream({batchSize: 100});
                for await (const {a} of rows) {
                    sum += a;
                    if (a % 100 === 0) {
                        assert.equal((await only(database.raw("SELECT ?::int AS a", [a]))).a, a);
                    }
                }
                assert.equal(sum, (950 * 951) / 2);
                for await (const {a} of database.select(database.raw("generate_series(1, 950) AS a")).stream()) {
                    if (a === 5) {
                        break;
                    }
                }
            }
        }),

    // It asks for the cancelling by SQL, with the pid that it was told at its login.
    cancel: () =>
        withDatabase(async (database) => {
            await items(database, "knex_cancel");
            const text = "INSERT INTO knex_cancel (name) SELECT 'done' FROM pg_sleep(4)";
            const running = async () => (await only(database.raw(RUNNING + "?", [text]))).count;
            const failed = assert.rejects(database.raw(text).timeout(300, {cancel: true}), {name: "KnexTimeoutError"});
            await waitFor(text, running);
            await failed;
            while ((await running()) > 0);
            assert.deepEqual(await database("knex_cancel").pluck("name"), []);
        }),

    locks: () =>
        withDatabase(async (database) => {
            const table = await items(database, "knex_locks");
            await table().insert({name: "one"});
            const add = () =>
                database.transaction(async (transaction) => {
                    const {amount} = await table().transacting(transaction).forUpdate().first();
                    await table().transacting(transaction).update({amount: amount + 1});
                });
            await Promise.all(Array.from({length: 30}, add));
            assert.equal((await table().first()).amount, 30);
        }),

    pool: () =>
        withDatabase(
            async (database) => {
                const table = await items(database, "knex_pool");
                await Promise.all(Array.from({length: 100}, (_, n) => table().insert({name: `item ${n}`, amount: n})));
                assert.deepEqual(await table().sum({sum: "amount"}), [{sum: "4950"}]);
            },
            {pool: {min: 2, max: 6}},
        ),
};

run(scenarios);
