// The line: gRPC over mutual TLS (spec 03, sections 3 and 6). It calls every peer and answers those who call.

import { X509Certificate, randomBytes } from "node:crypto";
import grpc from "@grpc/grpc-js";
import { Claims, Gaps } from "./asking.mjs";
import { hex, same, sha256 } from "./bytes.mjs";
import { pinsOf } from "./head.mjs";
import { runOf } from "./post.mjs";
import { Refusal } from "./refusal.mjs";
import { encode, make, millis, open } from "./schema.mjs";

const SERVICE = "/hotline.v1.HotlineService";
const asIs = (bytes) => Buffer.from(bytes);
const method = (name, requestStream, responseStream) => ({
    path: `${SERVICE}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
});
const METHODS = {
    Exchange: method("Exchange", true, true),
    Deliver: method("Deliver", false, false),
    Fetch: method("Fetch", false, true),
};
const pem = (der) => new X509Certificate(der).toString();
/** A refused call ends with its stable code in the trailing metadata (REQ-NET-6). */
function refusedStatus(error) {
    if (!(error instanceof Refusal)) throw error;
    const metadata = new grpc.Metadata();
    metadata.set("hotline-code", error.code);
    return { code: grpc.status.INVALID_ARGUMENT, details: error.code, metadata };
}

const TICK_MS = 100;
const PARTING_MS = 200;
const SERVED_MAX = 1024; // statements that one Fetch brings (REQ-NET-4)
const CHANNEL = {
    "grpc.ssl_target_name_override": "hotline.invalid",
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 2000,
};

export class Line {
    connections = new Set();
    #ended = false;

    /** @param node  {post, clock, seed, commit, onChange}; `tls` is {key, certificate}, both PEM. */
    constructor(node, tls) {
        Object.assign(this, { node, tls, post: node.post });
        const { line } = this.post.trust.revisions.at(-1).message;
        const ms = (duration) => millis(duration) / node.clock.speed;
        this.rules = { heartbeat: ms(line.heartbeat), retryFirst: ms(line.retryFirst), retryMax: ms(line.retryMax) };
        this.gaps = new Gaps(this.post, ms(line.fetchAfter));
        this.claims = new Claims(this.post, this.rules.retryFirst, ms(line.fetchAfter));
    }

    async start(listen) {
        if (listen) await this.#serve(listen);
        for (const peer of this.post.others()) this.#call(peer);
        this.ticking = setInterval(() => this.#tick(), TICK_MS);
    }

    #roots(posts) {
        return Buffer.from(
            posts.flatMap((post) => this.post.trust.posts.get(post).listed.tlsCertificates.map(pem)).join(""),
        );
    }

    #call(peer) {
        if (this.#ended) return;
        const { listed } = this.post.trust.posts.get(peer);
        let pin;
        // The names in the certificates mean nothing: what counts is that this very certificate is listed (REQ-NET-2).
        const checkServerIdentity = (_, { raw }) => {
            pin = hex(sha256(raw));
            return pinsOf(this.post.trust, peer).includes(pin) ? undefined : new Error("PIN_MISMATCH");
        };
        const credentials = grpc.credentials.createSsl(this.#roots([peer]), this.tls.key, this.tls.certificate, {
            checkServerIdentity,
        });
        const client = new grpc.Client(listed.endpoint, credentials, CHANNEL);
        const again = () => setTimeout(() => (client.close(), this.#call(peer)), 500);
        client.waitForReady(Date.now() + 10_000, (error) => {
            if (error || this.#ended) return this.#ended ? client.close() : again();
            this.#attach(client.makeBidiStreamRequest(METHODS.Exchange.path, asIs, asIs), peer, pin, again, client);
        });
    }

    #serve(listen) {
        this.server = new grpc.Server();
        const credentials = grpc.ServerCredentials.createSsl(
            this.#roots(this.post.others()),
            [{ private_key: this.tls.key, cert_chain: this.tls.certificate }],
            true,
        );
        const pinOf = (call) => hex(sha256(call.getAuthContext().sslPeerCertificate.raw));
        this.server.addService(METHODS, {
            Exchange: (call) =>
                this.#attach(
                    call,
                    this.post.others().find((post) => pinsOf(this.post.trust, post).includes(pinOf(call))),
                    pinOf(call),
                ),
            Deliver: (call, done) => this.#delivered(call.request, pinOf(call), done),
            Fetch: (call) => this.#fetched(call),
        });
        return new Promise((resolve, reject) =>
            this.server.bindAsync(listen, credentials, (error) => (error ? reject(error) : resolve())),
        );
    }

    #attach(stream, peer, pin, again, client) {
        const connection = {
            stream,
            peer,
            pin,
            hello: randomBytes(16),
            answered: false,
            types: true,
            retryAt: 0,
            wait: this.rules.retryFirst,
            client,
        };
        this.connections.add(connection);
        const ended = () => {
            if (!this.#ended && this.connections.delete(connection)) again?.();
        };
        stream.on("data", (bytes) => this.#taken(connection, bytes));
        stream.on("error", ended);
        stream.on("end", ended);
        this.#send(connection);
    }

    #taken(connection, bytes, server) {
        if (this.#ended) return;
        try {
            const head = this.post.take(new Uint8Array(bytes), this.node.clock.now(), { pin: connection.pin, server });
            this.#heard(head);
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            if (server && error.position && this.post.lacks(error.position)) this.rolledBack = true;
            else this.node.onRefused(error.code, connection.peer);
        }
        this.node.commit();
        this.news();
        this.node.onChange();
    }

    /** An echo answers the connection that asked, over whichever way it came. */
    #heard(head) {
        const echo = head.head.echoes.find(({ post }) => post === this.post.id);
        for (const connection of this.connections)
            if (echo && !connection.answered && connection.peer === head.post && same(echo.hello, connection.hello))
                this.#answered(connection, head);
        const newest = this.post.peers.get(head.post)?.beat === head.beat;
        if (newest && this.claims.has(head.post)) this.#coverBy(head);
    }

    /** A fresh Head of the peer: from here on it gets links and statements. What it says to hold of this post's log is a claim. */
    #answered(connection, { head }) {
        connection.answered = true;
        const claimed = this.#claimedBy(head);
        if (claimed) this.claims.add(connection.peer, claimed, performance.now());
        else this.isCovered = true;
        this.#send(connection);
        this.#askForProof();
    }

    /** What a Head says to be held of this post's log, where this post does not hold it. */
    #claimedBy(head) {
        const shown = head.held.find((position) => position.post === this.post.id);
        return shown && this.post.lacks(shown) ? shown : undefined;
    }

    /** A later Head of a peer that claims no more is an answer too. */
    #coverBy({ head, post }) {
        if (this.#claimedBy(head)) return;
        this.claims.drop(post);
        this.isCovered = true;
    }

    #askForProof() {
        if (!this.rolledBack) for (const wanted of this.claims.due(performance.now())) this.#fetch(wanted);
    }

    /**
     * Whether this node may seal: a peer has answered a Hello since it started, and what others claimed could have been
     * proved since. Later claims change nothing, a proof does.
     */
    get confirmed() {
        this.mayBegin ||= Boolean(this.isCovered) && !this.claims.open(performance.now());
        return this.mayBegin && !this.rolledBack;
    }

    get open() {
        return this.confirmed && [...this.connections].some((connection) => connection.answered);
    }

    #delivered(bytes, pin, done) {
        try {
            this.#heard(this.post.take(new Uint8Array(bytes), this.node.clock.now(), { pin }));
            const head = this.post.makeHead(this.node.clock.now(), this.node.seed);
            this.node.commit();
            done(null, encode("Frame", make("Frame", { head })));
        } catch (error) {
            done(refusedStatus(error));
        }
        this.node.onChange();
    }

    /** A range of a log, with all links up to the position that its Head signs. */
    #fetched(call) {
        try {
            const { post, epoch, first, last } = open("FetchRequest", new Uint8Array(call.request));
            const own = post === this.post.id;
            const head = own
                ? this.post.makeHead(this.node.clock.now(), this.node.seed)
                : this.post.peers.get(post)?.envelope;
            this.node.commit();
            const log = this.post.log(post, Number(epoch)).slice(Number(first) - 1);
            const wanted = log
                .slice(0, Math.min(Number(last - first) + 1, SERVED_MAX))
                .map((place) => this.post.statements.get(place.digest)?.envelope);
            if (head && log.length)
                call.write(
                    encode("Frame", make("Frame", { head, links: [runOf(log)], statements: wanted.filter(Boolean) })),
                );
            call.end();
        } catch (error) {
            call.destroy(refusedStatus(error));
        }
    }

    /** Ask a peer for a range of a log; what does not come is asked for again. */
    #fetch({ server, post, epoch, first, last }) {
        const connection = [...this.connections].find(({ peer, client }) => peer === server && client);
        if (!connection) return;
        const wanted = make("FetchRequest", { post, epoch: BigInt(epoch), first: BigInt(first), last: BigInt(last) });
        const { path } = METHODS.Fetch;
        const call = connection.client.makeServerStreamRequest(path, asIs, asIs, encode("FetchRequest", wanted));
        call.on("data", (bytes) => this.#taken({ peer: server }, bytes, server));
        call.on("error", () => {});
    }

    /** A Head to every connection, with what its peer lacks. */
    broadcast() {
        for (const connection of this.connections) this.#send(connection);
    }

    /** Say what no Head has carried yet. */
    news() {
        if (this.post.hasNews()) this.broadcast();
    }

    sealed() {
        for (const connection of this.connections) connection.wait = this.rules.retryFirst;
        this.broadcast();
    }

    #send(connection) {
        const more = connection.answered ? {} : { hello: connection.hello };
        if (connection.types) more.types = this.post.trust.revisions.at(-1).message.types.map((rule) => rule.type);
        connection.types = false;
        const head = this.post.makeHead(this.node.clock.now(), this.node.seed, more);
        const owed = connection.answered ? this.post.owed(connection.peer) : {};
        this.node.commit();
        connection.stream.write(encode("Frame", make("Frame", { head, ...owed })));
        connection.sentAt = performance.now();
        connection.retryAt = connection.sentAt + connection.wait;
    }

    /** Heartbeats, what was not receipted, again (REQ-NET-5), and what is missing. */
    #tick() {
        for (const gap of this.gaps.due(performance.now())) this.#fetch(gap);
        this.#askForProof();
        for (const connection of this.connections) {
            const { statements = [] } = connection.answered ? this.post.owed(connection.peer) : {};
            const now = performance.now();
            if (now >= connection.retryAt && (!connection.answered || statements.length)) {
                const urgent = statements.some(
                    (envelope) => open("Statement", envelope.payload).header.precedence >= 3,
                );
                connection.wait =
                    urgent || !connection.answered
                        ? this.rules.retryFirst
                        : Math.min(connection.wait * (2 + Math.random() / 4), this.rules.retryMax);
                this.#send(connection);
            } else if (now - connection.sentAt >= this.rules.heartbeat) this.#send(connection);
        }
        this.node.onChange();
    }

    /** Ends every stream, with a moment for what was written last. */
    async stop() {
        this.#ended = true;
        clearInterval(this.ticking);
        for (const { stream } of this.connections) stream.end();
        await new Promise((done) => setTimeout(done, PARTING_MS));
        for (const { client } of this.connections) client?.close();
        this.server?.forceShutdown();
    }
}
