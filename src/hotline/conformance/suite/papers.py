"""Checks of what changes while the line is open: directories, revisions of the agreement, epochs, revoked keys."""

from __future__ import annotations

from collections.abc import Callable

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement, window
from hotline.agreements.following import next_agreement, next_directory, revoke, rotate
from hotline.conformance.suite.check import NotTriedError, Run, check, expect
from hotline.conformance.suite.kit import PublicOnly
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.taking import notice
from hotline.protocol.envelope import DIRECTORY, digest_of, sign
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.log import PostLog
from hotline.protocol.signing import Signer

_DAY_NS = 86_400 * NS_PER_S


def listed(run: Run, peer: Peer) -> v1.DirectoryHeld:
    """What the node's newest Head says it holds of a peer's directory."""
    party = peer.post.partition(":")[0]
    return next((each for each in run.witness.newest.directories if each.party == party), v1.DirectoryHeld())


async def bring(run: Run, *directories: v1.Envelope, by: Peer | None = None) -> None:
    """Bring directories in a Frame with an honest Head that does not list them yet."""
    peer = by or run.north
    frame = peer.frame(links=False)
    frame.directories.extend(directories)
    await peer.deliver(frame)


def forged(run: Run, change: Callable[[v1.Directory], object], signer: Signer | None = None) -> v1.Envelope:
    """A next version of NORTH's directory that is wrong, well signed; the suite does not hold it."""
    trust, registrar = run.witness.trust, run.kit.rehearsal.registrars["NORTH"]
    words = v1.Directory.FromString(next_directory(trust, "NORTH", registrar, run.kit.clock.now().utc_ns).payload)
    change(words)
    return sign(DIRECTORY, words.SerializeToString(deterministic=True), signer or registrar)


@check("directory-skipped", "REQ-DIR-1", "REQ-DIR-3")
async def directory_skipped(run: Run) -> None:
    """A directory that skips a version, or names another predecessor, is not taken; the Frame that brings it is."""
    before, sent = listed(run, run.north), notice(run.north)
    skipped = forged(run, lambda words: setattr(words, "version", words.version + 1))
    apart = forged(run, lambda words: setattr(words, "previous_digest", bytes(31) + b"\x01"))
    run.north.seal(sent)
    frame = run.north.frame(sent)
    frame.directories.extend([skipped, apart])
    await run.north.deliver(frame)
    await run.receipted(sent)
    expect(listed(run, run.north) == before, f"it lists version {listed(run, run.north).version} of NORTH")


@check("directory-forged", "REQ-TRUST-3", "REQ-TRUST-4", "REQ-TRUST-5", "REQ-DIR-3")
async def directory_forged(run: Run) -> None:
    """A directory by another registrar, with a foreign post, a shared or an inadmissible key is not taken."""
    before = listed(run, run.north)
    officer = run.kit.trust.posts[run.south.post].officers[0]

    def shared(words: v1.Directory) -> None:
        words.posts[0].officers[0].key.CopyFrom(officer.key)

    def low(words: v1.Directory) -> None:
        words.posts[0].officers[0].key.public_key = bytes(32)

    wrong = [
        forged(run, lambda words: None, run.kit.rehearsal.registrars["SOUTH"]),
        forged(run, lambda words: setattr(words.posts[0], "id", "SOUTH:harbour")),
        forged(run, shared),
        forged(run, low),
    ]
    for envelope in wrong:
        await bring(run, envelope)
        await run.north.deliver()
        expect(listed(run, run.north) == before, f"it lists version {listed(run, run.north).version} of NORTH")


@check("directory-taken", "REQ-DIR-1", "REQ-DIR-3", "REQ-ROLE-3", "REQ-STMT-4", "REQ-TRUST-3")
async def directory_taken(run: Run) -> None:
    """The next version is taken and listed; a delegated role and an expired certificate in it count from then on."""
    now, north, late = run.kit.clock.now(), run.north, run.spare_key()

    def change(words: v1.Directory) -> None:
        words.delegations.add(
            post=north.post,
            from_person="officer-2",
            to_person="officer-1",
            role="releaser",
            valid=window(now.utc_ns - _DAY_NS, now.utc_ns + _DAY_NS),
        )
        expired = window(now.utc_ns - 3 * _DAY_NS, now.utc_ns - _DAY_NS)
        words.posts[0].officers.add(person="officer-4", key=key_of(late), role="watch-officer", valid=expired)

    envelope = run.issue(north, change)
    await bring(run, envelope)
    await run.until(
        lambda: listed(run, north).digest == digest_of(envelope), "its Heads do not list version 2 of NORTH"
    )
    lent = north.signed(north.statement(v1.IncidentClose()), "officer-1")
    await north.tell(lent)
    await run.receipted(lent)
    sent = north.signed(notice(north).payload, late)
    await north.tell(sent)
    await run.refused(sent, "CERTIFICATE_EXPIRED")


@check("directory-fork", "REQ-DIR-2")
async def directory_fork(run: Run) -> None:
    """Another directory with a version that is held is not taken; the first stays."""
    before = listed(run, run.north)
    if before.version < 2:
        raise NotTriedError("no second version was taken")

    def change(words: v1.Directory) -> None:
        words.version, words.previous_digest = 2, run.kit.trust.held()[0].digest
        words.posts[0].name = "another"

    await bring(run, forged(run, change))
    await run.north.deliver()
    expect(listed(run, run.north) == before, "it lists another version 2 of NORTH")


