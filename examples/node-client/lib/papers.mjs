// Agreement and directories: which keys may say what (spec 02, sections 4 to 6; spec 06, sections 2 to 4). Trust only grows:
// every revision and version taken is kept, and a refusal changes nothing.

import { hex, same } from "./bytes.mjs";
import { digestOf, payloadType, verifyEnvelope } from "./envelope.mjs";
import { refuseIf } from "./refusal.mjs";
import { millis, open } from "./schema.mjs";
import { admits, fingerprint, fingerprints, published } from "./signing.mjs";

export const partyOf = (post) => post.slice(0, post.indexOf(":"));
export const ZERO = "00".repeat(32);
const window = (valid) => ({ from: millis(valid.from), until: millis(valid.until) });
export const holds = (valid, at) => valid.from <= at && at < valid.until;

export class Trust {
    revisions = []; // {message, digest, from, until, signed}
    directories = new Map(); // party: versions, each {message, digest, envelope}
    owners = new Map(); // keyid: the one thing it is for (REQ-TRUST-4)
    nodes = new Map(); // keyid: {publicKey, post, epoch, windows}
    officers = new Map(); // keyid: {publicKey, post, person, certificates}
    posts = new Map(); // post: {listed, levels, epoch, closures}
    delegations = [];
    revocations = []; // {keyid, last, at}

    /** A first revision with those after it, and directories in the order of their versions. */
    static open(agreements, directories, pin) {
        const trust = new Trust();
        const read = agreements.map(readRevision);
        read.forEach(({ message }, i) =>
            refuseIf(Number(message.revision) !== i + 1, "AGREEMENT_CHAIN", `revision ${message.revision}`),
        );
        refuseIf(pin && !read.some((revision) => revision.digest === pin), "AGREEMENT_DIGEST", read[0].digest);
        read.forEach((revision) => trust.#takeRevision(revision));
        directories.forEach((envelope) => trust.takeDirectory(envelope));
        return trust;
    }

    get first() {
        return this.revisions[0].message;
    }

    get parties() {
        return [...new Set(this.revisions.flatMap((revision) => revision.message.parties.map((party) => party.id)))];
    }

    /** Whoever may sign a statement. */
    signers() {
        return new Map([...this.officers, ...this.nodes].map(([id, { publicKey }]) => [id, publicKey]));
    }

    nodeKeys() {
        return new Map([...this.nodes].map(([id, { publicKey }]) => [id, publicKey]));
    }

    revision(digest) {
        return this.revisions.find((revision) => revision.digest === digest);
    }

    /** The revision that began last, even if it is over; before any has begun, the first (REQ-STMT-8). */
    begun(at) {
        return this.revisions.filter((revision) => revision.from <= at).at(-1) ?? this.revisions[0];
    }

    /** A post's level by the version that was issued last by an instant (REQ-DIR-5). */
    level(post, at) {
        const { levels } = this.posts.get(post);
        return (levels.filter(({ issued }) => issued <= at).at(-1) ?? levels[0]).level;
    }

    inForce(at) {
        const begun = this.revisions.filter((revision) => revision.from <= at).at(-1);
        return begun && at < begun.until ? begun : undefined;
    }

    /** The link digest before the first link of an epoch: that of the closure of the epoch before (REQ-EPOCH-1). */
    start(post, epoch) {
        return epoch === 1 ? ZERO : this.posts.get(post)?.closures.get(epoch - 1)?.digest;
    }

    closure(post, epoch) {
        return this.posts.get(post)?.closures.get(epoch);
    }

    checkComplete() {
        for (const { id } of this.revisions.at(-1).message.parties)
            refuseIf(!this.directories.has(id), "DIRECTORY_MISSING", id);
    }

    /** Whether it was new. */
    takeRevision(signed) {
        return this.#takeRevision(readRevision(signed));
    }

    #takeRevision(revision) {
        if (this.revision(revision.digest)) return false;
        const number = Number(revision.message.revision);
        const before = this.revisions[number - 2];
        refuseIf(
            number > this.revisions.length + 1 || number > 1 !== Boolean(before),
            "AGREEMENT_CHAIN",
            `revision ${number}`,
        );
        if (before) follow(before, revision);
        const owners = keyOwners(revision.message);
        signedByEveryParty(revision, before);
        refuseIf(number <= this.revisions.length, "AGREEMENT_FORK", `revision ${number}`);
        this.#own(owners, revision.message.kind);
        this.revisions.push(revision);
        return true;
    }

