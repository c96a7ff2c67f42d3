// The protocol files, read at start: no generated code. `buf` turns proto/ into a descriptor set, which is kept beside
// the installed packages until the files change.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { concat, hex, sha256 } from "./bytes.mjs";
import { Refusal } from "./refusal.mjs";
import { scan } from "./scan.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const protos = process.env.HOTLINE_PROTO ?? join(here, "..", "..", "proto");

function descriptorSet() {
    const files = readdirSync(protos, { recursive: true })
        .filter((name) => name.endsWith(".proto"))
        .sort();
    const version = hex(sha256(concat(...files.map((name) => readFileSync(join(protos, name))))));
    const cached = join(here, "node_modules", ".cache", `${version}.binpb`);
    if (!existsSync(cached)) {
        mkdirSync(dirname(cached), { recursive: true });
        const built = execFileSync(join(here, "node_modules", ".bin", "buf"), [
            "build",
            protos,
            "-o",
            "-#format=binpb",
        ]);
        writeFileSync(`${cached}.${process.pid}`, built);
        renameSync(`${cached}.${process.pid}`, cached);
    }
    return fromBinary(FileDescriptorSetSchema, readFileSync(cached));
}

const registry = createFileRegistry(descriptorSet());
const validator = createValidator({ registry });

/** The descriptor of a message of hotline.v1, by its short name, or of any by its full name; undefined if unknown. */
export const type = (name) => registry.getMessage(name.includes(".") ? name : `hotline.v1.${name}`);

export const make = (name, fields = {}) => create(type(name), fields);
export const encode = (name, message) => toBinary(type(name), message);
export const json = (name, message) => toJson(type(name), message, { useProtoFieldName: true, registry });
export const fromJSON = (name, value) => fromJson(type(name), value, { registry });

/** Every rule that does not hold, as `PATH RULE`, sorted. */
export function brokenRules(name, message) {
    const result = validator.validate(type(name), message);
    if (result.kind === "error") throw result.error;
    return (result.violations ?? []).map((violation) => `${path(violation.field)} ${violation.ruleId}`).sort();
}

const path = (steps) =>
    steps
        .filter((step) => step.kind === "field" || step.kind === "oneof")
        .map((step) => step.name)
        .join(".") || "-";

/** Scan, parse and validate: the one way in for bytes that others wrote (REQ-SCAN-1, REQ-SCAN-3). */
export function open(name, bytes) {
    scan(type(name), bytes);
    const message = fromBinary(type(name), bytes);
    const broken = brokenRules(name, message);
    if (broken.length) throw new Refusal("RULE_BROKEN", broken.join(", "));
    return message;
}

/** A value of an enumeration without its prefix: enumName("Precedence", 4) is "FLASH". */
export function enumName(name, number) {
    const description = registry.getEnum(`hotline.v1.${name}`);
    return description.value[number].name.slice(description.sharedPrefix?.length ?? 0).toUpperCase();
}

export const enumNumber = (name, word) =>
    registry.getEnum(`hotline.v1.${name}`).values.find((value) => enumName(name, value.number) === word).number;

/** UTC milliseconds since 1970 of a google.protobuf.Timestamp, and of a Duration. */
export const millis = (at) => Number(at.seconds) * 1000 + Math.floor(at.nanos / 1e6);
export const timestamp = (ms) => ({
    seconds: BigInt(Math.floor(ms / 1000)),
    nanos: (((ms % 1000) + 1000) % 1000) * 1e6,
});