@check("revision", "REQ-AGR-1", "REQ-AGR-2", "REQ-AGR-4")
async def revision(run: Run) -> None:
    """A revision is taken when every party has signed it, and not when one has not, or when it skips a number."""
    trust, now, roots = run.witness.trust, run.kit.clock.now(), run.kit.rehearsal.roots
    if any(isinstance(root, PublicOnly) for root in roots.values()):
        raise NotTriedError("a root key is not in this kit")
    start = to_timestamp(now.utc_ns + 5 * _DAY_NS)
    payload = next_agreement(trust, lambda words: getattr(words.in_force, "from").CopyFrom(start))
    skipping = v1.Agreement.FromString(payload)
    skipping.revision += 1
    whole = {party: [root] for party, root in roots.items()}
    some = {party: signers for party, signers in whole.items() if party != "SOUTH"}
    for wrong in (sign_agreement(payload, some), sign_agreement(skipping.SerializeToString(), whole)):
        await _revise(run, wrong)
        await run.north.deliver()
        expect(run.witness.newest.agreement_revision == 1, "it took a revision that it must not take")
    right = sign_agreement(payload, whole)
    await _revise(run, right)
    trust.take_agreement(right)
    await run.until(lambda: run.witness.newest.agreement_revision == 2, "its Heads do not list revision 2")
    expect(run.witness.newest.agreement_digest == run.kit.trust.agreement.digest, "it is in force before its time")


async def _revise(run: Run, signed: v1.SignedAgreement) -> None:
    frame = run.north.frame(links=False)
    frame.agreements.append(signed)
    await run.north.deliver(frame)


@check("officer-revoked", "REQ-EPOCH-3", "REQ-EPOCH-4")
async def officer_revoked(run: Run) -> None:
    """What a revoked officer signed after the revocation is received, and what was received before stays so."""
    north, before = run.north, notice(run.north, "officer-3")
    await north.tell(before)
    received = await run.receipted(before)
    last, now = north.log.position(), run.kit.clock.now()
    after = notice(north, "officer-3")
    envelope = run.issue(north, revoke(north.officers("officer-3")[0].fingerprint, last, now.utc_ns))
    await bring(run, envelope)
    await run.until(lambda: listed(run, north).digest == digest_of(envelope), "its Heads do not list the revocation")
    await north.tell(after)
    await run.receipted(after)
    await north.deliver(north.frame(before))
    expect(await run.receipted(before) == received, "the earlier receipt has changed")


@check("epoch", "REQ-EPOCH-1", "REQ-EPOCH-6", "REQ-DIR-4", "REQ-LOG-2")
async def epoch(run: Run) -> None:
    """A directory closes an epoch and opens the next: its Head is taken, and its log begins anew."""
    await rotated(run, run.south, run.south.log.position())
    sent = notice(run.south)
    await run.south.tell(sent)
    receipt = await run.receipted(sent)
    expect(
        (receipt.epoch, receipt.sequence) == (run.south.log.epoch, 1), "it was not received as the first of the epoch"
    )


@check("epoch-broken", "REQ-EPOCH-1")
async def epoch_broken(run: Run) -> None:
    """A directory with another node key and no closure is not taken."""
    before, key = listed(run, run.north), run.spare_key()
    await bring(run, forged(run, lambda words: words.posts[0].node.key.CopyFrom(key_of(key))))
    await run.north.deliver()
    expect(listed(run, run.north) == before, "it took a directory that opens an epoch without closing one")


@check("disavowed", "REQ-EPOCH-2", "REQ-EPOCH-4", "REQ-FORK-1")
async def disavowed(run: Run) -> None:
    """What an epoch's closure leaves out after it was received, and read, keeps its receipt."""
    north = run.north
    last, lost = north.log.position(), notice(run.north, asks="READ")
    await north.tell(lost)
    received = await run.receipted(lost)
    if run.operator is not None:
        await run.operator.read(digest_of(lost))
    await rotated(run, north, last, v1.Closure.REASON_COMPROMISE)
    await north.deliver(north.frame(lost, links=False))
    again = run.witness.receipt(digest_of(lost), "received_at")
    expect(again == received, "its receipt about what was disavowed has changed")
    sent = notice(north)
    await north.tell(sent)
    await run.receipted(sent)


async def rotated(
    run: Run,
    peer: Peer,
    last: v1.LogPosition,
    reason: v1.Closure.Reason.ValueType = v1.Closure.REASON_ROTATION,
) -> None:
    """Close a peer's epoch at a position, bring the directory, and go on in the next."""
    signer = run.spare_key()
    envelope = run.issue(peer, rotate(peer.post, last, signer, run.kit.clock.now().utc_ns, reason))
    await bring(run, envelope, by=peer)
    peer.signer, peer.beat = signer, 0
    peer.log = PostLog(run.kit.trust.agreement.channel, peer.post, last.epoch + 1, last.link_digest)
    peer.logs[peer.log.epoch] = peer.log
    await run.until(lambda: listed(run, peer).digest == digest_of(envelope), "its Heads do not list the new epoch")
    await run.until(
        lambda: run.witness.held(peer.post).epoch == peer.log.epoch, "its Heads name no position of the new epoch"
    )
