// Bytes: hexadecimal, concatenation, numbers in big-endian order, comparison.

import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";

export { bytesToHex as hex, concatBytes as concat, hexToBytes as unhex, utf8ToBytes as utf8, sha256 };

export const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** An unsigned integer of `size` bytes, big-endian. */
export function be(value, size) {
    const out = new Uint8Array(size);
    for (let i = size - 1, rest = BigInt(value); i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n);
    return out;
}
