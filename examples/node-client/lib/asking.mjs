// What a node does by itself when something is missing: statements it lacks (REQ-LOG-6), stages that are overdue
// (REQ-SILENCE-1), and the line itself, which it tests (REQ-LINE-2). Going round a silent post (REQ-SILENCE-2) is left out.

import { hex, unhex } from "./bytes.mjs";
import { ladder, marks } from "./ladder.mjs";
import { enumName, enumNumber, millis } from "./schema.mjs";

const BY_NODES = ["QueryAck", "Escalated", "ChannelTest"];
const base64 = (digest) => Buffer.from(unhex(digest)).toString("base64");

/**
 * Gaps, each asked for once it is older than `fetch_after`: first of its own post, then of the others in turn; and the
 * end of a log that only others have shown, of those who have.
 */
export class Gaps {
    #known = new Map(); // what is missing: {due, asked}

    constructor(post, fetchAfter) {
        Object.assign(this, { post, fetchAfter });
    }

    /** What is to be asked for now, and of whom; each time after a longer wait. `monotonic` in the milliseconds of `fetchAfter`. */
    due(monotonic) {
        const open = [...this.post.gaps(), ...this.post.shown()].map((gap) => ({
            ...gap,
            key: `${gap.post} ${gap.epoch} ${gap.first} ${gap.servers ?? ""}`,
        }));
        const keys = new Set(open.map((gap) => gap.key));
        for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
        for (const { key } of open)
            if (!this.#known.has(key)) this.#known.set(key, { due: monotonic + this.fetchAfter, asked: 0 });
        return open
            .filter(({ key }) => this.#known.get(key).due <= monotonic)
            .map((gap) => ({ ...gap, server: this.#next(this.#known.get(gap.key), gap, monotonic) }));
    }

    #next(known, gap, monotonic) {
        const servers = gap.servers ?? [gap.post, ...this.post.others().filter((post) => post !== gap.post)];
        const server = servers[known.asked % servers.length];
        known.asked += 1;
        known.due = monotonic + this.fetchAfter * Math.ceil(known.asked / servers.length);
        return server;
    }
}

/** What peers say to hold of this post's own log, and it does not: each is asked for the Head that shows it (REQ-HELLO-3). */
export class Claims {
    #made = new Map(); // by peer: {position, due, wait}
    #until; // when the first should have been proved: who claims again gains no more

    constructor(post, retryFirst, fetchAfter) {
        Object.assign(this, { post, retryFirst, fetchAfter });
    }

    add(peer, position, monotonic) {
        this.#until ??= monotonic + this.fetchAfter;
        this.#made.set(peer, { position, due: monotonic, wait: this.retryFirst });
    }

    has(peer) {
        return this.#made.has(peer);
    }

    drop(peer) {
        this.#made.delete(peer);
    }

    /** Whether any may still be proved in time. */
    open(monotonic) {
        return this.#made.size > 0 && this.#until > monotonic;
    }

    /** What is to be asked for now; of an epoch that is not known here a directory comes by itself. */
    due(monotonic) {
        const own = ({ position }) => Number(position.epoch) === this.post.epoch && position.sequence > 0n;
        const due = [...this.#made].filter(([, claim]) => own(claim) && claim.due <= monotonic);
        return due.map(([server, claim]) => {
            claim.due = monotonic + claim.wait;
            claim.wait *= 2;
            const { post, epoch, sequence: last } = claim.position;
            const next = this.post.log(post, this.post.epoch).length + 1;
            return { server, post, epoch, first: Math.min(next, Number(last)), last };
        });
    }
}

/** QueryAcks that are due, as drafts; everything follows from the own log, so that a restart changes nothing (REQ-SILENCE-3). */
export function queries(post, timers, now) {
    const own = [...post.statements.values()].filter((entry) => entry.post === post.id);
    const sent = own.filter((entry) => entry.name === "QueryAck");
    return own
        .filter((entry) => !BY_NODES.includes(entry.name) && stillAsks(post, entry, now))
        .flatMap((entry) => entry.header.action.map((addressee) => query(post, timers, sent, entry, addressee, now)))
        .filter(Boolean);
}

function stillAsks(post, entry, now) {
    const until = entry.header.validUntil;
    return !marks(post, entry).length && !(until && millis(until) <= now);
}

function query(post, timers, sent, entry, addressee, now) {
    const overdue = [...timers.waits.values()].filter(
        (wait) => wait.digest === entry.digest && wait.post === addressee && wait.verdict === "EXPIRED",
    );
    const asks = entry.name === "Acknowledgement" ? [] : overdue;
    const rule = post.trust
        .inForce(now)
        ?.message.silence.find((one) => one.precedence === entry.header.precedence);
    if (!asks.length || !rule || hasSaid(post, entry, addressee)) return undefined;
    const first = Math.min(...asks.map((wait) => entry.sealedAt + wait.limit));
    const before = sent.filter(
        ({ body, sealedAt }) => hex(body.subject) === entry.digest && body.post === addressee && sealedAt >= first,
    );
    const wait = before.length ? millis(rule.queryWait) * 2 ** (before.length - 1) : 0;
    if (before.length >= rule.queries || now < (before.at(-1)?.sealedAt ?? first) + wait) return undefined;
    const stages = asks.map((each) => enumNumber("Stage", each.stage));
    return {
        type: "QueryAck",
        body: {
            subject: base64(entry.digest),
            post: addressee,
            stage: Math.max(...stages),
            number: before.length + 1,
        },
        action: [addressee],
        precedence: enumName("Precedence", entry.header.precedence),
        stage: "DELIVERED",
        thread: entry.header.thread.length ? entry.header.thread : unhex(entry.digest),
    };
}

/** Whether an addressee has said the very stage that was asked for. */
function hasSaid(post, entry, addressee) {
    const asked = entry.header.stageRequested && enumName("Stage", entry.header.stageRequested);
    const { stages } = ladder(post, entry).find((one) => one.post === addressee);
    return stages.some((word) => word.stage === asked && !word.mark && word.value !== "UNSTAFFED");
}

/** A test of the line by this node, when `test_every` has passed since the last one, or since it could first seal. */
export function lineTest(post, opened, now) {
    const { line } = post.trust.inForce(now)?.message ?? {};
    const own = [...post.statements.values()].filter(
        (entry) => entry.post === post.id && entry.name === "ChannelTest" && !entry.body.byPeople,
    );
    if (!line || now < (own.at(-1)?.sealedAt ?? opened) + millis(line.testEvery)) return undefined;
    const serial = `${own.length + 1}`;
    return {
        type: "ChannelTest",
        body: { serial },
        action: post.others(),
        precedence: "ROUTINE",
        stage: "DELIVERED",
    };
}
