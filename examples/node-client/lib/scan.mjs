// The strict wire form of spec 02, section 3: what a receiver refuses before any parser sees the bytes.

import { ScalarType } from "@bufbuild/protobuf";
import { refuseIf, Refusal } from "./refusal.mjs";

const VARINT = 0,
    FIXED64 = 1,
    LENGTH = 2,
    GROUP_BEGINS = 3,
    GROUP_ENDS = 4,
    FIXED32 = 5;
const DEPTH_MAX = 10;
const WIRE = {
    [ScalarType.DOUBLE]: FIXED64,
    [ScalarType.FIXED64]: FIXED64,
    [ScalarType.SFIXED64]: FIXED64,
    [ScalarType.FLOAT]: FIXED32,
    [ScalarType.FIXED32]: FIXED32,
    [ScalarType.SFIXED32]: FIXED32,
    [ScalarType.STRING]: LENGTH,
    [ScalarType.BYTES]: LENGTH,
};
const SECOND = 1_000_000_000n,
    MILLISECOND = 1_000_000n;
const TIMES = {
    "google.protobuf.Timestamp": (seconds, nanos) =>
        seconds >= -62135596800n &&
        seconds <= 253402300799n &&
        nanos >= 0n &&
        nanos < SECOND &&
        nanos % MILLISECOND === 0n,
    "google.protobuf.Duration": (seconds, nanos) =>
        seconds >= -315576000000n &&
        seconds <= 315576000000n &&
        nanos > -SECOND &&
        nanos < SECOND &&
        seconds * nanos >= 0n,
};

/** Refuse with a SCAN code at the first fault in `bytes` as a message of this type, or in a message inside it. */
export function scan(type, bytes, depth = 1) {
    refuseIf(depth > DEPTH_MAX, "SCAN_DEPTH");
    refuseIf(type.typeName === "google.protobuf.Any", "SCAN_ANY");
    const reader = new Reader(bytes);
    const seen = new Set();
    while (!reader.done()) {
        const tag = reader.varint();
        const wire = Number(tag & 7n);
        refuseIf(wire === GROUP_BEGINS || wire === GROUP_ENDS, "SCAN_GROUP", type.typeName);
        const field = type.fields.find((candidate) => BigInt(candidate.number) === tag >> 3n);
        refuseIf(!field, "SCAN_UNKNOWN_FIELD", `${type.typeName} ${tag >> 3n}`);
        refuseIf(field.fieldKind === "map", "SCAN_MAP", field.name);
        checkWire(field, wire);
        once(field, seen);
        scanField(field, reader, depth);
    }
}

const packed = (field) => field.fieldKind === "list" && wireOf(field) !== LENGTH;

function checkWire(field, wire) {
    refuseIf(packed(field) && wire === wireOf(field), "SCAN_NOT_PACKED", field.name);
    refuseIf(wire !== (packed(field) ? LENGTH : wireOf(field)), "SCAN_WIRE_TYPE", field.name);
}

function once(field, seen) {
    refuseIf(packed(field) && seen.has(field.number), "SCAN_NOT_PACKED", field.name);
    refuseIf(field.fieldKind !== "list" && seen.has(field.number), "SCAN_DUPLICATE_FIELD", field.name);
    refuseIf(
        field.oneof?.fields.some((other) => seen.has(other.number)),
        "SCAN_ONEOF_PAIR",
        field.name,
    );
    seen.add(field.number);
}

function scanField(field, reader, depth) {
    const own = wireOf(field);
    if (packed(field)) {
        const run = new Reader(reader.chunk());
        refuseIf(run.done(), "SCAN_DEFAULT_ENCODED", field.name);
        while (!run.done()) scanNumber(field, own, run, false);
        return;
    }
    const implicit = field.fieldKind !== "list" && field.presence === 2;
    if (own !== LENGTH) scanNumber(field, own, reader, implicit);
    else scanChunk(field, reader.chunk(), implicit, depth);
}

