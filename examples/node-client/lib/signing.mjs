// Ed25519 under the strict profile of spec 02, section 2, and the hybrid profile; fingerprints; the published pool of
// spec 01, section 4. A public key says by its length what it is, since a key record was held against its algorithm.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { be, concat, hex, same, sha256, utf8 } from "./bytes.mjs";

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const KEY_TAG = utf8("hotline/v1/key\0");
const ED25519 = 32;
const ML_DSA = 1952;
const SIGNATURE = 64;
const ML_DSA_SIGNATURE = 3309;
/** Number of a key's algorithm, by its length. */
const ALGORITHM = new Map([
    [ED25519, 1],
    [ML_DSA, 2],
    [ED25519 + ML_DSA, 3],
]);
const isHybrid = (publicKey) => publicKey.length === ED25519 + ML_DSA;

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

export const admits = (publicKey) => point(isHybrid(publicKey) ? publicKey.subarray(0, ED25519) : publicKey) !== undefined;

/** REQ-SIGN-5, and of a hybrid key REQ-HYBRID-2: both halves, or nothing. */
export function verify(publicKey, message, signature) {
    if (!isHybrid(publicKey)) return verifyEd25519(publicKey, message, signature);
    const lattice = signature.subarray(SIGNATURE);
    return (
        lattice.length === ML_DSA_SIGNATURE &&
        verifyEd25519(publicKey.subarray(0, ED25519), message, signature.subarray(0, SIGNATURE)) &&
        ml_dsa65.verify(lattice, message, publicKey.subarray(ED25519))
    );
}

/** The library's own verification multiplies by the cofactor, so the equation is computed here. */
function verifyEd25519(publicKey, message, signature) {
    const a = point(publicKey);
    const r = signature.subarray(0, 32);
    const s = number(signature.subarray(32));
    if (!a || signature.length !== SIGNATURE || !admitted(r) || s >= L) return false;
    const k = number(sha512(concat(r, publicKey, message))) % L;
    return same(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r);
}

export const sign = (seed, message) => ed25519.sign(message, seed);
export const publicKeyOf = (seed) => ed25519.getPublicKey(seed);

/** The keyid of a key, in hexadecimal (REQ-SIGN-3). */
export const fingerprint = (publicKey) =>
    hex(sha256(concat(KEY_TAG, be(ALGORITHM.get(publicKey.length) ?? 1, 1), publicKey)));

/** Every name under which a key or a half of it is known (REQ-HYBRID-3). */
export function fingerprints(publicKey) {
    const halves = isHybrid(publicKey) ? [publicKey.subarray(0, ED25519), publicKey.subarray(ED25519)] : [];
    return [publicKey, ...halves].map(fingerprint);
}

let pool;
/** Fingerprints of the keys whose private parts everybody has (REQ-KIND-2). */
export function published() {
    const seeds = (text) => Array.from({ length: 256 }, (_, i) => sha256(concat(utf8(text), be(i, 4))));
    pool ??= new Set(
        [
            ...seeds("hotline published exercise key").map(publicKeyOf),
            ...seeds("hotline published exercise ML-DSA-65 key").map((seed) => ml_dsa65.keygen(seed).publicKey),
        ].map(fingerprint),
    );
    return pool;
}
