// What one post holds of a channel, and what a Frame changes in it (spec 03, section 4). No file, socket or clock: time
// comes in as an argument, records go out through `keep`, which must make them durable before it returns.

import { hex, unhex } from "./bytes.mjs";
import { digestOf, seal, verifyEnvelope } from "./envelope.mjs";
import { verifyHead } from "./head.mjs";
import { judge } from "./judge.mjs";
import { places } from "./log.mjs";
import { Refusal, refuseIf } from "./refusal.mjs";
import { make, millis, open, timestamp } from "./schema.mjs";

const FRAME_MAX = 4 * 1024 * 1024;

export class Post {
    constructor(id, trust, keep = () => {}) {
        Object.assign(this, { id, trust, keep });
        this.logs = new Map(); // "post epoch": places of the log that came first, in order
        this.branches = []; // places of other branches
        this.peers = new Map(); // post: {epoch, beat, head}, the newest Head of each
        this.statements = new Map(); // digest: entry, see ladder.mjs
        this.refusals = new Map(); // "post epoch sequence digest": code, of what was refused in that place
        this.waiting = new Map(); // digest: envelope, of what was signed here and has no place yet
        this.facts = []; // what nodes said
        this.receipts = new Map(); // key: {receipt, beat}, what is still to be said
        this.echoes = new Map(); // post: {hello, beat}
        this.counters = {};
        this.staffed = false;
        this.beat = 0;
    }

    get epoch() {
        return this.trust.posts.get(this.id).epoch;
    }

    log(post, epoch) {
        const key = `${post} ${epoch}`;
        if (!this.logs.has(key)) this.logs.set(key, []);
        return this.logs.get(key);
    }

