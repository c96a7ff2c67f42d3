// A post of its own on a Hotline channel. It shows as JSON; it does not render the fixed text of spec 08.
//
//   node client.mjs --config FILE listen [--seconds N] [--position NAME] [--count N]
//   node client.mjs --config FILE say TYPE BODY.json --to POST... --key OFFICER.key [--precedence P] [--stage S] [--wait STAGE]
//   node client.mjs --config FILE ack REF WORD --key OFFICER.key [--field PATH=VALUE]... [--text LANG=WORDS] [--reason WORDS]
//   node client.mjs --config FILE serve
//   node client.mjs --config FILE at (staff | present REF | say TYPE BODY.json ... | ack REF WORD ...)
//   node client.mjs --config FILE show
//   node client.mjs --config FILE export OUT
//
// `serve` runs until it is stopped and does by itself what a node does; `at` tells it what people do. Every other command is
// the post while it runs. WORD is read, readback, confirm, correct, passed, accept, decline, not-understood, no-reply,
// in-progress, done, unable or not-agreed. One JSON object a line on standard output; exit status 1 for a refusal, 3 if what was waited for did not come.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { ask, open as openDesk } from "./lib/desk.mjs";
import { acknowledgement, statementOf } from "./lib/drafts.mjs";
import { sealed } from "./lib/envelope.mjs";
import { ladder, marks } from "./lib/ladder.mjs";
import { Node, readSeed } from "./lib/node.mjs";
import { Refusal, refuseIf } from "./lib/refusal.mjs";
import { encode, enumName, json, open as read } from "./lib/schema.mjs";

const OPTIONS = {
    config: { type: "string" },
    key: { type: "string", multiple: true, default: [] },
    to: { type: "string", multiple: true, default: [] },
    precedence: { type: "string", default: "IMMEDIATE" },
    stage: { type: "string" },
    wait: { type: "string" },
    seconds: { type: "string", default: "30" },
    position: { type: "string", default: "watch" },
    count: { type: "string", default: "0" },
    field: { type: "string", multiple: true, default: [] },
    text: { type: "string" },
    reason: { type: "string", default: "" },
};
const {
    values: options,
    positionals: [command, ...words],
} = parseArgs({ options: OPTIONS, allowPositionals: true });
const seconds = Number(options.seconds);
const tell = (object) => console.log(JSON.stringify(object));

/** What is told of a message: where it stands, what it says, and what has been said about it. */
function told(node, entry) {
    const ladders = ladder(node.post, entry).map(({ post, stages }) => ({
        post,
        stages: stages.map(({ stage, value, by, mark }) => ({
            stage,
            value,
            by,
            mark,
            ...verdict(node, entry, post, stage),
        })),
    }));
    return {
        digest: entry.digest,
        post: entry.post,
        sequence: entry.sequence,
        type: entry.name,
        precedence: enumName("Precedence", entry.header.precedence),
        sealed_at: new Date(entry.sealedAt).toISOString(),
        signers: entry.people.map(({ person, role }) => `${person} (${role})`),
        marks: marks(node.post, entry),
        body: json(entry.statement.bodyType, entry.body),
        addressees: ladders,
    };
}

function verdict(node, entry, post, stage) {
    const wait = node.timers.waits.get(`${entry.digest} ${post} ${stage}`);
    return wait?.verdict ? { verdict: wait.verdict, after_ms: wait.after } : {};
}

async function connected(node) {
    await node.line.start(node.config.listen);
    refuseIf(!(await node.until(() => node.line.open || node.line.rolledBack, seconds)), "NOT_CONNECTED");
    refuseIf(node.line.rolledBack, "ROLLED_BACK", "a peer holds more of this log than this node");
}

/** Wait until a stage of every addressee has been said; the last sight of the message. */
async function follow(node, entry, stage) {
    const done = () =>
        ladder(node.post, entry).every((one) => one.stages.some((word) => word.stage === stage && !word.mark));
    const came = await node.until(() => (node.verdicts(), done()), seconds);
    node.verdicts();
    tell(told(node, entry));
    if (!came) process.exitCode = 3;
}

/** Hand a draft over: sealed once a peer has answered this connection's Hello, then followed to a stage. */
async function send(node, draft) {
    await connected(node);
    const entry = node.say(
        draft,
        options.key.map((path) => readSeed(path, node.kind)),
    );
    tell({ sealed: entry.digest, sequence: entry.sequence });
    await follow(node, entry, options.wait ?? "DELIVERED");
}

