"""Bytes for the cases about what follows: revisions of the agreement, versions of directories, epochs of logs."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.frames import OTHER, frame, received
from tools.vector_cases.logs import HEAD_MS, START, head, link, link_digest, run, signed
from tools.vector_cases.material import (
    AGREEMENT,
    AUS,
    CERTIFIED_MS,
    CHANNEL,
    DAY_MS,
    DIRECTORY,
    SEALED_MS,
    agreement,
    agreement_digest,
    directory,
    identity,
    node,
    party,
    plain,
    post,
    record,
    signed_agreement,
    signed_directory,
    stamp,
    window,
)
from tools.vector_cases.words import said, statement

from hotline import v1

ROOTS = ("AUS root", "CHN root")
FIRST = identity(DIRECTORY, plain(directory("AUS")))
HELD = {"directories": ["directory-chn.bin", "directory-aus.bin"]}


# -- revisions ---------------------------------------------------------------------------------------------------------


def revision(number: int = 2, after: bytes = b"", **changes: Any) -> v1.Agreement:
    """A revision that follows the common agreement, in force from the moment of sealing on."""
    fields: dict[str, Any] = {
        "revision": number,
        "previous_digest": after or agreement_digest(),
        "in_force": window(SEALED_MS, SEALED_MS + 30 * DAY_MS),
    }
    return agreement(**(fields | changes))


def revised(made: v1.Agreement, *signers: tuple[str, ...], held: Iterable[bytes] = (), **facts: Any) -> Input:
    """A revision as every root of the first signs it, or others, after those that are held."""
    groups = {str(number): group for number, group in enumerate(signers or ((ROOTS[0],), (ROOTS[1],)))}
    files = {f"revision-{number}.bin": data for number, data in enumerate(held, 2)}
    return Input(plain(signed_agreement(plain(made), groups)), {"held": ["agreement.bin", *files]}, facts, files)


def sooner(words: v1.Agreement) -> v1.Agreement:
    """In force before the one that it follows."""
    start = getattr(words.in_force, "from")
    start.seconds -= 61 * 86_400
    return words


def two_roots() -> v1.Agreement:
    """AUS goes on with another root."""
    return revision(parties=[party("AUS", root="AUS root, second"), party("CHN")])


SECOND = revision()
SECOND_SIGNED = plain(signed_agreement(plain(SECOND)))
ROTATED_ROOT = (("AUS root", "AUS root, second"), ("CHN root",))

REVISIONS = {
    "agreement-revised": revised(SECOND, revision=2, digest=identity(AGREEMENT, plain(SECOND)).hex()),
    "agreement-revision-again": revised(SECOND, held=[SECOND_SIGNED], revision=2),
    "agreement-revision-skipped": revised(revision(3)),
    "agreement-revision-of-another": revised(revision(after=bytes(31) + b"\x01")),
    "agreement-revision-other-channel": revised(revision(channel="elsewhere")),
    "agreement-revision-sooner": revised(sooner(revision())),
    "agreement-revision-fork": revised(revision(profile="hotline-vectors-2"), held=[SECOND_SIGNED]),
    "agreement-revision-root-changed": revised(two_roots(), *ROTATED_ROOT, revision=2),
    "agreement-revision-by-new-root-alone": revised(two_roots(), ("AUS root, second",), ("CHN root",)),
    "agreement-revision-by-old-root-alone": revised(two_roots(), ("AUS root",), ("CHN root",)),
    "agreement-revision-by-one-party": revised(SECOND, ("AUS root",)),
}


def under_revisions(name: str, digest: bytes) -> Input:
    """A statement under a revision, sealed when the second is in force."""
    given = {"post": AUS, "sealed_at_ms": SEALED_MS, "revisions": ["revision-2.bin"]}
    words = statement(name, agreement_digest=digest)
    return Input(plain(said(words)), given, files={"revision-2.bin": SECOND_SIGNED})


STATEMENTS = {
    "statement-under-second-revision": under_revisions("under two", identity(AGREEMENT, plain(SECOND))),
    "statement-under-earlier-revision": under_revisions("under one", agreement_digest()),
}


# -- directories -------------------------------------------------------------------------------------------------------


def version(number: int = 2, after: bytes = FIRST, **changes: Any) -> v1.Directory:
    """A version of AUS's directory that follows the common one."""
    fields: dict[str, Any] = {"version": number, "previous_digest": after, "issued_at": stamp(SEALED_MS)}
    return directory("AUS", **(fields | changes))


