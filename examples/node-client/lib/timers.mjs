// Timers of the ladder, for statements of this post (spec 04, section 2). Each wait ends with a verdict that latches.
// Left out: hours, the waits after DEFERRED, CORRECTED and a readback, and what follows silence (spec 07).

import { enumName, enumNumber, make, millis } from "./schema.mjs";
import { unhex } from "./bytes.mjs";
import { ladder } from "./ladder.mjs";

const ABOVE = {
    DELIVERED: ["", "DELIVERED", "PRESENTED", "READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE"],
    PRESENTED: ["PRESENTED", "READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE"],
    READ: ["READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE"],
    UNDERSTOOD: ["UNDERSTOOD"],
    PASSED: ["PASSED"],
    DECIDED: ["DECIDED", "DONE"],
    DONE: ["DONE"],
};
const REFUSED = ["DELIVERED REFUSED"],
    NO_REPLY = [...REFUSED, "DECIDED NO_REPLY_INTENDED"];
/** What stops a timer besides any value of its own stage; PRESENTED and DONE name theirs. */
const STOPPED = {
    PRESENTED: ["PRESENTED PRESENTED", ...REFUSED],
    READ: REFUSED,
    UNDERSTOOD: NO_REPLY,
    PASSED: NO_REPLY,
    DECIDED: REFUSED,
    DONE: ["DONE DONE", "DONE NOT_AGREED", "DONE UNABLE", "DECIDED DECLINED", "DECIDED NOT_UNDERSTOOD", ...NO_REPLY],
};

export class Timers {
    waits = new Map(); // "digest post stage": {digest, post, stage, sealed, limit, verdict}

    constructor(post) {
        this.post = post;
    }

    /** A statement of this post was sealed `agoMs` ago on its clock. */
    arm(entry, monotonic, agoMs = 0) {
        const asked = entry.header.stageRequested ? enumName("Stage", entry.header.stageRequested) : "";
        const { timers } = this.post.trust.inForce(entry.sealedAt).message;
        for (const addressee of [...entry.header.action, ...entry.header.info])
            for (const [stage, when] of Object.entries(ABOVE)) {
                const row = timers.find(
                    (timer) =>
                        timer.stage === enumNumber("Stage", stage) && timer.precedence === entry.header.precedence,
                );
                const due = stage === "DELIVERED" || (entry.header.action.includes(addressee) && when.includes(asked));
                if (!row || !due || addressee === this.post.id) continue;
                const limit =
                    entry.header.replyBy && stage === asked
                        ? millis(entry.header.replyBy) - entry.sealedAt
                        : millis(row.limit);
                this.waits.set(`${entry.digest} ${addressee} ${stage}`, {
                    digest: entry.digest,
                    post: addressee,
                    stage,
                    sealed: monotonic - agoMs,
                    limit,
                });
            }
    }

    /** Verdicts that fall now, each kept; a stage in time comes strictly before its deadline (REQ-TIMER-2). */
    look(now, monotonic) {
        const fallen = [];
        for (const wait of this.waits.values()) {
            if (wait.verdict === "IN_TIME" || wait.verdict === "LATE") continue;
            const after = monotonic - wait.sealed;
            if (after >= wait.limit && !wait.verdict) fallen.push(this.#fall(wait, "EXPIRED", wait.limit, now));
            if (this.#answered(wait)) fallen.push(this.#fall(wait, wait.verdict ? "LATE" : "IN_TIME", after, now));
        }
        return fallen;
    }

    #answered({ digest, post, stage }) {
        const entry = this.post.statements.get(digest);
        const said = ladder(this.post, entry)
            .find((one) => one.post === post)
            .stages.filter((word) => !word.mark);
        const own = STOPPED[stage]?.some((stop) => stop.startsWith(`${stage} `)) ? [] : [stage];
        return said.some((word) => own.includes(word.stage) || STOPPED[stage]?.includes(`${word.stage} ${word.value}`));
    }

    #fall(wait, verdict, after, now) {
        wait.verdict = verdict;
        wait.after = Math.round(after);
        const outcome = enumNumber("Verdict.Outcome", verdict);
        this.post.keep(
            now,
            "verdict",
            make("Verdict", {
                statementDigest: unhex(wait.digest),
                post: wait.post,
                stage: enumNumber("Stage", wait.stage),
                outcome,
                afterMs: BigInt(wait.after),
            }),
        );
        return wait;
    }

    /** A verdict from the journal. */
    restore({ statementDigest, post, stage, outcome, afterMs }, digest) {
        const wait = this.waits.get(`${digest} ${post} ${enumName("Stage", stage)}`);
        if (wait) Object.assign(wait, { verdict: enumName("Verdict.Outcome", outcome), after: Number(afterMs) });
    }
}
