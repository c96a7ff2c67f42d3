// What is durable: records in one file, each preceded by its length, as in a transcript. One process writes it at a time.

import {
    closeSync,
    existsSync,
    fsyncSync,
    ftruncateSync,
    openSync,
    readFileSync,
    rmSync,
    writeFileSync,
    writeSync,
} from "node:fs";
import { concat } from "./bytes.mjs";
import { Refusal } from "./refusal.mjs";
import { make, open, timestamp } from "./schema.mjs";
import { framed } from "./transcript.mjs";

export class Journal {
    #waiting = [];

    constructor(path) {
        this.lock = `${path}.lock`;
        this.#takeLock();
        const bytes = existsSync(path) ? new Uint8Array(readFileSync(path)) : new Uint8Array();
        const { records, end } = wholeRecords(bytes);
        this.records = records;
        this.file = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
        ftruncateSync(this.file, end);
        this.size = end;
    }

    /** Two processes that seal in one log would fork it. */
    #takeLock() {
        for (let tries = 0; existsSync(this.lock); tries += 1) {
            if (!alive(Number(readFileSync(this.lock, "utf8")))) rmSync(this.lock);
            else if (tries < 20) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // it may be ending
            else throw new Refusal("JOURNAL_IN_USE", this.lock);
        }
        writeFileSync(this.lock, `${process.pid}`, { flag: "wx" });
    }

    /** Add a fact; it is durable after the next `commit`. */
    keep(now, kind, value) {
        const record = make("Record", {
            at: make("google.protobuf.Timestamp", timestamp(now)),
            fact: { case: kind, value },
        });
        this.records.push(record);
        this.#waiting.push(framed(record));
    }

    /** One durable write for everything kept since the last one (REQ-DUR-1). An error here must end the process. */
    commit() {
        if (!this.#waiting.length) return;
        const bytes = concat(...this.#waiting);
        this.#waiting = [];
        writeSync(this.file, bytes, 0, bytes.length, this.size);
        fsyncSync(this.file);
        this.size += bytes.length;
    }

    close() {
        this.commit();
        closeSync(this.file);
        rmSync(this.lock);
    }
}

/** A process that was killed and that nobody has waited for is still listed; it holds nothing any more. */
const alive = (pid) => {
    try {
        return process.kill(pid, 0) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch (error) {
        return error.code === "EPERM" || (error.syscall === "open" && process.platform !== "linux");
    }
};

/** What was wholly written: a record cut short by a crash was never told to anybody, nor was a link without its statement. */
function wholeRecords(bytes) {
    const records = [];
    const ends = [0];
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length && at + 4 + view.getUint32(at) <= bytes.length; ends.push(at)) {
        const begin = at + 4;
        at = begin + view.getUint32(at);
        records.push(open("Record", bytes.subarray(begin, at)));
    }
    if (records.at(-1)?.fact.case === "links") records.pop();
    return { records, end: ends[records.length] };
}
