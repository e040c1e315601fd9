// TypeORM as it comes, in front of node-postgres.
"use strict";
const assert = require("node:assert/strict");
require("reflect-metadata");
const {DataSource, EntitySchema, LessThan, MoreThanOrEqual} = require("typeorm");
const {run, server} = require("./run.js");

// Entities whose tables are made when it connects, as `synchronize` does; the name is that of the scenario.
function entities(name) {
    const Owner = new EntitySchema({
        name: `${name}_owner`,
        columns: {
            id: {type: "uuid", primary: true, generated: "uuid"},
            mood: {type: "enum", enum: ["glad", "sad"], default: "glad"},
        },
        relations: {items: {type: "one-to-many", target: `${name}_item`, inverseSide: "owner"}},
    });
    const Item = new EntitySchema({
        name: `${name}_item`,
        columns: {
            id: {type: Number, primary: true, generated: true},
            name: {type: String, unique: true},
            amount: {type: Number, default: 0},
            tags: {type: "text", array: true, nullable: true},
            data: {type: "jsonb", nullable: true},
            seen: {type: "timestamptz", createDate: true},
            version: {type: Number, version: true},
        },
        relations: {owner: {type: "many-to-one", target: `${name}_owner`, inverseSide: "items", nullable: true}},
    });
    return {Owner, Item};
}

async function withSource(work, options = {}) {
    const {user, ...address} = server;
    const source = new DataSource({type: "postgres", username: user, logging: false, ...address, ...options});
    await source.initialize();
    try {
        await work(source);
    } finally {
        await source.destroy();
    }
}

async function withEntities(name, work, options = {}) {
    const {Owner, Item} = entities(`typeorm_${name}`);
    await withSource((source) => work(source, source.getRepository(Item), source.getRepository(Owner)), {
        entities: [Owner, Item],
        dropSchema: false,
        synchronize: true,
        ...options,
    });
}

