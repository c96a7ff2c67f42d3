// The log of a post: links and their digests (spec 03, section 1).

import { be, concat, hex, sha256, unhex, utf8 } from "./bytes.mjs";

const TAG = utf8("hotline/v1/link\0");
const text = (value) => concat(be(utf8(value).length, 2), utf8(value));

/** REQ-LOG-2, byte by byte; hexadecimal. */
export function linkDigest(channel, post, epoch, sequence, previous, link) {
    return hex(
        sha256(
            concat(
                TAG,
                text(channel),
                text(post),
                be(epoch, 8),
                be(sequence, 8),
                unhex(previous),
                link.statementDigest,
                be(link.sealedAtMs, 8),
                be(link.precedence, 1),
                be(link.size, 4),
            ),
        ),
    );
}

/**
 * The places of a run that begins after `previous`: {post, epoch, sequence, previous, link, chain, digest}; `chain` is the link
 * digest, `digest` that of the statement.
 */
export function places(channel, run, previous) {
    const [post, epoch, first] = [run.post, Number(run.epoch), Number(run.first)];
    return run.links.map((link, i) => {
        const place = { post, epoch, sequence: first + i, previous, link };
        place.digest = hex(link.statementDigest);
        previous = place.chain = linkDigest(channel, post, epoch, first + i, previous, link);
        return place;
    });
}
