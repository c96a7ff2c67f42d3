// Verifies a transcript offline: node transcript.mjs FILE [--pin DIGEST] [--json]. Exit status 1 if it does not hold.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Refusal } from "./lib/refusal.mjs";
import { verifyTranscript } from "./lib/transcript.mjs";

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { pin: { type: "string" }, json: { type: "boolean" } },
});

function summary(told) {
    const messages = told.messages.map((message) => ({
        digest: message.digest,
        post: message.post,
        epoch: message.epoch,
        sequence: message.sequence,
        type: message.name ?? "",
        refused: message.refused,
        marks: message.marks,
        addressees: message.addressees.map(({ post, highest, stages }) => ({
            post,
            stage: highest?.stage ?? "",
            value: highest?.value ?? "",
            contradictory: highest?.contradictory ?? false,
            proofs: stages.map(({ stage, value, mark }) => [stage, value, mark].filter(Boolean).join(" ")),
        })),
    }));
    return { ...told, complete: !told.missing.length && told.logs.every((log) => log.state === "COMPLETE"), messages };
}

function print(told) {
    console.log(`${told.pinned} ${told.agreementDigest}`);
    console.log(`exported by ${told.exporter}`);
    for (const log of told.logs)
        console.log(`${log.post} epoch ${log.epoch}: ${log.state}, complete to ${log.completeTo} of ${log.namedTo}`);
    for (const paper of told.missing) console.log(`INCOMPLETE: ${paper} is named and not inside`);
    for (const { digest, post, sequence, type, refused, marks, addressees } of told.messages) {
        console.log(
            [digest.slice(0, 12), post, sequence, type, refused && `refused ${refused}`, ...marks]
                .filter(Boolean)
                .join(" "),
        );
        for (const one of addressees)
            console.log(
                `    ${one.post}: ${one.stage || "nothing proved"} ${one.value}${one.contradictory ? " CONTRADICTORY" : ""}`,
            );
    }
}

try {
    const told = summary(verifyTranscript(new Uint8Array(readFileSync(positionals[0])), values.pin));
    if (values.json) console.log(JSON.stringify({ ok: true, ...told }));
    else print(told);
} catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.log(values.json ? JSON.stringify({ ok: false, code: error.code }) : error.message);
    process.exitCode = 1;
}