    #own(owners, kind) {
        for (const [id, owner] of owners) {
            refuseIf((this.owners.get(id) ?? owner) !== owner, "KEY_SHARED", owner);
            refuseIf(kind === 1 && published().has(id), "KEY_PUBLISHED", owner);
        }
        owners.forEach((owner, id) => this.owners.set(id, owner));
    }

    /** Whether it was new (spec 06, section 3). */
    takeDirectory(envelope) {
        const { message, digest } = this.#readDirectory(envelope);
        const held = this.directories.get(message.party) ?? [];
        if (held.some((version) => version.digest === digest)) return false;
        this.#followVersions(message, held);
        const owners = directoryOwners(message);
        for (const [id, owner] of owners) refuseIf((this.owners.get(id) ?? owner) !== owner, "KEY_SHARED", owner);
        for (const post of message.posts) refuseIf(partyOf(post.id) !== message.party, "POST_FOREIGN", post.id);
        this.#checkEpochs(message);
        this.#checkRevocations(message);
        this.#own(owners, message.kind);
        this.directories.set(message.party, [...held, { message, digest, envelope }]);
        this.#list(message);
        return true;
    }

    #readDirectory(envelope) {
        const registrars = new Map();
        for (const { message } of this.revisions)
            for (const party of message.parties)
                party.registrarKeys.forEach((key) => registrars.set(fingerprint(key.publicKey), key.publicKey));
        const signers = verifyEnvelope(envelope, "Directory", registrars);
        refuseIf(signers.length !== 1, "SIGNATURE_COUNT");
        const message = open("Directory", envelope.payload);
        const revision = this.revision(hex(message.agreementDigest));
        const { channel, kind } = this.first;
        refuseIf(!revision || message.channel !== channel || message.kind !== kind, "DIRECTORY_FOREIGN");
        const signs = (party) => party.registrarKeys.some((key) => fingerprint(key.publicKey) === signers[0]);
        refuseIf(!revision.message.parties.some(signs), "KEY_UNKNOWN", "no registrar of that revision");
        refuseIf(
            !revision.message.parties.find((party) => party.id === message.party && signs(party)),
            "DIRECTORY_FOREIGN",
            message.party,
        );
        checkAlgorithm(
            revision.message,
            message.posts.flatMap((post) => [post.node.key, ...post.officers.map((officer) => officer.key)]),
        );
        return { message, digest: digestOf(envelope) };
    }

    #followVersions(message, held) {
        const version = Number(message.version);
        refuseIf(version <= held.length, "DIRECTORY_FORK", `${message.party} version ${version}`);
        const last = held.at(-1);
        const under = (paper) => this.revisions.findIndex((revision) => revision.digest === hex(paper.agreementDigest));
        const follows = version === held.length + 1 && hex(message.previousDigest) === (last?.digest ?? "");
        refuseIf(
            !follows || (last && under(message) < under(last.message)),
            "DIRECTORY_CHAIN",
            `${message.party} version ${version}`,
        );
    }

    /** One node certificate is one epoch; a version never opens one without closing the one before (REQ-EPOCH-1). */
    #checkEpochs(message) {
        const closed = new Map(message.closures.map((closure) => [closure.last.post, Number(closure.last.epoch)]));
        const wrong = (post) => refuseIf(true, "EPOCH_CHAIN", post);
        if (closed.size !== message.closures.length) wrong(message.party);
        for (const [post, epoch] of closed)
            if (!this.posts.get(post)?.listed || this.posts.get(post).epoch !== epoch) wrong(post);
        for (const post of message.posts) {
            const known = this.posts.get(post.id);
            const goesOn = known?.listed && !closed.has(post.id);
            const epoch = known ? known.epoch + (goesOn ? 0 : 1) : 1;
            const sameKey = known && same(known.key, post.node.key.publicKey);
            if (Number(post.node.epoch) !== epoch || (known && sameKey !== Boolean(goesOn))) wrong(post.id);
        }
        for (const [id, known] of this.posts)
            if (
                partyOf(id) === message.party &&
                known.listed &&
                !message.posts.some((post) => post.id === id) &&
                !closed.has(id)
            )
                wrong(id);
    }

    #checkRevocations(message) {
        const listed = message.posts.flatMap((post) =>
            post.officers.map((officer) => [fingerprint(officer.key.publicKey), post.id]),
        );
        const officers = new Map([...[...this.officers].map(([id, { post }]) => [id, post]), ...listed]);
        for (const { keyid, last } of message.revocations)
            refuseIf(officers.get(hex(keyid)) !== last.post, "KEY_UNKNOWN", hex(keyid));
    }

    #list(message) {
        for (const post of this.posts.values()) if (partyOf(post.id) === message.party) post.listed = undefined;
        for (const { last, at, reason } of message.closures)
            this.posts.get(last.post).closures.set(Number(last.epoch), {
                sequence: Number(last.sequence),
                digest: hex(last.linkDigest),
                at: millis(at),
                reason,
            });
        for (const post of message.posts) this.#listPost(post, millis(message.issuedAt));
        for (const { post, fromPerson, toPerson, role, valid } of message.delegations)
            this.delegations.push({ post, fromPerson, toPerson, role, ...window(valid) });
        for (const { keyid, last, at } of message.revocations)
            this.revocations.push({
                keyid: hex(keyid),
                epoch: Number(last.epoch),
                sequence: Number(last.sequence),
                at: millis(at),
            });
    }

    #listPost(post, issued) {
        const epoch = Number(post.node.epoch);
        const closures = this.posts.get(post.id)?.closures ?? new Map();
        this.posts.set(post.id, {
            id: post.id,
            listed: post,
            levels: [...(this.posts.get(post.id)?.levels ?? []), { issued, level: post.level }],
            epoch,
            key: post.node.key.publicKey,
            closures,
        });
        const nodeId = fingerprint(post.node.key.publicKey);
        const node = this.nodes.get(nodeId) ?? {
            publicKey: post.node.key.publicKey,
            post: post.id,
            epoch,
            windows: [],
        };
        node.windows.push(window(post.node.valid));
        this.nodes.set(nodeId, node);
        for (const { person, key, role, valid } of post.officers) {
            const id = fingerprint(key.publicKey);
            const officer = this.officers.get(id) ?? {
                publicKey: key.publicKey,
                post: post.id,
                person,
                certificates: [],
            };
            officer.certificates.push({ role, ...window(valid) });
            this.officers.set(id, officer);
        }
    }
}

