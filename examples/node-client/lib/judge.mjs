// Judging a statement whose signatures verified, for the post in whose log it stands, at the instant of its sealing
// (spec 02, section 7). The verdict rests on its bytes, its link and the papers alone (REQ-STMT-5).

import { sha256, hex, utf8 } from "./bytes.mjs";
import { refuseIf } from "./refusal.mjs";
import { enumName, millis, open, type } from "./schema.mjs";
import { holds } from "./papers.mjs";

/** Types that name exactly one predecessor, and by which role (REQ-STMT-7). */
const PREDECESSOR = { ActivityUpdate: "UPDATES", ActivityCancel: "CANCELS" };

/** @param {{post: string, epoch: number, sealedAt: number}} place  The statement, its body, its short type and its signers. */
export function judge(trust, envelope, signers, place) {
    const revision = trust.inForce(place.sealedAt);
    const limit = trust.begun(place.sealedAt).message.line.statementBytesMax;
    refuseIf(envelope.payload.length > limit, "TOO_LARGE");
    const statement = open("Statement", envelope.payload);
    judgeHeader(trust, statement.header, place, revision);
    const rule = revision.message.types.find((candidate) => candidate.type === statement.bodyType);
    refuseIf(!rule || !type(statement.bodyType), "UNKNOWN_TYPE", statement.bodyType);
    const people = ofSignatures(() => judgeSigners(trust, signers, rule, place));
    const body = open(statement.bodyType, statement.body);
    const name = statement.bodyType.split(".").at(-1);
    judgeReferences(name, statement.header);
    OWN_RULES[name]?.(statement.header, body, people, revision.message);
    return { statement, header: statement.header, body, name, people, rule };
}

/** Marks a refusal as a fault of the set of signatures, which the statement's digest does not cover (REQ-HEAD-7). */
function ofSignatures(judged) {
    try {
        return judged();
    } catch (error) {
        throw Object.assign(error, { ofSignatures: true });
    }
}

function judgeHeader(trust, header, { post, sealedAt }, revision) {
    refuseIf(header.kind !== trust.first.kind, "WRONG_KIND");
    refuseIf(header.channel !== trust.first.channel, "WRONG_CHANNEL");
    const named = trust.revision(hex(header.agreementDigest));
    refuseIf(!named, "UNKNOWN_AGREEMENT");
    refuseIf(named !== revision, "AGREEMENT_EXPIRED");
    refuseIf(header.fromPost !== post, "NOT_ITS_POST", header.fromPost);
    for (const addressee of [...header.action, ...header.info])
        refuseIf(!trust.posts.has(addressee), "UNKNOWN_ADDRESSEE", addressee);
    refuseIf(header.releaseBefore && sealedAt >= millis(header.releaseBefore), "RELEASE_PASSED");
}

function judgeSigners(trust, signers, rule, place) {
    refuseIf(rule.roles.includes("node") && signers.length !== 1, "SIGNATURE_COUNT", "a node signs alone");
    const people = signers.map((id) => judgeSigner(trust, id, rule, place));
    const persons = new Set(people.map((signer) => signer.person));
    refuseIf(
        people.length !== rule.persons || persons.size !== rule.persons,
        "SIGNATURE_COUNT",
        `${persons.size} of ${rule.persons}`,
    );
    return people;
}

function judgeSigner(trust, id, rule, { post, epoch, sealedAt }) {
    const signer = trust.officers.get(id) ?? trust.nodes.get(id);
    refuseIf(signer.post !== post, "NOT_ITS_POST", signer.post);
    const node = trust.nodes.has(id);
    const valid = node ? signer.windows.map((window) => ({ ...window, role: "node" })) : signer.certificates;
    const now = valid.filter((certificate) => holds(certificate, sealedAt));
    refuseIf(!now.length || (node && signer.epoch !== epoch), "CERTIFICATE_EXPIRED");
    const roles = [...now.map((certificate) => certificate.role), ...(node ? [] : lent(trust, signer, sealedAt))];
    const role = rule.roles.find((candidate) => roles.includes(candidate) && (candidate === "node") === node);
    refuseIf(!role, "ROLE_NOT_ALLOWED", roles.join());
    return { id, person: node ? "node" : signer.person, role };
}

/** Roles that others who hold them lend to an officer at this instant (REQ-ROLE-3). */
function lent(trust, { post, person }, at) {
    const held = (lender, role) =>
        [...trust.officers.values()].some(
            (officer) =>
                officer.post === post &&
                officer.person === lender &&
                officer.certificates.some((c) => c.role === role && holds(c, at)),
        );
    return trust.delegations
        .filter(
            (loan) =>
                loan.post === post && loan.toPerson === person && holds(loan, at) && held(loan.fromPerson, loan.role),
        )
        .map((loan) => loan.role);
}

function judgeReferences(name, header) {
    const role = PREDECESSOR[name];
    if (!role) return;
    const named = header.references.filter((reference) => enumName("Reference.Role", reference.role) === role);
    refuseIf(named.length !== 1, "REFERENCE_COUNT", `${named.length} ${role}`);
}

const PLAIN = ["references", "texts", "basis", "seen"];
/** Rules of single types that no field rule can hold (specs 06 and 07). */
const OWN_RULES = {
    ChannelTest(header) {
        const more =
            header.thread.length || header.handling || header.validity || header.replyBy || header.releaseBefore;
        const plain =
            enumName("Precedence", header.precedence) === "ROUTINE" &&
            !more &&
            PLAIN.every((name) => !header[name].length);
        refuseIf(!plain, "TEST_NOT_PLAIN");
    },
    RadioSilence(header, body, people, agreement) {
        const longest = millis(agreement.line.radioSilenceMax);
        refuseIf(body.until && millis(body.until) - millis(body.from) > longest, "RADIO_SILENCE_TOO_LONG");
    },
    Retraction(header) {
        refuseIf(enumName("Precedence", header.precedence) !== "FLASH", "RETRACTION_NOT_FLASH");
    },
    WatchHandover(header, body, people) {
        const signed = people.map((signer) => signer.person).sort();
        ofSignatures(() =>
            refuseIf(signed.join() !== [body.outgoing, body.incoming].sort().join(), "HANDOVER_SIGNERS"),
        );
    },
};

/** `LANGUAGE AUTHENTIC` or `LANGUAGE TRANSLATION of ...` for each remark (REQ-LANG-6). */
export function texts(header) {
    const digest = (text) => hex(sha256(utf8(text.text)));
    return header.texts.map((text) => {
        if (enumName("Text.Role", text.role) === "AUTHENTIC") return `${text.language} AUTHENTIC`;
        const original = header.texts.find((other) => other.role === 1 && digest(other) === hex(text.translationOf));
        return `${text.language} TRANSLATION of ${original?.language ?? "a text that is not here"}`;
    });
}
