// Verifying a transcript offline (spec 05): what is proved, how far each log is complete, and what is missing.

import { concat, hex, same, sha256, utf8 } from "./bytes.mjs";
import { digestOf, verifyEnvelope } from "./envelope.mjs";
import { verifyHead } from "./head.mjs";
import { judge } from "./judge.mjs";
import { highest, ladder, marks } from "./ladder.mjs";
import { places } from "./log.mjs";
import { Trust } from "./papers.mjs";
import { Refusal, refuseIf } from "./refusal.mjs";
import { encode, millis, open } from "./schema.mjs";
import { fingerprint, verify } from "./signing.mjs";

export const CLOSING_TAG = utf8("hotline/v1/transcript\0");
const PAPERS = ["agreement", "directory"];
const FACTS = ["links", "headMade", "headHeld", "statement", "verdict", "shown", "fork"];

/** The records of a container, and where the last one begins. */
export function split(bytes) {
    const records = [];
    let at = 0,
        closingAt = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    while (at < bytes.length) {
        refuseIf(at + 4 > bytes.length || at + 4 + view.getUint32(at) > bytes.length, "TRANSCRIPT_FORMAT", "cut short");
        closingAt = at;
        const size = view.getUint32(at);
        records.push(bytes.subarray(at + 4, at + 4 + size));
        at += 4 + size;
    }
    return { records, closingAt };
}

export const framed = (record) => {
    const bytes = encode("Record", record);
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    return concat(size, bytes);
};

function openRecord(bytes) {
    try {
        return open("Record", bytes);
    } catch (error) {
        throw error instanceof Refusal ? new Refusal("TRANSCRIPT_FORMAT", error.message) : error;
    }
}

/** Step 1: opening, papers, facts, closing, in their order, and the digest that closes them. */
function openContainer(bytes) {
    const { records, closingAt } = split(bytes);
    const opened = records.map(openRecord);
    const kinds = opened.map((record) => record.fact.case);
    const [first, last] = [opened[0], opened.at(-1)];
    const papers = kinds.findIndex((kind, i) => i > 0 && !PAPERS.includes(kind));
    const inOrder =
        kinds[0] === "opening" &&
        kinds.at(-1) === "closing" &&
        kinds.slice(papers, -1).every((kind) => FACTS.includes(kind)) &&
        kinds
            .slice(1, papers)
            .join()
            .match(/^(agreement,?)+(directory,?)*$/);
    refuseIf(!inOrder, "TRANSCRIPT_FORMAT", "records out of order");
    const oneForm = same(encode("Record", last), records.at(-1)) && millis(last.at) === millis(first.at);
    refuseIf(!oneForm, "TRANSCRIPT_FORMAT", "the closing has one form");
    const closing = last.fact.value;
    refuseIf(!same(closing.digest, sha256(bytes.subarray(0, closingAt))), "TRANSCRIPT_DIGEST");
    const of = (kind) => opened.filter((record) => record.fact.case === kind).map((record) => record.fact.value);
    return {
        opening: first.fact.value,
        closing,
        agreements: of("agreement"),
        directories: of("directory"),
        facts: opened.slice(papers, -1).map((record) => record.fact),
    };
}

/** Step 2. */
function openPapers({ opening, closing, agreements, directories }, pin) {
    const trust = Trust.open(agreements, directories, pin);
    trust.checkComplete();
    const inside = directories.map((envelope) => open("Directory", envelope.payload).party);
    const parties = inside.map((party) => trust.parties.indexOf(party));
    refuseIf(
        parties.some((party, i) => i > 0 && party < parties[i - 1]),
        "TRANSCRIPT_FORMAT",
        "directories in another order than their parties",
    );
    const exporter = trust.posts.get(opening.exporter);
    const signed = concat(CLOSING_TAG, closing.digest);
    const good =
        exporter && fingerprint(exporter.key) === hex(closing.keyid) && verify(exporter.key, signed, closing.sig);
    refuseIf(!good, "TRANSCRIPT_SIGNATURE", opening.exporter);
    return trust;
}

