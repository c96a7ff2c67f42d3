// Runs the specification's test vectors: node vectors.mjs DIR [CASE...]. Exit status 1 if one fails.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { hex, sha256, unhex } from "./lib/bytes.mjs";
import { digestOf, openEnvelope, pae } from "./lib/envelope.mjs";
import { verifyHead } from "./lib/head.mjs";
import { judge, texts } from "./lib/judge.mjs";
import { marks } from "./lib/ladder.mjs";
import { places } from "./lib/log.mjs";
import { Trust, ZERO } from "./lib/papers.mjs";
import { Post } from "./lib/post.mjs";
import { Refusal, refuseIf } from "./lib/refusal.mjs";
import { brokenRules, enumName, millis, open, type } from "./lib/schema.mjs";
import { scan } from "./lib/scan.mjs";
import { fromBinary } from "@bufbuild/protobuf";
import { verifyTranscript } from "./lib/transcript.mjs";

const [root, ...wanted] = process.argv.slice(2);
const common = (name) => join(root, "_common", name);

const KINDS = {
    pae: runPae,
    statement: runStatement,
    rules: runRules,
    head: runHead,
    link: runLink,
    frame: runFrame,
    agreement: runAgreement,
    directory: runDirectory,
    transcript: runTranscript,
};

function runCase(id) {
    const vector = parse(readFileSync(join(root, id, "case.yaml"), "utf8"));
    vector.given ??= {};
    vector.read = (name) =>
        new Uint8Array(readFileSync(existsSync(join(root, id, name)) ? join(root, id, name) : common(name)));
    const facts = {};
    let code = "";
    try {
        refuseIf(!KINDS[vector.kind], "KIND_NOT_COVERED", vector.kind);
        KINDS[vector.kind](vector, vector.read("input.bin"), facts);
    } catch (error) {
        if (!(error instanceof Refusal)) throw Object.assign(error, { message: `${id}: ${error.message}` });
        code = error.code;
    }
    return judgeCase(vector, code, facts);
}

/** What is wrong, or nothing. */
function judgeCase(vector, code, facts) {
    const wrong = [];
    const verdicts = {
        valid: code === "",
        invalid: code === vector.code,
        acceptable: code === "" || code === vector.code,
    };
    if (!verdicts[vector.expected])
        wrong.push(`expected ${vector.expected} ${vector.code ?? ""}, got ${code || "valid"}`);
    for (const [name, expected] of Object.entries(vector.facts ?? {}))
        if (!isDeepStrictEqual(facts[name], expected))
            wrong.push(`${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(facts[name])}`);
    return { kind: vector.kind, wrong };
}

function trustOf({ given, read }, directories = ["directory-aus.bin", "directory-chn.bin"]) {
    const agreements = ["agreement.bin", ...(given.revisions ?? [])];
    const first = given.agreement ?? agreements[0];
    return Trust.open(
        [first, ...agreements.slice(1)].map((name) => open("SignedAgreement", read(name))),
        (given.directories ?? directories).map((name) => open("Envelope", read(name))),
    );
}

function runPae({ given }, input, facts) {
    const encoded = pae(given.payload_type, input);
    Object.assign(facts, { pae: hex(encoded), digest: hex(sha256(encoded)) });
}

function runStatement(vector, input, facts) {
    const { post, sealed_at_ms: sealedAt, epoch = 1 } = vector.given;
    const trust = trustOf(vector);
    const { envelope, signers, digest } = openEnvelope(input, "Statement", trust.signers());
    facts.digest = digest;
    readable(envelope, facts);
    const entry = {
        digest,
        post,
        epoch,
        sequence: 1,
        sealedAt,
        ...judge(trust, envelope, signers, { post, epoch, sealedAt }),
    };
    facts.texts = texts(entry.header);
    facts.marks = marks({ trust, statements: new Map() }, entry);
}

/** What is shown of a statement even if it is refused (REQ-STMT-2). */
function readable(envelope, facts) {
    try {
        const { header, bodyType } = open("Statement", envelope.payload);
        Object.assign(facts, {
            from_post: header.fromPost,
            precedence: enumName("Precedence", header.precedence),
            body_type: bodyType,
        });
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
    }
}

function runRules({ given }, input, facts) {
    open(given.type, input);
    facts.broken = given.broken.map(({ body }) => {
        const bytes = unhex(body);
        scan(type(given.type), bytes);
        return brokenRules(given.type, fromBinary(type(given.type), bytes)).join(", ");
    });
}

function runHead(vector, input, facts) {
    const envelope = open("Envelope", input);
    facts.digest = digestOf(envelope);
    const { post, epoch, sequence, beat } = verifyHead(trustOf(vector), envelope, vector.given);
    Object.assign(facts, { post, epoch, sequence, beat });
}

