// Ed25519 under the strict profile of spec 02, section 2; fingerprints; the published pool of spec 01, section 4.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { be, concat, hex, same, sha256, utf8 } from "./bytes.mjs";

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const KEY_TAG = utf8("hotline/v1/key\0");

const number = (bytes) => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
const y = (encoding) => number(encoding) & ((1n << 255n) - 1n);

/** y of the eight points whose order divides 8, whatever the sign of x. */
const SMALL = smallOrder();

function smallOrder() {
    const eighth = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    const found = new Set();
    for (let i = 0, point = Point.ZERO; i < 8; i++, point = point.add(eighth)) found.add(y(point.toBytes()));
    return found;
}

/** Canonical, and of an order that does not divide 8 (points 1 and 2 of REQ-SIGN-5). */
const admitted = (encoding) => y(encoding) < P && !SMALL.has(y(encoding));

/** The point of a public key, or undefined if the profile does not admit it. */
function point(publicKey) {
    if (publicKey.length !== 32 || !admitted(publicKey)) return undefined;
    try {
        return Point.fromBytes(publicKey);
    } catch {
        return undefined;
    }
}

export const admits = (publicKey) => point(publicKey) !== undefined;

/** REQ-SIGN-5. The library's own verification multiplies by the cofactor, so the equation is computed here. */
export function verify(publicKey, message, signature) {
    const a = point(publicKey);
    const r = signature.subarray(0, 32);
    const s = number(signature.subarray(32));
    if (!a || signature.length !== 64 || !admitted(r) || s >= L) return false;
    const k = number(sha512(concat(r, publicKey, message))) % L;
    return same(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r);
}

export const sign = (seed, message) => ed25519.sign(message, seed);
export const publicKeyOf = (seed) => ed25519.getPublicKey(seed);

/** The keyid of an Ed25519 key, in hexadecimal (REQ-SIGN-3). */
export const fingerprint = (publicKey) => hex(sha256(concat(KEY_TAG, be(1, 1), publicKey)));

let pool;
/** Fingerprints of the keys whose private parts everybody has (REQ-KIND-2). */
export function published() {
    pool ??= new Set(
        Array.from({ length: 256 }, (_, i) =>
            fingerprint(publicKeyOf(sha256(concat(utf8("hotline published exercise key"), be(i, 4))))),
        ),
    );
    return pool;
}
