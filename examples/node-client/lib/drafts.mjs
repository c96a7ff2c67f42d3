// Drafts of what people say, from the words of the command line.

import { unhex } from "./bytes.mjs";
import { saying } from "./ladder.mjs";
import { refuseIf } from "./refusal.mjs";
import { enumName } from "./schema.mjs";

const base64 = (digest) => Buffer.from(unhex(digest)).toString("base64");

/** A statement that is held, by the first digits of its digest. */
export function statementOf(node, ref) {
    const found = [...node.post.statements.values()].find((entry) => entry.digest.startsWith(ref));
    refuseIf(!found, "NOT_HELD", ref);
    return found;
}

/** An acknowledgement, addressed to whoever said the statement, or to its addressees if this post did. */
export function acknowledgement(node, ref, word, given) {
    const subject = statementOf(node, ref);
    const readback = () => base64(readbackOf(node, subject).digest);
    return {
        type: "Acknowledgement",
        body: { subject: base64(subject.digest), ...stageOf(word, readback, given) },
        action: subject.post === node.post.id ? subject.header.action : [subject.post],
        precedence: enumName("Precedence", subject.header.precedence),
        thread: subject.header.thread.length ? subject.header.thread : unhex(subject.digest),
        seen: [unhex(subject.digest)],
    };
}

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

function stageOf(word, readback, { reason = "", field = [], text = "" }) {
    const decision = (value) => ({ decision: { value: `VALUE_${value}`, reason } });
    const compliance = (value) => ({ compliance: { value: `VALUE_${value}`, remark: reason } });
    const answer = (verdict) => ({
        readback_answer: { readback: readback(), verdict: `VERDICT_${verdict}`, correction: reason },
    });
    switch (word) {
        case "read":
            return { read: {} };
        case "readback":
            return {
                readback: {
                    fields: field.map(pair("path", "value")),
                    words: { ...pair("language", "text")(text), role: "ROLE_AUTHENTIC" },
                },
            };
        case "confirm":
            return answer("CONFIRMED");
        case "correct":
            return answer("CORRECTED");
        case "passed":
            return { passed: { to: reason } };
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
