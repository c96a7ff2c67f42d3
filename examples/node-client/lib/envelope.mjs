// Signed envelopes: DSSE v1 with the strict rules of spec 02, section 1.

import { concat, hex, sha256, unhex, utf8 } from "./bytes.mjs";
import { encode, make, open } from "./schema.mjs";
import { refuseIf } from "./refusal.mjs";
import { fingerprint, publicKeyOf, sign, verify } from "./signing.mjs";

export const payloadType = (name) => `application/vnd.hotline.${name.toLowerCase()}.v1+protobuf`;

/** The pre-authentication encoding; lengths count bytes. */
export function pae(typeName, payload) {
    const name = utf8(typeName);
    return concat(utf8(`DSSEv1 ${name.length} `), name, utf8(` ${payload.length} `), payload);
}

/** Identity of what was signed, in hexadecimal: the digest of the encoding, whoever signed it. */
export const digestOf = (envelope) => hex(sha256(pae(envelope.payloadType, envelope.payload)));

/** Steps 2 to 4: every signature verifies under a key of `keys` (keyid to public key). The keyids, in order. */
export function verifyEnvelope(envelope, name, keys) {
    refuseIf(envelope.payloadType !== payloadType(name), "PAYLOAD_TYPE", envelope.payloadType);
    const signed = pae(envelope.payloadType, envelope.payload);
    const signers = [];
    for (const { keyid, sig } of envelope.signatures) {
        const id = hex(keyid);
        refuseIf(!keys.has(id), "KEY_UNKNOWN", id);
        refuseIf(signers.includes(id), "SIGNATURE_DUPLICATE", id);
        refuseIf(!verify(keys.get(id), signed, sig), "SIGNATURE_INVALID", id);
        signers.push(id);
    }
    return signers;
}

/** The same for an envelope in bytes: scanned, parsed and validated first. */
export function openEnvelope(bytes, name, keys) {
    const envelope = open("Envelope", bytes);
    return { envelope, signers: verifyEnvelope(envelope, name, keys), digest: digestOf(envelope) };
}

/** Sign a message as a payload of its name, with these seeds. */
export const seal = (name, message, seeds) => sealed(name, encode(name, message), seeds);

/** The same for a message in bytes. */
export function sealed(name, payload, seeds) {
    const signed = pae(payloadType(name), payload);
    const signatures = seeds.map((seed) =>
        make("Signature", { keyid: unhex(fingerprint(publicKeyOf(seed))), sig: sign(seed, signed) }),
    );
    return make("Envelope", { payloadType: payloadType(name), payload, signatures });
}