def following(made: v1.Directory, *, facts: bool = False, given: dict[str, Any] | None = None, **files: bytes) -> Input:
    """A directory that comes after the common ones."""
    read = {"party": "AUS", "version": made.version, "digest": identity(DIRECTORY, plain(made)).hex()}
    read |= {"epochs": [f"{listed.id} {listed.node.epoch}" for listed in made.posts]}
    held = {name.replace("_", "-") + ".bin": data for name, data in files.items()}
    return Input(signed_directory(made), HELD | (given or {}), read if facts else {}, held)


def position(epoch: int = 1, sequence: int = 0, digest: bytes = START) -> v1.LogPosition:
    """A position of AUS's log."""
    return v1.LogPosition(post=AUS, epoch=epoch, sequence=sequence, link_digest=digest)


def closure(last: v1.LogPosition, reason: v1.Closure.Reason.ValueType = v1.Closure.REASON_ROTATION) -> v1.Closure:
    """The end of an epoch."""
    return v1.Closure(last=last, reason=reason, at=stamp(SEALED_MS))


def epoch(number: int, name: str) -> v1.NodeCertificate:
    """The certificate of a node for an epoch."""
    made = node(name)
    made.epoch = number
    return made


def rotated(last: v1.LogPosition, number: int = 2, name: str = "AUS node, second") -> v1.Directory:
    """Version 2, with the epoch closed at a position and another opened."""
    return version(posts=[post(AUS, node=epoch(number, name))], closures=[closure(last)])


def revocation(name: str) -> v1.Revocation:
    """An officer's key is good for nothing from now on."""
    keyid = identity_of_key(name)
    return v1.Revocation(keyid=keyid, last=position(), reason=v1.Closure.REASON_COMPROMISE, at=stamp(SEALED_MS))


def identity_of_key(name: str) -> bytes:
    """Fingerprint of a key by its definition (REQ-SIGN-3)."""
    return sha256(b"hotline/v1/key\x00\x01" + record(name).public_key).digest()


TWIN = directory("AUS", issued_at=stamp(CERTIFIED_MS + 1_000))
UNDER_SECOND = version(agreement_digest=identity(AGREEMENT, plain(SECOND)))
BACK = version(3, identity(DIRECTORY, plain(UNDER_SECOND)))

DIRECTORIES = {
    "directory-second": following(version(), facts=True),
    "directory-second-again": following(
        version(2), given={"directories": [*HELD["directories"], "second.bin"]}, second=signed_directory(version(2))
    ),
    "directory-version-skipped": following(version(3)),
    "directory-of-another-predecessor": following(version(after=bytes(31) + b"\x01")),
    "directory-fork": following(TWIN),
    "directory-under-older-revision": following(
        BACK,
        given={"revisions": ["revision-2.bin"], "directories": [*HELD["directories"], "under-second.bin"]},
        under_second=signed_directory(UNDER_SECOND),
        revision_2=SECOND_SIGNED,
    ),
    "epoch-rotated": following(rotated(position(sequence=2, digest=b"\x11" * 32)), facts=True),
    "epoch-key-without-closure": following(version(posts=[post(AUS, node=epoch(2, "AUS node, second"))])),
    "epoch-other-key": following(version(posts=[post(AUS, node=epoch(1, "AUS node, second"))])),
    "epoch-closed-and-none-opened": following(version(closures=[closure(position())])),
    "epoch-opened-with-the-same-key": following(rotated(position(), name="AUS node")),
    "epoch-skipped": following(rotated(position(), number=3)),
    "epoch-of-another-closed": following(rotated(position(epoch=2))),
    "epoch-begins-with-two": Input(signed_directory(directory("AUS", [post(AUS, node=epoch(2, "AUS node"))]))),
    "post-withdrawn": following(
        version(posts=[], closures=[closure(position(), v1.Closure.REASON_WITHDRAWN)]), facts=True
    ),
    "post-withdrawn-and-not-closed": following(version(posts=[])),
    "officer-key-revoked": following(version(revocations=[revocation("AUS officer-1")]), facts=True),
    "unlisted-key-revoked": following(version(revocations=[revocation("nobody")])),
}


# -- epochs of logs ----------------------------------------------------------------------------------------------------