/** Everything that the papers and signatures of a transcript prove; a Refusal if it does not hold. */
export function verifyTranscript(bytes, pin) {
    const container = openContainer(bytes);
    const trust = openPapers(container, pin);
    const evidence = new Evidence(trust, container.facts, container.opening.exporter);
    evidence.prove();
    return {
        agreementDigest: pin ?? trust.revisions.at(-1).digest,
        pinned: pin ? "PINNED" : "UNPINNED",
        exporter: container.opening.exporter,
        missing: evidence.missingPapers(),
        logs: evidence.completeness(),
        messages: evidence.messages(),
    };
}

class Evidence {
    constructor(trust, facts, exporter) {
        this.trust = trust;
        this.heads = []; // verified Heads, each once
        this.runs = [];
        this.held = []; // {envelope, signers, digest, record, linked}
        this.linkedAt = new Map(); // "post epoch sequence": digests of the statements that links name there so far
        this.named = new Map(); // "post epoch": highest sequence that anything names
        this.exporter = exporter;
        this.made = { epoch: 0, beat: 0 }; // newest Head of the exporter so far
        for (const fact of facts) this.#note(fact);
        this.statements = new Map();
        this.facts = [];
    }

    /** Step 3: each record by itself. */
    #note({ case: kind, value }) {
        if (kind === "headMade" || kind === "headHeld") this.#noteOwner(this.#noteHead(value), kind === "headMade");
        if (kind === "links") this.#noteRun(value);
        if (kind === "statement") this.#noteStatement(value);
        if (kind === "fork") {
            this.#noteHead(value.first);
            this.#noteHead(value.second);
            if (value.links) this.#noteRun(value.links);
        }
    }

    #noteHead(envelope) {
        const head = verifyHead(this.trust, envelope);
        if (this.heads.some((other) => other.digest === head.digest)) return head;
        this.heads.push(head);
        for (const position of [head.head.log, ...head.head.held, ...head.head.receipts])
            this.#name(position.post, position.epoch, position.sequence);
        return head;
    }

    /** What the exporter made is its own, in order; what it holds is of others (REQ-TRANS-1). */
    #noteOwner({ post, epoch, beat }, made) {
        refuseIf(made !== (post === this.exporter), "TRANSCRIPT_CONTENT", `a Head of ${post}`);
        if (!made) return;
        const later = epoch > this.made.epoch || (epoch === this.made.epoch && beat > this.made.beat);
        refuseIf(!later, "TRANSCRIPT_CONTENT", `beat ${beat} of epoch ${epoch} follows a later one`);
        this.made = { epoch, beat };
    }

    #noteRun(run) {
        refuseIf(!this.trust.posts.has(run.post), "UNKNOWN_POST", run.post);
        this.runs.push(run);
        run.links.forEach((link, i) => {
            const at = placeOf({ ...run, sequence: run.first + BigInt(i) });
            this.linkedAt.set(at, (this.linkedAt.get(at) ?? new Set()).add(hex(link.statementDigest)));
        });
        this.#name(run.post, run.epoch, Number(run.first) + run.links.length - 1);
    }

    #noteStatement(record) {
        const signers = verifyEnvelope(record.envelope, "Statement", this.trust.signers());
        const digest = digestOf(record.envelope);
        const at = placeOf(record);
        const isTwice = this.held.some((one) => one.digest === digest && placeOf(one.record) === at);
        refuseIf(isTwice, "TRANSCRIPT_CONTENT", `${at} is held twice`);
        const linked = this.linkedAt.get(at)?.has(digest) ?? false;
        this.held.push({ envelope: record.envelope, signers, digest, record, linked });
        this.#name(record.post, record.epoch, record.sequence);
    }

    #name(post, epoch, sequence) {
        const key = `${post} ${epoch}`;
        this.named.set(key, Math.max(this.named.get(key) ?? 0, Number(sequence)));
    }

    prove() {
        this.#chain();
        for (const one of this.held) this.#judge(one);
        this.forked = this.#forkedFrom();
        for (const head of this.heads) for (const receipt of head.head.receipts) this.#hear(head, receipt);
    }

    /** Step 4: a place is proved if a signed position stands at or after it on its chain. */
    #chain() {
        this.tree = new Map(); // "post epoch chain": place
        for (const run of this.runs) this.#plant(run);
        this.proved = new Map();
        for (const place of this.tree.values()) if (this.#signedAt(place).includes(place.chain)) this.#proveBack(place);
    }

    #plant(run) {
        const [post, epoch, first] = [run.post, Number(run.epoch), Number(run.first)];
        const planted = [...this.tree.values()].filter(
            (place) => place.post === post && place.epoch === epoch && place.sequence === first - 1,
        );
        const anchors =
            first === 1
                ? [this.trust.start(post, epoch)]
                : [...planted.map((place) => place.chain), ...this.#signedAt({ post, epoch, sequence: first - 1 })];
        const chains = [...new Set(anchors.filter(Boolean))].map((previous) =>
            places(this.trust.first.channel, run, previous),
        );
        const last = (chain) => chain.filter((place) => this.#signedAt(place).length).at(-1);
        const good = chains.filter((chain) => !last(chain) || this.#signedAt(last(chain)).includes(last(chain).chain));
        refuseIf(chains.length && !good.length, "LINKS_NOT_COVERED", `${post} ${epoch}`);
        for (const place of good.flat()) this.tree.set(keyOf(place), place);
    }

    /** Link digests signed for a sequence: by the post's own Heads, and by the closure of the epoch. */
    #signedAt({ post, epoch, sequence }) {
        const heads = this.heads.filter(
            (head) => head.post === post && head.epoch === epoch && head.sequence === sequence,
        );
        const closure = this.trust.closure(post, epoch);
        return [
            ...heads.map((head) => hex(head.head.log.linkDigest)),
            ...(closure?.sequence === sequence ? [closure.digest] : []),
        ];
    }

    #proveBack(place) {
        for (
            let at = place;
            at && !this.proved.has(keyOf(at));
            at = this.tree.get(keyOf({ ...at, chain: at.previous }))
        )
            this.proved.set(keyOf(at), at);
    }

    /** Step 5. */
    #judge({ envelope, signers, digest, record, linked }) {
        const early = !linked && this.linkedAt.get(placeOf(record))?.has(digest);
        refuseIf(early, "TRANSCRIPT_CONTENT", `${placeOf(record)}: it stands before its link`);
        const place = [...this.proved.values()].find(
            (candidate) =>
                candidate.post === record.post &&
                candidate.epoch === Number(record.epoch) &&
                candidate.sequence === Number(record.sequence) &&
                candidate.digest === digest,
        );
        if (!place) return;
        const entry = { ...place, sealedAt: Number(place.link.sealedAtMs), refused: "" };
        try {
            Object.assign(entry, judge(this.trust, envelope, signers, entry));
            refuseIf(
                place.link.size !== envelope.payload.length || place.link.precedence !== entry.header.precedence,
                "SIZE_MISMATCH",
            );
        } catch (error) {
            if (!(error instanceof Refusal) || !record.refused) throw error;
            entry.refused = record.refused;
        }
        place.held = true;
        if (!this.statements.has(digest)) this.statements.set(digest, entry);
    }

    /** Per log the first sequence at which two of its own positions part: {post, epoch, sequence}. */
    #forkedFrom() {
        const parted = [];
        for (const { id: post, closures, epoch: newest } of this.trust.posts.values())
            for (let epoch = 1; epoch <= newest; epoch++) {
                const tips = this.heads.filter((head) => head.post === post && head.epoch === epoch);
                const branches = tips.map((head) =>
                    this.#back(post, epoch, hex(head.head.log.linkDigest), head.sequence),
                );
                const last = Math.max(0, ...branches.flatMap((branch) => [...branch.keys()]));
                for (let sequence = 0; sequence <= last; sequence++)
                    if (new Set(branches.map((branch) => branch.get(sequence)).filter(Boolean)).size > 1) {
                        parted.push({ post, epoch, sequence });
                        break;
                    }
            }
        return parted;
    }

    /** Link digests of a branch by sequence, from a signed position back as far as links are held. */
    #back(post, epoch, chain, sequence) {
        const found = new Map([[sequence, chain]]);
        for (
            let at = this.tree.get(keyOf({ post, epoch, chain }));
            at;
            at = this.tree.get(keyOf({ post, epoch, chain: at.previous }))
        ) {
            found.set(at.sequence, at.chain);
            found.set(at.sequence - 1, at.previous);
        }
        return found;
    }

    forks({ post, epoch, sequence }) {
        return this.forked.some((fork) => fork.post === post && fork.epoch === epoch && sequence >= fork.sequence);
    }

    /** Whether a place of a closed epoch does not lead to its closure. */
    strays({ post, epoch, chain }) {
        const closure = this.trust.closure(post, epoch);
        const branch = this.#back(post, epoch, closure.digest, closure.sequence);
        const place = this.tree.get(keyOf({ post, epoch, chain }));
        return branch.get(place.sequence) !== chain;
    }

    /** Step 6: a receipt in a Head of the addressee's node, for this statement at this place. */
    #hear({ post: by, head, epoch, sequence }, receipt) {
        const digest = hex(receipt.statementDigest);
        const { case: kind, value } = receipt.fact;
        const [stage, word] = {
            receivedAt: ["DELIVERED", "RECEIVED"],
            refused: ["DELIVERED", "REFUSED"],
            presented: ["PRESENTED", "PRESENTED"],
            unstaffedAt: ["PRESENTED", "UNSTAFFED"],
        }[kind];
        const at = millis(value.at ?? value);
        this.facts.push({
            digest,
            by,
            stage,
            value: word,
            at,
            epoch: Number(receipt.epoch),
            sequence: Number(receipt.sequence),
            forked: this.forks({ post: by, epoch, sequence }),
        });
    }

    /** Papers that Heads name and that are not inside, or others than are (REQ-TRANS-5). */
    missingPapers() {
        const missing = new Set();
        const inside = (papers, number, digest) =>
            papers?.[Number(number) - 1] && (!digest || papers[Number(number) - 1].digest === hex(digest));
        for (const { head } of this.heads) {
            if (!inside(this.trust.revisions, head.agreementRevision, head.agreementHeldDigest))
                missing.add(`revision ${head.agreementRevision}`);
            for (const { party, version, digest } of head.directories)
                if (!inside(this.trust.directories.get(party), version, digest))
                    missing.add(`${party} version ${version}`);
        }
        return [...missing];
    }

    /** Step 7: of every epoch of every post, in the order of the directories. */
    completeness() {
        const posts = this.trust.parties.flatMap((party) =>
            [...this.trust.posts.values()].filter((post) => post.id.startsWith(`${party}:`)),
        );
        return posts.flatMap((post) => Array.from({ length: post.epoch }, (_, i) => this.#completeTo(post.id, i + 1)));
    }

    #completeTo(post, epoch) {
        const held = new Set(
            [...this.proved.values()]
                .filter((place) => place.post === post && place.epoch === epoch && place.held)
                .map((place) => place.sequence),
        );
        let completeTo = 0;
        while (held.has(completeTo + 1)) completeTo++;
        const namedTo = Math.max(
            this.named.get(`${post} ${epoch}`) ?? 0,
            this.trust.closure(post, epoch)?.sequence ?? 0,
        );
        return { post, epoch, completeTo, namedTo, state: completeTo === namedTo ? "COMPLETE" : "INCOMPLETE" };
    }

    messages() {
        const entries = [...this.statements.values()].sort((a, b) => a.sealedAt - b.sealedAt);
        return entries.map((entry) => {
            const ladders = entry.header ? ladder(this, entry) : [];
            return {
                ...entry,
                marks: marks(this, entry),
                addressees: ladders.map((one) => ({ ...one, highest: highest(one) })),
            };
        });
    }
}

const placeOf = ({ post, epoch, sequence }) => `${post} ${epoch} ${sequence}`;
const keyOf = ({ post, epoch, chain }) => `${post} ${epoch} ${chain}`;
