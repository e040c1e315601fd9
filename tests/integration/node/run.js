// node PROGRAM.js NAME | --list | --stay: the scenarios of a program; the server is named by the PG* environment.
"use strict";
const assert = require("node:assert/strict");
const readline = require("node:readline");

exports.server = {
    host: process.env.PGHOST,
    port: Number(process.env.PGPORT),
    user: process.env.PGUSER,
    password: process.env.PGPASSWORD,
    database: process.env.PGDATABASE,
};

// Until count() says that somebody runs the text.
exports.RUNNING = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE state = 'active' AND query = ";
exports.waitFor = async (text, count) => {
    for (const end = Date.now() + 30_000; (await count()) === 0; ) {
        assert.ok(Date.now() < end, `nobody runs ${text}`);
    }
};

async function passes(scenario) {
    try {
        await scenario();
        return true;
    } catch (error) {
        console.log(error);
        return false;
    }
}

exports.run = async (scenarios) => {
    const name = process.argv[2];
    if (name === "--list") {
        console.log(Object.keys(scenarios).join("\n"));
    } else if (name === "--stay") {
        for await (const line of readline.createInterface({input: process.stdin})) {
            console.log(`${(await passes(scenarios[line])) ? "passed" : "failed"} ${line}`);
        }
    } else if (!(await passes(scenarios[name]))) {
        process.exitCode = 1;
    }
};