/** Steps 1 to 3 of spec 02, section 5. */
function readRevision(signed) {
    const { envelopes } = signed;
    for (const envelope of envelopes) refuseIf(envelope.payloadType !== payloadType("Agreement"), "PAYLOAD_TYPE");
    refuseIf(
        envelopes.some((envelope) => !same(envelope.payload, envelopes[0].payload)),
        "AGREEMENT_SIGNATURES",
        "not identical bytes",
    );
    const message = open("Agreement", envelopes[0].payload);
    checkAlgorithm(
        message,
        message.parties.flatMap((party) => [...party.rootKeys, ...party.registrarKeys]),
    );
    return { message, digest: digestOf(envelopes[0]), signed, ...window(message.inForce) };
}

/** Every key of a channel is of the one algorithm that its agreement names (REQ-HYBRID-1); absent it is Ed25519. */
function checkAlgorithm(agreement, keys) {
    const asked = agreement.algorithm || 1;
    for (const { algorithm } of keys) refuseIf(algorithm !== asked, "KEY_ALGORITHM", `${algorithm}, not ${asked}`);
}

/** What a revision must keep of the one before (REQ-AGR-1). */
function follow(before, { message, from }) {
    const clock = (agreement) =>
        JSON.stringify(agreement.exerciseClock, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    const kept =
        message.channel === before.message.channel &&
        message.kind === before.message.kind &&
        message.algorithm === before.message.algorithm &&
        clock(message) === clock(before.message);
    refuseIf(hex(message.previousDigest) !== before.digest || !kept || from < before.from, "AGREEMENT_CHAIN");
}

function keyOwners(agreement) {
    const owners = new Map();
    for (const party of agreement.parties)
        for (const { publicKey } of [...party.rootKeys, ...party.registrarKeys])
            claim(owners, publicKey, `party ${party.id}`);
    return owners;
}

function directoryOwners(directory) {
    const owners = new Map();
    for (const post of directory.posts) {
        claim(owners, post.node.key.publicKey, `node of ${post.id}`, true);
        for (const officer of post.officers) claim(owners, officer.key.publicKey, `${post.id} ${officer.person}`, true);
    }
    return owners;
}

function claim(owners, publicKey, owner, once = false) {
    refuseIf(!admits(publicKey), "KEY_INVALID", owner);
    for (const id of fingerprints(publicKey)) {
        refuseIf(owners.has(id) && (once || owners.get(id) !== owner), "KEY_SHARED", owner);
        owners.set(id, owner);
    }
}

/** One envelope of each party of this revision and of the one before, by the roots and thresholds of both (REQ-AGR-2). */
function signedByEveryParty({ message, signed }, before) {
    const due = new Map();
    for (const agreement of [before?.message, message])
        for (const party of agreement?.parties ?? []) due.set(party.id, [...(due.get(party.id) ?? []), party]);
    for (const envelope of signed.envelopes) {
        const first = hex(envelope.signatures[0].keyid);
        const [id, lists] = [...due].find(([, parties]) => parties.some((party) => roots(party).has(first))) ?? [];
        refuseIf(!id, "AGREEMENT_SIGNATURES", "an envelope of no party, or a second one of one");
        const signers = verifyEnvelope(envelope, "Agreement", new Map(lists.flatMap((party) => [...roots(party)])));
        const enough = lists.every(
            (party) => signers.filter((signer) => roots(party).has(signer)).length >= party.rootThreshold,
        );
        refuseIf(!enough, "AGREEMENT_SIGNATURES", `${id} is below its threshold`);
        due.delete(id);
    }
    refuseIf(due.size > 0, "AGREEMENT_SIGNATURES", `not signed by ${[...due.keys()]}`);
}

const roots = (party) => new Map(party.rootKeys.map((key) => [fingerprint(key.publicKey), key.publicKey]));