const COMMANDS = {
    async say(node, given) {
        await send(node, said(given));
    },

    async ack(node, [ref, word]) {
        await send(node, acknowledgement(node, ref, word, options));
    },

    /** Staff a position: whatever comes is shown and so presented. */
    async listen(node) {
        node.post.staffed = true;
        const shown = new Set();
        const show = () => {
            for (const entry of node.post.statements.values())
                if (entry.post !== node.post.id && !entry.presented) {
                    node.post.present(entry.digest, options.position, node.clock.now());
                    node.commit();
                    shown.add(entry.digest);
                    tell(told(node, entry));
                }
            if (shown.size) node.line.news();
            node.verdicts();
            return Number(options.count) && shown.size >= Number(options.count);
        };
        await connected(node);
        await node.until(show, seconds);
    },

    /** Run until stopped; nobody is on watch until `at` says so. */
    async serve(node) {
        const desk = await openDesk(resolve(dirname(options.config), node.config.operator_socket), (asked) => act(node, asked));
        await node.line.start(node.config.listen);
        const stopped = new Promise((done) => ["SIGINT", "SIGTERM"].forEach((name) => process.once(name, done)));
        const speaking = setInterval(() => node.speak(), 100);
        tell({ serving: node.config.listen });
        await stopped;
        clearInterval(speaking);
        desk.close();
    },

    show(node) {
        for (const entry of node.post.statements.values()) tell(told(node, entry));
    },

    export(node, [out]) {
        writeFileSync(out, node.transcript());
    },
};

/** What people tell a post that runs. A draft goes back to be signed: officers' keys stay with those who hold them. */
const ACTS = {
    staff(node) {
        node.post.staffed = true;
        node.line.broadcast();
        return { staffed: true };
    },

    present(node, { ref, position }) {
        node.post.staffed = true;
        node.post.present(statementOf(node, ref).digest, position, node.clock.now());
        node.commit();
        node.line.broadcast();
        return { presented: ref };
    },

    draft(node, { ref, word, draft, given }) {
        const payload = node.compose(draft ?? acknowledgement(node, ref, word, given));
        return { statement: Buffer.from(payload).toString("base64"), kind: node.kind };
    },

    submit(node, { envelope }) {
        const entry = node.submit(read("Envelope", new Uint8Array(Buffer.from(envelope, "base64"))));
        return { sealed: entry.digest, sequence: entry.sequence };
    },
};

function act(node, asked) {
    refuseIf(!ACTS[asked.act], "USAGE", asked.act);
    return ACTS[asked.act](node, asked);
}

/** `at`: one thing that people do at the post that runs with this configuration. */
async function at([word, ...rest]) {
    const { operator_socket: name } = parse(readFileSync(options.config, "utf8"));
    const socket = resolve(dirname(options.config), name);
    const told = async (asked) => {
        const answer = await ask(socket, asked);
        refuseIf(answer.error, answer.error, answer.detail);
        return answer;
    };
    if (word === "staff") return tell(await told({ act: "staff" }));
    if (word === "present") return tell(await told({ act: "present", ref: rest[0], position: options.position }));
    const { field, text, reason } = options;
    const asked = word === "ack" ? { ref: rest[0], word: rest[1], given: { field, text, reason } } : { draft: said(rest) };
    const { statement, kind } = await told({ act: "draft", ...asked });
    const seeds = options.key.map((path) => readSeed(path, kind));
    const envelope = sealed("Statement", new Uint8Array(Buffer.from(statement, "base64")), seeds);
    const bytes = Buffer.from(encode("Envelope", envelope)).toString("base64");
    return tell(await told({ act: "submit", envelope: bytes }));
}

function said([type, file]) {
    const body = JSON.parse(readFileSync(file, "utf8"));
    return { type, body, action: options.to, precedence: options.precedence, stage: options.stage };
}

/** A post of its own while a command runs. */
async function run() {
    const node = new Node(options.config);
    try {
        await COMMANDS[command](node, words);
    } finally {
        await node.close();
    }
}

try {
    await (command === "at" ? at(words) : run());
} catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell({ error: error.code, detail: error.message });
    process.exitCode = 1;
}