OLD = [statement(f"epoch 1, {n}") for n in (1, 2)]
OLD_LINKS = [link(words) for words in OLD]
NEW = statement("epoch 2, 1")
NEW_LINK = link(NEW, SEALED_MS + 500)


def chained(links: Iterable[v1.Link], number: int, start: bytes = START) -> bytes:
    """The link digest at the end of an epoch's links."""
    for sequence, one in enumerate(links, 1):
        start = link_digest(AUS, sequence, start, one, number)
    return start


LAST = position(1, 2, chained(OLD_LINKS, 1))
AFTER = position(2, 1, chained([NEW_LINK], 2, LAST.link_digest))
ROTATED = rotated(LAST)
ROTATED_SIGNED = v1.Envelope.FromString(signed_directory(ROTATED))


def new_run() -> v1.LinkRun:
    """The first link of epoch 2."""
    return v1.LinkRun(post=AUS, epoch=2, first=1, links=[NEW_LINK])


def in_epoch_2(
    *, runs: Iterable[v1.LinkRun], bodies: Iterable[v1.Envelope], directories: Iterable[v1.Envelope] = ()
) -> bytes:
    """A Frame under a Head of epoch 2."""
    made = signed(head([], log=AFTER), "AUS node, second")
    return plain(v1.Frame(head=made, links=runs, statements=bodies, directories=directories))


def knowing(data: bytes, *facts: str) -> Input:
    """A Frame to a receiver that holds the directory with the new epoch."""
    known = received(data, *facts)
    given = known.given | {"directories": [*HELD["directories"], "rotated.bin"]}
    return Input(data, given, known.facts, {"rotated.bin": signed_directory(ROTATED)})


def forged() -> v1.Envelope:
    """The directory with a signature that does not verify."""
    spoiled = v1.Envelope.FromString(signed_directory(ROTATED))
    spoiled.signatures[0].sig = bytes(64)
    return spoiled


def run_in(number: int, start: bytes, claimed: v1.LogPosition, *links: v1.Link, digests: int = 1) -> Input:
    """Links of an epoch that begins with a closure."""
    given: dict[str, Any] = {"channel": CHANNEL, "post": AUS, "epoch": number, "start": start.hex()}
    given |= {"head": {"sequence": claimed.sequence, "link_digest": claimed.link_digest.hex()}}
    facts = {"link_digests": [claimed.link_digest.hex()]} if digests else {}
    return Input(plain(v1.LinkRun(post=AUS, epoch=number, first=1, links=links)), given, facts)


def of_epoch_1(sequence: int) -> v1.LinkRun:
    """Links of epoch 1 up to a sequence."""
    return run(OLD_LINKS[:sequence])


BOTH = [of_epoch_1(2), new_run()]
BODIES = [said(OLD[0]), said(OLD[1]), said(NEW)]

EPOCHS = {
    "link-chain-of-next-epoch": run_in(2, LAST.link_digest, AFTER, NEW_LINK),
    "link-chain-from-zero-in-next-epoch": run_in(
        2, LAST.link_digest, position(2, 1, chained([NEW_LINK], 2)), NEW_LINK, digests=0
    ),
    "frame-brings-its-directory": received(
        in_epoch_2(runs=[new_run()], bodies=[said(NEW)], directories=[ROTATED_SIGNED]), "RECEIVED"
    ),
    "frame-of-an-epoch-nobody-listed": received(in_epoch_2(runs=[new_run()], bodies=[said(NEW)])),
    "frame-with-a-forged-directory": received(
        plain(v1.Frame(head=signed(head(OLD_LINKS)), links=[of_epoch_1(2)], directories=[forged()]))
    ),
    "frame-with-a-closed-epoch": knowing(in_epoch_2(runs=BOTH, bodies=BODIES[1:]), "RECEIVED", "RECEIVED"),
    "frame-with-a-closed-epoch-cut-short": knowing(in_epoch_2(runs=[of_epoch_1(1), new_run()], bodies=BODIES[:1])),
    "frame-of-a-closed-epoch": knowing(frame(OLD_LINKS, BODIES[:2]), "RECEIVED", "RECEIVED"),
    "frame-past-a-closure": knowing(
        frame([*OLD_LINKS, link(OTHER, SEALED_MS + 700)], [said(OTHER)], made_ms=HEAD_MS), "", "", "RECEIVED"
    ),
}

INPUTS = REVISIONS | STATEMENTS | DIRECTORIES | EPOCHS
