// Sequelize as it comes, in front of node-postgres: it sets the session up by SQL and looks its types up.
"use strict";
const assert = require("node:assert/strict");
const {DataTypes, Op, QueryTypes, Sequelize, Transaction} = require("sequelize");
const {run, server} = require("./run.js");

async function withDatabase(work, options = {}) {
    const {user, ...address} = server;
    const database = new Sequelize({dialect: "postgres", username: user, logging: false, ...address, ...options});
    try {
        await work(database);
    } finally {
        await database.close();
    }
}

// A table of its own for each scenario.
async function itemsOf(database, table) {
    const Item = database.define(
        "Item",
        {
            name: {type: DataTypes.STRING, unique: true},
            amount: {type: DataTypes.INTEGER, defaultValue: 0},
            tags: DataTypes.ARRAY(DataTypes.STRING),
            mood: DataTypes.ENUM("glad", "sad"),
            data: DataTypes.JSONB,
            seen: DataTypes.DATE,
        },
        {tableName: table, timestamps: false},
    );
    await Item.sync({force: true});
    return Item;
}

const ask = (database, text, options) => database.query(text, {type: QueryTypes.SELECT, plain: true, ...options});

const scenarios = {
    query: () =>
        withDatabase(async (database) => {
            await database.authenticate();
            const row = await ask(database, "SELECT $1::text AS a, $2::int AS b, NULL AS c", {bind: ["it's", 5]});
            assert.deepEqual(row, {a: "it's", b: 5, c: null});
            const other = await ask(database, "SELECT :a AS a", {replacements: {a: "it's"}});
            assert.deepEqual(other, {a: "it's"});
        }),

    models: () =>
        withDatabase(async (database) => {
            const Item = await itemsOf(database, "sequelize_models");
            const seen = new Date(1_000_000_000_000);
            const made = await Item.create({name: "one", tags: ["a", "b"], mood: "sad", data: {deep: [1]}, seen});
            await Item.bulkCreate(Array.from({length: 50}, (_, n) => ({name: `item ${n}`, amount: n})));
            const read = await Item.findByPk(made.id);
            assert.deepEqual(
                [read.tags, read.mood, read.data, read.seen.getTime()],
                [["a", "b"], "sad", {deep: [1]}, seen.getTime()],
            );
            const where = {amount: {[Op.gte]: 40}};
            const {count, rows} = await Item.findAndCountAll({where, limit: 3, order: ["amount"]});
            assert.deepEqual([count, rows.map(({amount}) => amount)], [10, [40, 41, 42]]);
            const [upserted] = await Item.upsert({name: "one", amount: 7}, {conflictFields: ["name"]});
            assert.equal(upserted.amount, 7);
            assert.equal(await Item.destroy({where: {amount: {[Op.lt]: 10}}}), 11);
            await assert.rejects(Item.create({name: "item 20"}), {name: "SequelizeUniqueConstraintError"});
        }),

    // Each connection is told its time zone; two of them have not the same.
    timeZones: () =>
        withDatabase(
            (one) =>
                withDatabase(async (two) => {
                    const show = async (database) => (await ask(database, "SHOW TimeZone")).TimeZone;
                    for (let turn = 0; turn < 5; ++turn) {
                        assert.equal(await show(one), "America/Lima");
                        assert.equal(await show(two), "<+00>-00");
                    }
                    const read = await ask(one, "SELECT '2001-02-03 04:05:06'::timestamptz AS at");
                    assert.equal(read.at.toISOString(), "2001-02-03T09:05:06.000Z");
                }),
            {timezone: "America/Lima"},
        ),

    settings: () =>
        withDatabase(
            (one) =>
                withDatabase(async (two) => {
                    for (let turn = 0; turn < 3; ++turn) {
                        assert.equal((await ask(two, "SHOW statement_timeout")).statement_timeout, "0");
                        assert.equal((await ask(one, "SHOW application_name")).application_name, "given");
                        assert.equal((await ask(one, "SHOW client_min_messages")).client_min_messages, "error");
                        assert.equal((await ask(two, "SHOW client_min_messages")).client_min_messages, "warning");
                    }
                    await assert.rejects(ask(one, "SELECT pg_sleep(60)"), (error) => error.parent.code === "57014");
                    assert.equal((await ask(one, "SELECT 1 AS a")).a, 1);
                }),
            {
                clientMinMessages: "error",
                dialectOptions: {
                    application_name: "given", statement_timeout: 300, idle_in_transaction_session_timeout: 60_000,
                },
            },
        ),

    transactions: () =>
        withDatabase(async (database) => {
            const Item = await itemsOf(database, "sequelize_transactions");
            await database.transaction(async (transaction) => {
                await Item.create({name: "one"}, {transaction});
                assert.equal(await Item.count(), 0);
                const inner = await database.transaction({transaction}); // a savepoint
                await Item.create({name: "two"}, {transaction: inner});
                await inner.rollback();
                await Item.create({name: "three"}, {transaction});
            });
            const undone = database.transaction(async (transaction) => {
                await Item.create({name: "four"}, {transaction});
                throw new Error("changed my mind");
            });
            await assert.rejects(undone, /changed my mind/);
            const isolationLevel = Transaction.ISOLATION_LEVELS.SERIALIZABLE;
            await database.transaction({isolationLevel, readOnly: true}, async (transaction) => {
                const shown = await ask(database, "SHOW transaction_isolation", {transaction});
                assert.equal(shown.transaction_isolation, "serializable");
            });
            const names = (await Item.findAll({order: ["id"]})).map(({name}) => name);
            assert.deepEqual(names, ["one", "three"]);
        }),

    errors: () =>
        withDatabase(async (database) => {
            for (let turn = 0; turn < 4; ++turn) {
                const transaction = await database.transaction();
                const failing = (text, code) =>
                    assert.rejects(ask(database, text, {transaction}), (error) => error.parent.code === code);
                await failing("SELECT nothing", "42703");
                await failing("SELECT 1", "25P02");
                await transaction.rollback();
                assert.equal((await ask(database, "SELECT $1::int AS a", {bind: [turn]})).a, turn);
            }
        }),

    // Migrations are made of these.
    queryInterface: () =>
        withDatabase(async (database) => {
            const tables = database.getQueryInterface();
            await tables.dropTable("sequelize_altered");
            await tables.createTable("sequelize_altered", {id: {type: DataTypes.INTEGER, primaryKey: true}});
            await tables.addColumn("sequelize_altered", "name", {type: DataTypes.STRING});
            await tables.addIndex("sequelize_altered", ["name"]);
            assert.deepEqual(Object.keys(await tables.describeTable("sequelize_altered")), ["id", "name"]);
            assert.equal((await tables.showIndex("sequelize_altered")).length, 2);
            await tables.removeColumn("sequelize_altered", "name");
            assert.ok((await tables.showAllTables()).includes("sequelize_altered"));
        }),

    locks: () =>
        withDatabase(async (database) => {
            const Item = await itemsOf(database, "sequelize_locks");
            await Item.create({name: "one"});
            const add = () =>
                database.transaction(async (transaction) => {
                    const item = await Item.findOne({lock: transaction.LOCK.UPDATE, transaction});
                    await item.update({amount: item.amount + 1}, {transaction});
                });
            await Promise.all(Array.from({length: 30}, add));
            assert.equal((await Item.findOne()).amount, 30);
        }),

    pool: () =>
        withDatabase(
            async (database) => {
                const Item = await itemsOf(database, "sequelize_pool");
                await Promise.all(Array.from({length: 100}, (_, n) => Item.create({name: `item ${n}`, amount: n})));
                assert.equal(await Item.sum("amount"), 4950);
            },
            {pool: {max: 6}},
        ),
};

run(scenarios);
