// A post of its own on a Hotline channel. It shows as JSON; it does not render the fixed text of spec 08.
//
//   node client.mjs --config FILE listen [--seconds N] [--position NAME] [--count N]
//   node client.mjs --config FILE say TYPE BODY.json --to POST... --key OFFICER.key [--precedence P] [--stage S] [--wait STAGE]
//   node client.mjs --config FILE ack REF WORD --key OFFICER.key [--field PATH=VALUE]... [--text LANG=WORDS] [--reason WORDS]
//   node client.mjs --config FILE show
//   node client.mjs --config FILE export OUT
//
// WORD is read, readback, confirm, correct, passed, accept, decline, not-understood, no-reply, in-progress, done, unable or
// not-agreed. One JSON object a line on standard output; exit status 1 for a refusal, 3 if what was waited for did not come.

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { unhex } from "./lib/bytes.mjs";
import { ladder, marks, saying } from "./lib/ladder.mjs";
import { Node, readSeed } from "./lib/node.mjs";
import { Refusal, refuseIf } from "./lib/refusal.mjs";
import { enumName, json } from "./lib/schema.mjs";

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
    async say(node, [type, file]) {
        const body = JSON.parse(readFileSync(file, "utf8"));
        await send(node, { type, body, action: options.to, precedence: options.precedence, stage: options.stage });
    },

    async ack(node, [ref, word]) {
        const subject = [...node.post.statements.values()].find((entry) => entry.digest.startsWith(ref));
        refuseIf(!subject, "NOT_HELD", ref);
        const base64 = (digest) => Buffer.from(unhex(digest)).toString("base64");
        const body = {
            subject: base64(subject.digest),
            ...stageOf(word, () => base64(readbackOf(node, subject).digest)),
        };
        const thread = subject.header.thread.length ? subject.header.thread : unhex(subject.digest);
        const other = subject.post === node.post.id ? subject.header.action : [subject.post];
        await send(node, {
            type: "Acknowledgement",
            body,
            action: other,
            precedence: enumName("Precedence", subject.header.precedence),
            thread,
            seen: [unhex(subject.digest)],
        });
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

    show(node) {
        for (const entry of node.post.statements.values()) tell(told(node, entry));
    },

    export(node, [out]) {
        writeFileSync(out, node.transcript());
    },
};

/** The newest readback of a statement of this post, which its sender answers. */
function readbackOf(node, subject) {
    const about = (entry) =>
        entry.name === "Acknowledgement" &&
        saying(entry)[1] === "READBACK" &&
        Buffer.from(entry.body.subject).toString("hex") === subject.digest;
    const found = [...node.post.statements.values()].filter(about).at(-1);
    refuseIf(!found, "NOT_HELD", "nobody has read it back");
    return found;
}

function stageOf(word, readback) {
    const decision = (value) => ({ decision: { value: `VALUE_${value}`, reason: options.reason } });
    const compliance = (value) => ({ compliance: { value: `VALUE_${value}`, remark: options.reason } });
    const answer = (verdict) => ({
        readback_answer: { readback: readback(), verdict: `VERDICT_${verdict}`, correction: options.reason },
    });
    switch (word) {
        case "read":
            return { read: {} };
        case "readback":
            return {
                readback: {
                    fields: options.field.map(pair("path", "value")),
                    words: { ...pair("language", "text")(options.text ?? ""), role: "ROLE_AUTHENTIC" },
                },
            };
        case "confirm":
            return answer("CONFIRMED");
        case "correct":
            return answer("CORRECTED");
        case "passed":
            return { passed: { to: options.reason } };
        case "accept":
            return decision("ACCEPTED");
        case "decline":
            return decision("DECLINED");
        case "not-understood":
            return decision("NOT_UNDERSTOOD");
        case "no-reply":
            return decision("NO_REPLY_INTENDED");
        default:
            return compliance(word.toUpperCase().replace("-", "_"));
    }
}

const pair = (first, second) => (given) => ({
    [first]: given.slice(0, given.indexOf("=")),
    [second]: given.slice(given.indexOf("=") + 1),
});

const node = new Node(options.config);
try {
    await COMMANDS[command](node, words);
} catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell({ error: error.code, detail: error.message });
    process.exitCode = 1;
} finally {
    await node.close();
}
