// People at a post that runs: one JSON object each way over the Unix socket of its configuration.

import { existsSync, rmSync } from "node:fs";
import net from "node:net";
import { Refusal } from "./refusal.mjs";

/** Answer whoever calls: `act(asked)` gives what is told, or throws a Refusal. */
export function open(path, act) {
    if (existsSync(path)) rmSync(path); // of a process that was killed; the journal's lock keeps out a second one that lives
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        let text = "";
        socket.setEncoding("utf8").on("error", () => {});
        socket.on("data", (part) => (text += part));
        socket.on("end", () => socket.end(JSON.stringify(answer(act, text))));
    });
    return new Promise((resolve, reject) => server.on("error", reject).listen(path, () => resolve(server)));
}

function answer(act, text) {
    try {
        return act(JSON.parse(text));
    } catch (error) {
        if (!(error instanceof Refusal) && !(error instanceof SyntaxError)) throw error;
        return { error: error.code ?? "MALFORMED", detail: error.message };
    }
}

/** Ask the post that runs at a socket; what it tells. */
export function ask(path, asked) {
    return new Promise((resolve, reject) => {
        let text = "";
        const socket = net.connect(path, () => socket.end(JSON.stringify(asked)));
        socket.setEncoding("utf8").on("data", (part) => (text += part));
        socket.on("end", () => resolve(JSON.parse(text)));
        socket.on("error", (error) => reject(new Refusal("NOT_CONNECTED", error.message)));
    });
}