    /** A refusal that changes a counter and nothing else. */
    #counted(error) {
        if (!(error instanceof Refusal)) throw error;
        this.count(error.code);
    }

    count(code) {
        this.counters[code] = (this.counters[code] ?? 0) + 1;
    }

    /**
     * Take a Frame; a Refusal refuses the whole. `pin` is that of the connection, `server` the post that served it where it
     * was fetched. The verified Head.
     */
    take(bytes, now, { pin, server } = {}) {
        refuseIf(bytes.length > FRAME_MAX, "TOO_LARGE");
        const frame = open("Frame", bytes);
        this.#takePapers(frame, now);
        const head = verifyHead(this.trust, frame.head, { receiver: this.id, pin });
        const found = frame.links.filter((run) => run.post === head.post).map((run) => this.#checkRun(run, head));
        this.#checkPosition(head, found.flat());
        this.#record(head, found, now);
        for (const envelope of frame.statements) this.#takeStatement(envelope, now, server ?? head.post);
        for (const receipt of head.head.receipts) this.#hear(head.post, receipt);
        return head;
    }

    #takePapers(frame, now) {
        const each = (papers, take, field) => {
            for (const paper of papers)
                try {
                    if (take(paper)) this.keep(now, field, paper);
                } catch (error) {
                    this.#counted(error);
                }
        };
        each(frame.agreements, (paper) => this.trust.takeRevision(paper), "agreement");
        each(frame.directories, (paper) => this.trust.takeDirectory(paper), "directory");
    }

    /** The places of a run, once they lead to what is signed (REQ-LOG-3). A run with a gap before it is not taken. */
    #checkRun(run, head) {
        const [post, epoch, first] = [run.post, Number(run.epoch), Number(run.first)];
        const log = this.log(post, epoch);
        if (first > log.length + 1) return [];
        const held = [...log, ...this.branches.filter((place) => place.post === post && place.epoch === epoch)];
        const before =
            first === 1
                ? [this.trust.start(post, epoch)]
                : held.filter((place) => place.sequence === first - 1).map((place) => place.chain);
        for (const previous of before.filter(Boolean)) {
            const found = places(this.trust.first.channel, run, previous);
            if (this.#signed(found.at(-1), head)) return found;
        }
        return refuseIf(true, "LINKS_NOT_COVERED", `${post} ${epoch}`);
    }

    #signed({ post, epoch, sequence, chain }, head) {
        const closure = this.trust.closure(post, epoch);
        if (closure?.sequence === sequence && closure.digest === chain) return true;
        return head.epoch === epoch && head.sequence === sequence && hex(head.head.log.linkDigest) === chain;
    }

    /** What the Head signs must not contradict what is held (REQ-LOG-4). */
    #checkPosition(head, found) {
        const { post, epoch, sequence } = head;
        const chain = hex(head.head.log.linkDigest);
        const log = this.log(post, epoch);
        if (sequence > log.length) return;
        const held = sequence === 0 ? this.trust.start(post, epoch) : log[sequence - 1].chain;
        const known = [...this.branches, ...found].some(
            (place) => place.post === post && place.epoch === epoch && place.chain === chain,
        );
        refuseIf(held !== chain && !known, "FORK", `${post} ${epoch} ${sequence}`);
    }

    #record(head, found, now) {
        const fresh = found.map((run) => run.filter((place) => !this.place(place))).filter((run) => run.length);
        const peer = this.peers.get(head.post);
        const newer = !peer || head.epoch > peer.epoch || (head.epoch === peer.epoch && head.beat > peer.beat);
        if (newer || fresh.length) this.keep(now, "headHeld", head.envelope);
        for (const run of fresh) this.keep(now, "links", runOf(run));
        if (newer) {
            this.peers.set(head.post, head);
            this.#settle(head);
            if (head.head.hello.length) this.echoes.set(head.post, { hello: head.head.hello });
        }
        for (const place of fresh.flat()) this.addPlace(place);
    }

    addPlace(place) {
        const log = this.log(place.post, place.epoch);
        if (place.sequence === log.length + 1 && (log.at(-1)?.chain ?? place.previous) === place.previous)
            log.push(place);
        else this.branches.push(place);
    }

    /** A place that is held, by its link digest. */
    place({ post, epoch, chain }) {
        return [...this.log(post, epoch), ...this.branches].find((place) => place.chain === chain);
    }

    placesOf(digest) {
        return [...[...this.logs.values()].flat(), ...this.branches].filter((place) => place.digest === digest);
    }

    #takeStatement(envelope, now, from) {
        try {
            const signers = verifyEnvelope(envelope, "Statement", this.trust.signers());
            const digest = digestOf(envelope);
            const found = this.placesOf(digest);
            if (!found.length) this.count("NO_LINK");
            for (const place of found) this.#takeAt(envelope, signers, place, now, from);
        } catch (error) {
            this.#counted(error);
        }
    }

    /** Judge a statement in a place, once; give its receipt, again if need be. */
    #takeAt(envelope, signers, place, now, from) {
        if (!this.#isSettled(place)) this.admit(envelope, signers, place, now, { firstHand: place.post === from });
        if (place.post !== this.id) this.#receipt(place);
    }

    /** A statement that is new in this place, from a peer, from this post or from the journal. */
    admit(envelope, signers, place, now, { recorded, firstHand = true } = {}) {
        const entry = { ...place, envelope, sealedAt: Number(place.link.sealedAtMs), receivedAt: now };
        try {
            refuseIf(this.statements.has(place.digest), "REPLAYED");
            Object.assign(entry, judge(this.trust, envelope, signers, entry));
            refuseIf(
                place.link.size !== envelope.payload.length || place.link.precedence !== entry.header.precedence,
                "SIZE_MISMATCH",
            );
            entry.unstaffed = recorded?.unstaffed ?? (!this.staffed && asks(entry, this.id));
            this.statements.set(place.digest, entry);
        } catch (error) {
            if (!(error instanceof Refusal) || (error.ofSignatures && !firstHand)) throw error;
            entry.refused = error.code;
            this.refusals.set(keyOf(place), { code: error.code, at: now });
        }
        if (!recorded) this.keep(now, "statement", heldStatement(entry, envelope));
        if (place.post === this.id) this.waiting.delete(place.digest);
        if (entry.name === "QueryAck" && !entry.refused) this.#sayAgain(entry);
        return entry;
    }

    /** A peer asks again about a statement of its own: what this node said of it is said again (REQ-SILENCE-1). */
    #sayAgain({ post, header, body }) {
        const about = this.statements.get(hex(body.subject));
        if (about?.post === post && header.action.includes(this.id)) this.#receipt(about);
    }

    /** Places in logs of other posts whose statement is neither held nor refused, as runs: {post, epoch, first, last}. */
    gaps() {
        const found = [];
        for (const place of [...this.logs.values()].flat()) {
            if (place.post === this.id || this.#isSettled(place)) continue;
            const { post, epoch, sequence } = place;
            const run = found.at(-1);
            if (run?.post === post && run.epoch === epoch && run.last === sequence - 1) run.last = sequence;
            else found.push({ post, epoch, first: sequence, last: sequence });
        }
        return found;
    }

    /** What peers' Heads show to be held of a third post's log and is not held here, with who holds it (REQ-FORK-4). */
    shown() {
        return [...this.peers].flatMap(([server, { head }]) =>
            head.held
                .map(({ post, epoch, sequence }) => ({
                    post,
                    epoch: Number(epoch),
                    first: this.log(post, Number(epoch)).length + 1,
                    last: Number(sequence),
                    servers: [server],
                }))
                .filter(({ post, first, last }) => post !== this.id && first <= last),
        );
    }

    #isSettled(place) {
        const entry = this.statements.get(place.digest);
        return this.refusals.has(keyOf(place)) || (entry && samePlace(entry, place));
    }

    #receipt(place) {
        const refusal = this.refusals.get(keyOf(place));
        const entry = this.statements.get(place.digest);
        const base = {
            post: place.post,
            epoch: BigInt(place.epoch),
            sequence: BigInt(place.sequence),
            statementDigest: unhex(place.digest),
        };
        const say = (kind, value) =>
            this.receipts.set(`${keyOf(place)} ${kind}`, {
                receipt: make("Receipt", { ...base, fact: { case: kind, value } }),
            });
        if (refusal) return say("refused", make("Refusal", { code: refusal.code, at: timestamp(refusal.at) }));
        say("receivedAt", stamp(entry.receivedAt));
        if (entry.presented)
            say(
                "presented",
                make("Presented", { position: entry.presented.position, at: timestamp(entry.presented.at) }),
            );
        else if (entry.unstaffed) say("unstaffedAt", stamp(entry.receivedAt));
    }

    /** A statement was shown at a staffed position. */
    present(digest, position, now) {
        this.keep(now, "shown", make("ShownHere", { statementDigest: unhex(digest), position }));
        this.#show(digest, position, now);
    }

    #show(digest, position, now) {
        const entry = this.statements.get(digest);
        entry.presented = { position, at: now };
        this.#receipt(entry);
    }

    /** Receipts and echoes that this peer has seen need not be said again (REQ-HEAD-4, REQ-HELLO-1). */
    #settle(head) {
        const of = head.head.held.find((position) => position.post === this.id);
        const seen = head.head.beatsSeen.find((beat) => beat.post === this.id);
        if (!seen || (of && Number(of.epoch) !== this.epoch)) return;
        for (const [key, { receipt, beat }] of this.receipts)
            if (receipt.post === head.post && beat <= Number(seen.beat)) this.receipts.delete(key);
        const echo = this.echoes.get(head.post);
        if (echo && echo.beat <= Number(seen.beat)) this.echoes.delete(head.post);
    }

    #hear(by, receipt) {
        const { case: kind, value } = receipt.fact;
        const [stage, word, at] = {
            receivedAt: () => ["DELIVERED", "RECEIVED", value],
            refused: () => ["DELIVERED", "REFUSED", value.at],
            presented: () => ["PRESENTED", "PRESENTED", value.at],
            unstaffedAt: () => ["PRESENTED", "UNSTAFFED", value],
        }[kind]();
        const fact = {
            digest: hex(receipt.statementDigest),
            post: receipt.post,
            epoch: Number(receipt.epoch),
            sequence: Number(receipt.sequence),
            by,
            stage,
            value: word,
            at: millis(at),
        };
        const known = this.facts.some(
            (other) =>
                other.digest === fact.digest &&
                other.by === by &&
                other.value === word &&
                other.sequence === fact.sequence,
        );
        if (!known) this.facts.push(fact);
    }

    /** The next Head, signed and kept. `more`: hello or types. */
    makeHead(now, seed, more = {}) {
        this.beat += 1;
        for (const said of [...this.receipts.values(), ...this.echoes.values()]) said.beat ??= this.beat;
        const revision = this.trust.inForce(now) ?? this.trust.revisions.at(-1);
        const last = this.log(this.id, this.epoch).at(-1);
        const head = make("Head", {
            channel: this.trust.first.channel,
            agreementDigest: unhex(revision.digest),
            kind: this.trust.first.kind,
            log: this.position(this.id, this.epoch, last),
            beat: BigInt(this.beat),
            madeAt: timestamp(now),
            beatsSeen: [...this.peers].map(([post, peer]) => make("PeerBeat", { post, beat: BigInt(peer.beat) })),
            held: this.others().map((post) => this.#heldOf(post)),
            receipts: [...this.receipts.values()].map((said) => said.receipt),
            staffed: this.staffed,
            directories: [...this.trust.directories].map(([party, versions]) =>
                make("DirectoryHeld", {
                    party,
                    version: BigInt(versions.length),
                    digest: unhex(versions.at(-1).digest),
                }),
            ),
            echoes: [...this.echoes].map(([post, { hello }]) => make("HelloEcho", { post, hello })),
            agreementRevision: BigInt(this.trust.revisions.length),
            agreementHeldDigest: unhex(this.trust.revisions.at(-1).digest),
            ...more,
        });
        const envelope = seal("Head", head, [seed]);
        this.keep(now, "headMade", envelope);
        return envelope;
    }

    /** Whether something is to be said that no Head has carried yet. */
    hasNews() {
        return [...this.receipts.values(), ...this.echoes.values()].some((said) => said.beat === undefined);
    }

    /** Whether a peer shows a position of this post's log that is not held here: this node was rolled back (REQ-HELLO-3). */
    lacks({ epoch, sequence, linkDigest }) {
        if (Number(epoch) !== this.epoch) return Number(epoch) > this.epoch;
        const log = this.log(this.id, this.epoch);
        return sequence > 0n && log[Number(sequence) - 1]?.chain !== hex(linkDigest);
    }

    /** What a peer is not known to hold: links, statements by precedence, revisions, versions. */
    owed(peer) {
        const { head } = this.peers.get(peer);
        const at = head.held.find((position) => position.post === this.id);
        const known = at && Number(at.epoch) === this.epoch && !this.lacks(at);
        const from = known ? Number(at.sequence) : 0;
        const log = this.log(this.id, this.epoch);
        const receipted = new Set(
            this.facts.filter((fact) => fact.by === peer && fact.stage === "DELIVERED").map((fact) => fact.digest),
        );
        const statements = log
            .map((place) => this.statements.get(place.digest))
            .filter((entry) => !receipted.has(entry.digest));
        const version = (party) => Number(head.directories.find((held) => held.party === party)?.version ?? 0);
        return {
            links: log.length > from ? [runOf(log.slice(from))] : [],
            statements: statements
                .sort((a, b) => b.header.precedence - a.header.precedence)
                .slice(0, 1024)
                .map((entry) => entry.envelope),
            agreements: this.trust.revisions.slice(Number(head.agreementRevision)).map((revision) => revision.signed),
            directories: [...this.trust.directories].flatMap(([party, versions]) =>
                versions.slice(version(party)).map((held) => held.envelope),
            ),
        };
    }

    /** Keep a signed statement until it may have its place; it holds no number (REQ-HELLO-2). */
    hand(envelope, now) {
        this.#judged(envelope, now);
        this.keep(now, "waiting", envelope);
        this.waiting.set(digestOf(envelope), envelope);
    }

    /** A statement of this post, sealed now. A Refusal if any node would refuse it. */
    #judged(envelope, now) {
        const signers = verifyEnvelope(envelope, "Statement", this.trust.signers());
        const where = { post: this.id, epoch: this.epoch, sealedAt: now };
        return { signers, ...judge(this.trust, envelope, signers, where) };
    }

    /** Give a signed statement its place: the moment of release (REQ-LOG-1). */
    seal(envelope, now) {
        const { header, signers } = this.#judged(envelope, now);
        const log = this.log(this.id, this.epoch);
        const link = make("Link", {
            statementDigest: unhex(digestOf(envelope)),
            sealedAtMs: BigInt(now),
            precedence: header.precedence,
            size: envelope.payload.length,
        });
        const run = make("LinkRun", {
            post: this.id,
            epoch: BigInt(this.epoch),
            first: BigInt(log.length + 1),
            links: [link],
        });
        const [place] = places(
            this.trust.first.channel,
            run,
            log.at(-1)?.chain ?? this.trust.start(this.id, this.epoch),
        );
        this.keep(now, "links", run);
        this.addPlace(place);
        return this.admit(envelope, signers, place, now);
    }

    /** Take a record of the journal, in the order in which it became durable. */
    restore({ at, fact: { case: kind, value } }) {
        const now = millis(at);
        if (kind === "agreement") this.trust.takeRevision(value);
        if (kind === "directory") this.trust.takeDirectory(value);
        if (kind === "headMade") this.#sent(open("Head", value.payload));
        if (kind === "headHeld") this.#restoreHead(value);
        if (kind === "links") this.#restoreRun(value);
        if (kind === "statement") this.#restoreStatement(value, now);
        if (kind === "waiting") this.waiting.set(digestOf(value), value);
        if (kind === "shown") this.#show(hex(value.statementDigest), value.position, now);
    }

    #restoreHead(envelope) {
        const head = verifyHead(this.trust, envelope);
        const peer = this.peers.get(head.post);
        this.restored = head;
        if (!peer || head.epoch > peer.epoch || head.beat > peer.beat) this.peers.set(head.post, head);
        this.#settle(head);
        for (const receipt of head.head.receipts) this.#hear(head.post, receipt);
    }

    #restoreRun(run) {
        const log = this.log(this.id, this.epoch);
        const own = () =>
            places(this.trust.first.channel, run, log.at(-1)?.chain ?? this.trust.start(this.id, this.epoch));
        const found = run.post === this.id ? own() : this.#checkRun(run, this.restored);
        found.filter((place) => !this.place(place)).forEach((place) => this.addPlace(place));
    }

    #restoreStatement(record, now) {
        const digest = digestOf(record.envelope);
        const place = this.placesOf(digest).find(
            (held) =>
                held.post === record.post &&
                held.sequence === Number(record.sequence) &&
                held.epoch === Number(record.epoch),
        );
        const signers = verifyEnvelope(record.envelope, "Statement", this.trust.signers());
        this.admit(record.envelope, signers, place, now, { recorded: record });
        if (place.post !== this.id) this.#receipt(place);
    }

    #sent(head) {
        this.beat = Number(head.beat);
        for (const said of [...this.receipts.values(), ...this.echoes.values()]) said.beat ??= this.beat;
    }

    others() {
        return [...this.trust.posts.values()]
            .filter((post) => post.listed && post.id !== this.id)
            .map((post) => post.id);
    }

    #heldOf(post) {
        const epoch = this.peers.get(post)?.epoch ?? this.trust.posts.get(post).epoch;
        return this.position(post, epoch, this.log(post, epoch).at(-1));
    }

    position(post, epoch, last) {
        const linkDigest = unhex(last?.chain ?? this.trust.start(post, epoch));
        return make("LogPosition", { post, epoch: BigInt(epoch), sequence: BigInt(last?.sequence ?? 0), linkDigest });
    }
}

const keyOf = (place) => `${place.post} ${place.epoch} ${place.sequence} ${place.digest}`;
const samePlace = (entry, place) =>
    entry.post === place.post && entry.epoch === place.epoch && entry.sequence === place.sequence;
const stamp = (ms) => make("google.protobuf.Timestamp", timestamp(ms));
const asks = ({ header }, post) => header.action.includes(post) && header.stageRequested > 1;

export const runOf = (found) =>
    make("LinkRun", {
        post: found[0].post,
        epoch: BigInt(found[0].epoch),
        first: BigInt(found[0].sequence),
        links: found.map((place) => place.link),
    });

const heldStatement = (entry, envelope) =>
    make("HeldStatement", {
        envelope,
        post: entry.post,
        epoch: BigInt(entry.epoch),
        sequence: BigInt(entry.sequence),
        refused: entry.refused ?? "",
        unstaffed: entry.unstaffed ?? false,
    });