function runLink({ given, read }, input, facts) {
    const start = given.start ?? ZERO;
    const held = given.held ? places(given.channel, open("LinkRun", read(given.held)), start) : [];
    const run = open("LinkRun", input);
    refuseIf(Number(run.first) > held.length + 1, "LINKS_GAP");
    const found = places(given.channel, run, run.first === 1n ? start : held[Number(run.first) - 2].chain);
    facts.link_digests = found.map((place) => place.chain);
    const { sequence, chain } = found.at(-1);
    refuseIf(sequence !== given.head.sequence || chain !== given.head.link_digest, "LINKS_NOT_COVERED");
    refuseIf(
        found.some((place) => held[place.sequence - 1] && held[place.sequence - 1].chain !== place.chain),
        "FORK",
    );
}

function runFrame(vector, input, facts) {
    const { receiver, now_ms: now, before = [], staffed = true, server } = vector.given;
    const post = new Post(receiver, trustOf(vector));
    post.staffed = staffed;
    for (const earlier of before) post.take(vector.read(earlier.file), earlier.now_ms, { server: earlier.server });
    post.take(input, now, { server });
    const said = [...post.receipts.values()].map(({ receipt }) => receiptLine(receipt));
    facts.receipts = said
        .sort((a, b) => a.post.localeCompare(b.post) || a.sequence - b.sequence || a.order - b.order)
        .map((one) => one.line);
    refuseIf(
        said.some((one) => one.code),
        said.find((one) => one.code)?.code,
    );
}

function receiptLine({ post, sequence, fact: { case: kind, value } }) {
    const order = ["receivedAt", "presented", "refused", "unstaffedAt"].indexOf(kind);
    const word = ["RECEIVED", "PRESENTED", `REFUSED:${value.code}`, "UNSTAFFED"][order];
    return {
        post,
        sequence: Number(sequence),
        order,
        code: value.code,
        line: `${post} ${sequence} ${word} ${millis(value.at ?? value)}`,
    };
}

function runAgreement({ given, read }, input, facts) {
    const signed = open("SignedAgreement", input);
    const held = (given.held ?? []).map((name) => open("SignedAgreement", read(name)));
    const trust = Trust.open(held.length ? held : [signed], [], held.length ? undefined : given.pin);
    if (held.length) trust.takeRevision(signed);
    const digest = digestOf(signed.envelopes[0]);
    const { channel, kind, revision, parties } = trust.revision(digest).message;
    Object.assign(facts, {
        digest,
        channel,
        revision: Number(revision),
        kind: enumName("Kind", kind),
        parties: parties.map((party) => party.id),
    });
}

function runDirectory(vector, input, facts) {
    const trust = trustOf(vector, ["directory-chn.bin"]);
    const envelope = open("Envelope", input);
    trust.takeDirectory(envelope);
    const { party, version, posts } = open("Directory", envelope.payload);
    const epochs = posts.map((post) => `${post.id} ${post.node.epoch}`);
    Object.assign(facts, {
        digest: digestOf(envelope),
        party,
        version: Number(version),
        posts: posts.map((post) => post.id),
        epochs,
    });
}

function runTranscript({ given }, input, facts) {
    const told = verifyTranscript(input, given.pin);
    Object.assign(facts, { agreement_digest: told.agreementDigest, pinned: told.pinned, exporter: told.exporter });
    facts.logs = told.logs.map(
        (log) => `${log.post} epoch ${log.epoch} complete to ${log.completeTo} of ${log.namedTo}`,
    );
    facts.proved = told.messages.flatMap((message) =>
        message.addressees.flatMap(({ post, stages }) =>
            stages.map(({ stage, value, mark }) =>
                [message.digest, post, stage, value, mark].filter(Boolean).join(" "),
            ),
        ),
    );
    facts.marks = told.messages.flatMap((message) => message.marks.map((mark) => `${message.digest} ${mark}`)).sort();
}

const ids = wanted.length
    ? wanted
    : readdirSync(root, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name !== "_common")
          .map((entry) => entry.name);
const tally = {};
for (const id of ids.sort()) {
    const { kind, wrong } = runCase(id);
    const count = (tally[kind] ??= { passed: 0, failed: 0 });
    count[wrong.length ? "failed" : "passed"] += 1;
    for (const fault of wrong) console.log(`FAILED ${id}: ${fault}`);
}
for (const [kind, { passed, failed }] of Object.entries(tally))
    console.log(`${kind.padEnd(12)} passed ${passed}, failed ${failed}`);
const total = (name) => Object.values(tally).reduce((sum, count) => sum + count[name], 0);
console.log(`${"all".padEnd(12)} passed ${total("passed")}, failed ${total("failed")}`);
process.exitCode = total("failed") ? 1 : 0;