function scanChunk(field, chunk, implicit, depth) {
    refuseIf(implicit && chunk.length === 0, "SCAN_DEFAULT_ENCODED", field.name);
    if (field.message) {
        scan(field.message, chunk, depth + 1);
        if (TIMES[field.message.typeName]) scanTime(field, chunk);
    } else if (field.scalar === ScalarType.STRING) scanText(field, chunk);
}

function scanNumber(field, own, reader, implicit) {
    if (own !== VARINT) {
        const chunk = reader.take(own === FIXED64 ? 8 : 4);
        refuseIf(implicit && chunk.every((byte) => byte === 0), "SCAN_DEFAULT_ENCODED", field.name);
        return;
    }
    const value = reader.varint();
    refuseIf(implicit && value === 0n, "SCAN_DEFAULT_ENCODED", field.name);
    if (field.enum) scanEnum(field, value);
    else refuseIf(!fits(field.scalar, value), "SCAN_WIDTH", field.name);
}

function scanEnum(field, value) {
    const found = field.enum.values.find((candidate) => BigInt(candidate.number) === value);
    refuseIf(!found || (value === 0n && found.name.endsWith("_UNSPECIFIED")), "SCAN_ENUM", field.name);
}

/** Whether a varint is a value of its type. A negative int32 is written as 64 bits, sign extended. */
function fits(scalar, value) {
    switch (scalar) {
        case ScalarType.BOOL:
            return value <= 1n;
        case ScalarType.UINT32:
        case ScalarType.SINT32:
            return value < 1n << 32n;
        case ScalarType.INT32:
            return value < 1n << 31n || value >= (1n << 64n) - (1n << 31n);
        default:
            return true;
    }
}

function scanTime(field, chunk) {
    const reader = new Reader(chunk);
    let seconds = 0n,
        nanos = 0n;
    while (!reader.done()) {
        if (reader.varint() >> 3n === 1n) seconds = BigInt.asIntN(64, reader.varint());
        else nanos = BigInt.asIntN(32, reader.varint());
    }
    refuseIf(!TIMES[field.message.typeName](seconds, nanos), "SCAN_WIDTH", field.name);
}

const CONTROL =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]|[\ufffe\uffff]/u;

function scanText(field, chunk) {
    let text;
    try {
        text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(chunk);
    } catch {
        throw new Refusal("SCAN_UTF8", field.name);
    }
    const nonCharacter = [...text].some((character) => (character.codePointAt(0) & 0xfffe) === 0xfffe);
    refuseIf(CONTROL.test(text) || nonCharacter, "SCAN_TEXT_CONTROL", field.name);
    refuseIf(text.normalize("NFC") !== text, "SCAN_TEXT_NFC", field.name);
}

function wireOf(field) {
    if (field.message) return LENGTH;
    return field.enum ? VARINT : (WIRE[field.scalar] ?? VARINT);
}

class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    done() {
        return this.at >= this.bytes.length;
    }

    take(size) {
        refuseIf(this.at + size > this.bytes.length, "SCAN_TRUNCATED");
        this.at += size;
        return this.bytes.subarray(this.at - size, this.at);
    }

    chunk() {
        const size = this.varint();
        refuseIf(size > BigInt(this.bytes.length), "SCAN_TRUNCATED");
        return this.take(Number(size));
    }

    /** A base-128 number of at most 64 bits, in no more bytes than it needs. */
    varint() {
        let value = 0n;
        for (let shift = 0n; ; shift += 7n) {
            const byte = this.take(1)[0];
            value |= BigInt(byte & 127) << shift;
            if (byte & 128) {
                refuseIf(shift >= 63n, "SCAN_OVERLONG_VARINT");
                continue;
            }
            refuseIf(shift > 0n && byte === 0, "SCAN_OVERLONG_VARINT");
            refuseIf(value >= 1n << 64n, "SCAN_WIDTH");
            return value;
        }
    }
}