const scenarios = {
    query: () =>
        withSource(async (source) => {
            const rows = await source.query("SELECT $1::text AS a, $2::int AS b, NULL AS c", ["it's", 5]);
            assert.deepEqual(rows, [{a: "it's", b: 5, c: null}]);
        }),

    entities: () =>
        withEntities("entities", async (source, items, owners) => {
            await items.createQueryBuilder().delete().execute();
            const owner = await owners.save({mood: "sad"});
            await items.save({name: "one", tags: ["a", "b"], data: {deep: [1]}, owner});
            await items.insert(Array.from({length: 50}, (_, n) => ({name: `item ${n}`, amount: n})));
            const read = await items.findOne({where: {name: "one"}, relations: {owner: true}});
            assert.deepEqual([read.tags, read.data, read.owner, read.version], [["a", "b"], {deep: [1]}, owner, 1]);
            read.amount = 7;
            assert.equal((await items.save(read)).version, 2);
            const where = {amount: MoreThanOrEqual(40)};
            const [found, count] = await items.findAndCount({where, order: {amount: "ASC"}, take: 3});
            assert.deepEqual([found.map(({amount}) => amount), count], [[40, 41, 42], 10]);
            await items.upsert({name: "one", amount: 8}, ["name"]);
            assert.equal((await items.findOneBy({name: "one"})).amount, 8);
            assert.equal((await items.delete({amount: LessThan(10)})).affected, 11);
            await assert.rejects(items.insert({name: "item 20"}), {code: "23505"});
        }),

    // The second time there is nothing to change, which it finds by looking at the whole schema.
    synchronize: async () => {
        for (let turn = 0; turn < 2; ++turn) {
            await withEntities("synchronize", async (source, items) => {
                const builder = source.driver.createSchemaBuilder();
                assert.deepEqual((await builder.log()).upQueries, []);
                await items.upsert({name: "kept"}, ["name"]);
                assert.equal(await items.count(), 1);
            });
        }
    },

    migrations: async () => {
        class First1000000000001 {
            async up(runner) {
                await runner.query("CREATE TABLE typeorm_migrated (a int)");
            }
            async down(runner) {
                await runner.query("DROP TABLE typeorm_migrated");
            }
        }
        class Second1000000000002 {
            up = (runner) => runner.query("ALTER TABLE typeorm_migrated ADD b int");
            down = (runner) => runner.query("ALTER TABLE typeorm_migrated DROP b");
        }
        const migrations = [First1000000000001, Second1000000000002];
        const options = {migrations, migrationsTableName: "typeorm_migrations"};
        await withSource(async (source) => {
            await source.query("DROP TABLE IF EXISTS typeorm_migrated, typeorm_migrations");
            assert.equal((await source.runMigrations({transaction: "each"})).length, 2);
            await source.query("INSERT INTO typeorm_migrated VALUES (1, 2)");
            await source.undoLastMigration();
            assert.deepEqual(await source.query("SELECT * FROM typeorm_migrated"), [{a: 1}]);
            await source.undoLastMigration();
            assert.equal((await source.runMigrations({transaction: "all"})).length, 2);
        }, options);
    },

    transactions: () =>
        withEntities("transactions", async (source, items) => {
            await items.clear();
            await source.transaction(async (manager) => {
                const mine = manager.withRepository(items);
                await mine.save({name: "one"});
                assert.equal(await items.count(), 0);
                const failing = manager.transaction(async (inner) => {
                    await inner.withRepository(items).save({name: "two"});
                    await inner.query("SELECT nothing");
                });
                await assert.rejects(failing, {code: "42703"});
                await mine.save({name: "three"});
            });
            await source.transaction("SERIALIZABLE", async (manager) => {
                const [shown] = await manager.query("SHOW transaction_isolation");
                assert.equal(shown.transaction_isolation, "serializable");
            });
            const names = (await items.find({order: {id: "ASC"}})).map(({name}) => name);
            assert.deepEqual(names, ["one", "three"]);
        }),

    errors: () =>
        withSource(async (source) => {
            for (let turn = 0; turn < 4; ++turn) {
                const runner = source.createQueryRunner();
                await runner.startTransaction();
                await assert.rejects(runner.query("SELECT nothing"), {code: "42703"});
                await assert.rejects(runner.query("SELECT 1"), {code: "25P02"});
                await runner.rollbackTransaction();
                await runner.release();
                assert.deepEqual(await source.query("SELECT $1::int AS a", [turn]), [{a: turn}]);
            }
        }),

    settings: () =>
        withSource(
            (one) =>
                withSource(async (two) => {
                    const show = async (source, name) => (await source.query(`SHOW ${name}`))[0][name];
                    for (let turn = 0; turn < 3; ++turn) {
                        assert.equal(await show(one, "application_name"), "given");
                        assert.equal(await show(two, "application_name"), "");
                        assert.equal(await show(one, "statement_timeout"), "300ms");
                        assert.equal(await show(two, "statement_timeout"), "0");
                        assert.equal(await show(one, "search_path"), "pg_catalog");
                    }
                    await assert.rejects(one.query("SELECT pg_sleep(60)"), {code: "57014"});
                }),
            {applicationName: "given", extra: {statement_timeout: 300, options: "-c search_path=pg_catalog"}},
        ),

    // pg-query-stream: a portal that is executed in parts, while others work.
    stream: () =>
        withEntities("stream", async (source, items) => {
            await items.clear();
            await items.insert(Array.from({length: 300}, (_, n) => ({name: `item ${n}`, amount: n})));
            let sum = 0;
            for await (const row of await items.createQueryBuilder("i").select("i.amount", "amount").stream()) {
                sum += row.amount;
                if (row.amount % 50 === 0) {
                    assert.equal(await items.countBy({amount: row.amount}), 1);
                }
            }
            assert.equal(sum, (300 * 299) / 2);
        }),

    locks: () =>
        withEntities("locks", async (source, items) => {
            await items.clear();
            const {id} = await items.save({name: "one"});
            const add = () =>
                source.transaction(async (manager) => {
                    const mine = manager.withRepository(items);
                    const item = await mine.findOne({where: {id}, lock: {mode: "pessimistic_write"}});
                    await mine.update(id, {amount: item.amount + 1});
                });
            await Promise.all(Array.from({length: 30}, add));
            assert.equal((await items.findOneBy({id})).amount, 30);
        }),

    pool: () =>
        withEntities(
            "pool",
            async (source, items) => {
                await items.clear();
                await Promise.all(Array.from({length: 100}, (_, n) => items.save({name: `item ${n}`, amount: n})));
                assert.equal(await items.sum("amount"), 4950);
            },
            {poolSize: 6},
        ),
};

run(scenarios);
