// Verifying a Head (spec 03, section 2).

import { hex, sha256 } from "./bytes.mjs";
import { digestOf, verifyEnvelope } from "./envelope.mjs";
import { holds } from "./papers.mjs";
import { Refusal, refuseIf } from "./refusal.mjs";
import { millis, open } from "./schema.mjs";

/** SHA-256 of the certificates a post's node may show, by its party's newest directory. */
export const pinsOf = (trust, post) =>
    (trust.posts.get(post)?.listed?.tlsCertificates ?? []).map((der) => hex(sha256(der)));

/** `receiver` and `pin` are left out for a Head in a transcript. */
export function verifyHead(trust, envelope, { receiver, pin } = {}) {
    const signers = verifyEnvelope(envelope, "Head", trust.nodeKeys());
    refuseIf(signers.length !== 1, "SIGNATURE_COUNT");
    const node = trust.nodes.get(signers[0]);
    if (receiver === node.post && node.epoch === trust.posts.get(receiver).epoch) throw ownHead(trust, envelope, node);
    refuseIf(pin && !pinsOf(trust, node.post).includes(pin), "PIN_MISMATCH");
    const head = open("Head", envelope.payload);
    refuseIf(head.kind !== trust.first.kind, "WRONG_KIND");
    refuseIf(head.channel !== trust.first.channel, "WRONG_CHANNEL");
    checkRevision(trust, head);
    refuseIf(head.log.post !== node.post, "NOT_ITS_POST", head.log.post);
    refuseIf(Number(head.log.epoch) !== node.epoch, "EPOCH_UNKNOWN", `${head.log.epoch}`);
    refuseIf(!node.windows.some((valid) => holds(valid, millis(head.madeAt))), "CERTIFICATE_EXPIRED");
    return {
        head,
        envelope,
        digest: digestOf(envelope),
        post: node.post,
        epoch: node.epoch,
        sequence: Number(head.log.sequence),
        beat: Number(head.beat),
    };
}

/** A Head by this node's own key came from outside; with the position that it signs of its log, where it signs one. */
function ownHead(trust, envelope, node) {
    const refusal = new Refusal("OWN_HEAD");
    try {
        const { channel, kind, log } = open("Head", envelope.payload);
        const here = channel === trust.first.channel && kind === trust.first.kind;
        if (here && log.post === node.post && Number(log.epoch) === node.epoch) refusal.position = log;
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
    }
    return refusal;
}

/** It names a revision that is held; if not, another highest revision with the number of one held is a fork (REQ-AGR-4). */
function checkRevision(trust, head) {
    if (trust.revision(hex(head.agreementDigest))) return;
    const held = trust.revisions[Number(head.agreementRevision) - 1];
    refuseIf(held && head.agreementHeldDigest && held.digest !== hex(head.agreementHeldDigest), "AGREEMENT_FORK");
    refuseIf(true, "UNKNOWN_AGREEMENT");
}
