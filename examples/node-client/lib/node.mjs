// One post at work: its papers, keys, journal, timers and line, from a configuration file.

import { createPrivateKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { lineTest, queries } from "./asking.mjs";
import { concat, hex, same, sha256, unhex } from "./bytes.mjs";
import { Clock } from "./clock.mjs";
import { digestOf, sealed } from "./envelope.mjs";
import { Journal } from "./journal.mjs";
import { Line } from "./line.mjs";
import { Trust } from "./papers.mjs";
import { Post } from "./post.mjs";
import { refuseIf } from "./refusal.mjs";
import { encode, enumName, enumNumber, fromJSON, make, open, timestamp } from "./schema.mjs";
import { fingerprint, publicKeyOf, sign } from "./signing.mjs";
import { Timers } from "./timers.mjs";
import { CLOSING_TAG, framed } from "./transcript.mjs";

/** The seed of a key file: JSON whose `private_key` is PKCS #8 in PEM (RFC 8410). No key serves both kinds (REQ-KIND-1). */
export function readSeed(path, kind) {
    const { private_key: key, kind: own } = JSON.parse(readFileSync(path, "utf8"));
    refuseIf(own !== kind, "WRONG_KIND", path);
    return new Uint8Array(Buffer.from(createPrivateKey(key).export({ format: "jwk" }).d, "base64url"));
}

export class Node {
    onChange = () => {};
    onRefused = (code, peer) => console.error(`a Frame of ${peer} was refused: ${code}`);

    constructor(path) {
        const config = parse(readFileSync(path, "utf8"));
        const at = (name) => resolve(dirname(path), name);
        const read = (name) => new Uint8Array(readFileSync(at(name)));
        this.config = config;
        this.tls = { key: readFileSync(at(config.tls_key)), certificate: readFileSync(at(config.tls_certificate)) };
        this.journal = new Journal(at(config.journal));
        const first = [config.agreement].flat().map((name) => open("SignedAgreement", read(name)));
        this.trust = Trust.open(
            first,
            config.directories.map((name) => open("Envelope", read(name))),
            config.pin,
        );
        this.trust.checkComplete();
        this.kind = enumName("Kind", this.trust.first.kind);
        this.seed = readSeed(at(config.node_key), this.kind);
        this.clock = new Clock(this.trust.first);
        this.post = new Post(config.post, this.trust, (now, kind, value) => this.journal.keep(now, kind, value));
        if (!same(this.trust.posts.get(config.post).key, publicKeyOf(this.seed)))
            throw new Error(`${config.node_key} is not the key listed for ${config.post}`);
        this.timers = new Timers(this.post);
        this.#restore();
        this.line = new Line(this, this.tls);
    }

    #restore() {
        for (const record of [...this.journal.records]) {
            this.post.restore(record);
            const { case: kind, value } = record.fact;
            if (kind === "verdict") this.timers.restore(value, hex(value.statementDigest));
            if (kind === "statement" && value.post === this.post.id)
                this.#arm(this.post.log(value.post, Number(value.epoch))[Number(value.sequence) - 1]);
        }
    }

    /** After a restart what is left of a timer is taken from UTC (REQ-TIMER-4). */
    #arm(place) {
        const entry = this.post.statements.get(place.digest);
        this.timers.arm(entry, this.clock.monotonic(), this.clock.now() - entry.sealedAt);
    }

    commit() {
        this.journal.commit();
    }

    /** Verdicts that fell since the last look. */
    verdicts() {
        const fallen = this.timers.look(this.clock.now(), this.clock.monotonic());
        this.commit();
        return fallen;
    }

    /** What this node says by itself, once it may seal: queries about what is overdue, and tests of the line. */
    speak() {
        if (!this.line.confirmed) return;
        const now = this.clock.now();
        this.opened ??= now;
        this.verdicts();
        const drafts = [...queries(this.post, this.timers, now), lineTest(this.post, this.opened, now)];
        for (const envelope of this.post.waiting.values()) this.submit(envelope);
        for (const draft of drafts.filter(Boolean)) this.say(draft, [this.seed]);
    }

    /** Resolve once `holds` gives something, which may be at once, or with undefined when the time is up. */
    until(holds, seconds) {
        return new Promise((done) => {
            const now = holds();
            if (now) return done(now);
            const timer = setTimeout(() => done(undefined), seconds * 1000);
            const previous = this.onChange;
            this.onChange = () => {
                previous();
                const found = holds();
                if (!found) return;
                clearTimeout(timer);
                this.onChange = previous;
                done(found);
            };
        });
    }

    /** Sign a statement with officers' keys, seal and send it. */
    say(draft, seeds) {
        return this.submit(sealed("Statement", this.compose(draft), seeds));
    }

    /** A statement to be signed. `draft`: type, body (protobuf JSON), action, and header fields. */
    compose({ type, body, action, precedence, stage, ...header }) {
        const now = this.clock.now();
        const statement = make("Statement", {
            bodyType: `hotline.v1.${type}`,
            body: encode(type, fromJSON(type, body)),
            header: make("StatementHeader", {
                channel: this.trust.first.channel,
                agreementDigest: unhex(this.trust.inForce(now).digest),
                kind: this.trust.first.kind,
                fromPost: this.post.id,
                action,
                nonce: randomBytes(16),
                composedAt: make("google.protobuf.Timestamp", timestamp(now)),
                precedence: enumNumber("Precedence", precedence),
                stageRequested: stage ? enumNumber("Stage", stage) : 0,
                ...header,
            }),
        });
        return encode("Statement", statement);
    }

    /** Seal and send what was signed; keep it until a peer has shown where this post's log stands (REQ-HELLO-2). */
    submit(envelope) {
        if (!this.line.confirmed) {
            this.post.hand(envelope, this.clock.now());
            this.commit();
            return { digest: digestOf(envelope), sequence: 0 };
        }
        const entry = this.post.seal(envelope, this.clock.now());
        this.timers.arm(entry, this.clock.monotonic());
        this.commit();
        this.line.sealed();
        return entry;
    }

    /** What this node holds, as a transcript (spec 05, section 1). */
    transcript() {
        const at = make("google.protobuf.Timestamp", timestamp(this.clock.now()));
        const record = (kind, value) => framed(make("Record", { at, fact: { case: kind, value } }));
        const papers = this.trust.parties.flatMap((party) => this.trust.directories.get(party) ?? []);
        const facts = this.journal.records.filter(({ fact }) => !["agreement", "directory"].includes(fact.case));
        const before = concat(
            record("opening", make("Opening", { format: "hotline transcript 1", exporter: this.post.id })),
            ...this.trust.revisions.map((revision) => record("agreement", revision.signed)),
            ...papers.map(({ envelope }) => record("directory", envelope)),
            ...facts.map(framed),
        );
        const digest = sha256(before);
        const closing = make("Closing", {
            digest,
            keyid: unhex(fingerprint(publicKeyOf(this.seed))),
            sig: sign(this.seed, concat(CLOSING_TAG, digest)),
        });
        return concat(before, record("closing", closing));
    }

    async close() {
        await this.line.stop();
        this.journal.close();
    }
}
