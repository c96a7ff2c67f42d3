// What has been said about a statement, and what of it counts (spec 04, section 1; specs 06 and 07 for the marks).
//
// A `book` holds verified facts only: `trust`; `statements`, digest to entry; `facts`, what nodes said in Heads. An entry
// is {digest, post, epoch, sequence, sealedAt, previous, refused, name, header, body, people, rule}; a fact is
// {digest, by, stage, value, at, forked}. `forks` tells whether a place lies where a log has two branches.

import { hex } from "./bytes.mjs";
import { enumName } from "./schema.mjs";

export const STAGES = ["DELIVERED", "PRESENTED", "READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE"];
const FOR = { DECIDED: ["ACCEPTED", "ACCEPTED_IN_PART"], DONE: ["IN_PROGRESS", "DONE"] };
const AGAINST = { DECIDED: ["DECLINED"], DONE: ["UNABLE", "NOT_AGREED"] };

const inOrder = (a, b) => a.epoch - b.epoch || a.sequence - b.sequence;
const newest = (words) => words.sort(inOrder).at(-1);

/** Marks of a statement that take its effect away. */
export function marks(book, entry) {
    const found = [];
    if (entry.refused) return found;
    if (book.trust.level(entry.post, entry.sealedAt) < entry.rule.level) found.push("LEVEL_LACKING");
    if (disavowed(book, entry)) found.push("DISAVOWED");
    if (book.forks?.(entry)) found.push("FORKED");
    if (entry.name !== "Retraction" && retracted(book, entry))
        found.push(entry.name === "Acknowledgement" ? "WITHDRAWN" : "RETRACTED");
    return found;
}

function disavowed(book, entry) {
    const { trust } = book;
    const closure = trust.closure(entry.post, entry.epoch);
    if (closure && (entry.sequence > closure.sequence || book.strays?.(entry))) return true;
    return trust.revocations.some(
        ({ keyid, epoch, sequence }) =>
            entry.people.some((signer) => signer.id === keyid) && inOrder(entry, { epoch, sequence }) > 0,
    );
}

const retracted = (book, entry) =>
    [...book.statements.values()].some(
        (other) =>
            other.name === "Retraction" &&
            !other.refused &&
            other.post === entry.post &&
            hex(other.body.subject) === entry.digest &&
            !marks(book, other).length,
    );

/** The stage and value that an Acknowledgement says. */
export function saying({ body }) {
    const { case: kind, value } = body.stage;
    switch (kind) {
        case "read":
            return ["READ", "READ"];
        case "readback":
            return ["UNDERSTOOD", "READBACK"];
        case "readbackAnswer":
            return ["UNDERSTOOD", enumName("ReadbackAnswer.Verdict", value.verdict)];
        case "passed":
            return ["PASSED", "PASSED"];
        case "decision":
            return ["DECIDED", enumName("Decision.Value", value.value)];
        default:
            return ["DONE", enumName("Compliance.Value", value.value)];
    }
}

/** Per addressee of a statement: {post, action, stages: [{stage, value, by, mark, contradictory}]}, in the order of the ladder. */
export function ladder(book, entry) {
    const { action, info } = entry.header;
    const acknowledged = [...book.statements.values()].filter(
        (other) => other.name === "Acknowledgement" && !other.refused && hex(other.body.subject) === entry.digest,
    );
    const words = acknowledged.flatMap((word) => said(book, entry, word, acknowledged));
    const ladders = [...action, ...info].map((post) => {
        const of = (stage) =>
            standing(
                words.filter((word) => word.for === post && word.stage === stage),
                post,
            );
        const nodes = nodeStages(book, entry, post);
        return {
            post,
            action: action.includes(post),
            stages: [...nodes, ...STAGES.slice(2).flatMap((stage) => of(stage))],
        };
    });
    return entry.refused ? ladders.map((one) => ({ ...one, stages: one.stages.slice(0, 1) })) : oppose(ladders, words);
}

/** Of what nodes say, the earliest stands; PRESENTED takes the place of UNSTAFFED. */
function nodeStages(book, entry, post) {
    const facts = book.facts.filter(
        (fact) =>
            fact.digest === entry.digest &&
            fact.by === post &&
            fact.sequence === entry.sequence &&
            fact.epoch === entry.epoch,
    );
    return ["DELIVERED", "PRESENTED"].flatMap((stage) => {
        const of = facts
            .filter((fact) => fact.stage === stage)
            .sort(
                (a, b) =>
                    Boolean(a.forked) - Boolean(b.forked) ||
                    (a.value === "UNSTAFFED") - (b.value === "UNSTAFFED") ||
                    a.at - b.at,
            );
        return of.slice(0, 1).map((fact) => ({
            stage,
            value: fact.value,
            by: "node",
            at: fact.at,
            mark: fact.forked ? "FORKED" : undefined,
        }));
    });
}

/** Whom an Acknowledgement counts for: its own post, those it answers for, or the reader whose readback it answers. */
function said(book, subject, word, all) {
    const [stage, value] = saying(word);
    const base = {
        stage,
        value,
        by: word.post,
        at: word.sealedAt,
        epoch: word.epoch,
        sequence: word.sequence,
        digest: word.digest,
        mark: marks(book, word)[0],
    };
    if (word.body.stage.case === "readbackAnswer") {
        const readback = all.find(
            (other) => other.digest === hex(word.body.stage.value.readback) && other.body.stage.case === "readback",
        );
        if (!readback || word.post !== subject.post) return [];
        return said(book, subject, readback, all).map((read) => ({
            ...base,
            for: read.for,
            answers: read,
            mark: base.mark ?? read.mark,
        }));
    }
    const addressees = [...subject.header.action, ...subject.header.info];
    return addressees
        .filter((post) => post === word.post || answersFor(book.trust, word, post, subject))
        .map((post) => ({ ...base, for: post }));
}

function answersFor(trust, word, post, subject) {
    const rules = trust.inForce(word.sealedAt)?.message.answersFor ?? [];
    const full = `hotline.v1.${subject.name}`;
    return rules.some(
        (rule) => rule.post === word.post && rule.forPost === post && (!rule.types.length || rule.types.includes(full)),
    );
}

/** What one stage of one addressee stands at (REQ-ACK-4): nothing, or one word. */
function standing(words, post) {
    const good = words.filter((word) => !word.mark);
    if (!good.length) return words.length ? [newest(words)] : [];
    const own = good.filter((word) => (word.answers ?? word).by === post);
    const first = newest((own.length ? own : good).filter((word) => !word.answers));
    const answer = newest(good.filter((word) => word.answers?.digest === first.digest));
    return [answer ?? first];
}

/** Words of opposite sense by two posts that speak for one addressee or one party stand side by side (REQ-ACK-9). */
function oppose(ladders, words) {
    const party = (post) => post.split(":")[0];
    for (const { post, stages } of ladders)
        for (const stage of stages) {
            const others = words.filter(
                (word) => !word.mark && word.stage === stage.stage && party(word.for) === party(post),
            );
            const last = (by) => newest(others.filter((word) => word.by === by)).value;
            const values = [...new Set(others.map((word) => word.by))].map(last);
            stage.contradictory =
                Boolean(FOR[stage.stage]) &&
                values.some((v) => FOR[stage.stage].includes(v)) &&
                values.some((v) => AGAINST[stage.stage].includes(v));
        }
    return ladders;
}

/** The highest stage that is said and counts. */
export const highest = ({ stages }) => stages.filter((stage) => !stage.mark).at(-1);
