"""Worked examples for the specifications, read from the committed vectors: real bytes, explained."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import yaml

from hotline import v1

VECTORS = Path(__file__).resolve().parents[1] / "specs" / "vectors"
HEX_PER_LINE = 64


def key_example() -> str:
    """A key of the published pool and its fingerprint."""
    keys = yaml.safe_load((VECTORS / "_common" / "keys.yaml").read_text(encoding="utf-8"))["keys"]
    name = "AUS officer-1"
    index, public = keys[name]["published_index"], keys[name]["public_key"]
    seed = sha256(b"hotline published exercise key" + struct.pack(">I", index)).hexdigest()
    digest = sha256(b"hotline/v1/key\x00" + b"\x01" + bytes.fromhex(public)).hexdigest()
    lines = (
        f"key {index} of the published pool, {name} in the vectors",
        f"seed         {seed}",
        f"public key   {public}",
        f"fingerprint  SHA-256({b'hotline/v1/key'.hex()} 00 | 01 | public key)",
        f"             {digest}",
    )
    return block(lines)


def statement_example() -> str:
    """`statement-notice`: payload, what is signed, digest, signature."""
    envelope = _envelope("statement-notice")
    statement = v1.Statement.FromString(envelope.payload)
    start = f"DSSEv1 {len(envelope.payload_type)} {envelope.payload_type} {len(envelope.payload)} "
    lines = (
        "header        " + f"{statement.header.from_post} to {', '.join(statement.header.action)}",
        "body_type     " + statement.body_type,
        f"payload       {len(envelope.payload)} bytes",
        *wrapped(envelope.payload),
        "signed bytes  the payload preceded by",
        f"  {start!r}",
        *wrapped(start.encode()),
        "digest        SHA-256 of the signed bytes",
        *wrapped(sha256(start.encode() + envelope.payload).digest()),
        f"ref           {sha256(start.encode() + envelope.payload).hexdigest()[:12]}",
        "keyid",
        *wrapped(envelope.signatures[0].keyid),
        "sig",
        *wrapped(envelope.signatures[0].sig),
    )
    return block(lines)


def link_example() -> str:
    """The first link of `link-chain`, byte by byte."""
    folder = VECTORS / "link-chain"
    case = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    run = v1.LinkRun.FromString((folder / "input.bin").read_bytes())
    link, given = run.links[0], case["given"]
    parts = (
        ("tag", b"hotline/v1/link\x00", '"hotline/v1/link" 0x00'),
        ("channel", _text(given["channel"]), f'length 2 bytes, then "{given["channel"]}"'),
        ("post", _text(given["post"]), f'length 2 bytes, then "{given["post"]}"'),
        ("epoch", struct.pack(">Q", given["epoch"]), str(given["epoch"])),
        ("sequence", struct.pack(">Q", run.first), str(run.first)),
        ("previous link digest", bytes(32), "zero: the start of the log"),
        ("statement digest", link.statement_digest, ""),
        ("sealed_at_ms", struct.pack(">Q", link.sealed_at_ms), str(link.sealed_at_ms)),
        ("precedence", struct.pack(">B", link.precedence), v1.Precedence.Name(link.precedence)),
        ("size", struct.pack(">I", link.size), f"{link.size} bytes of payload"),
    )
    digest = sha256(b"".join(data for _, data, _ in parts)).hexdigest()
    if digest != case["facts"]["link_digests"][0]:
        raise ValueError("the layout shown is not the layout of the vector")
    lines = [f"{name:<21} {len(data):>2}  {meaning}".rstrip() + f"\n  {data.hex()}" for name, data, meaning in parts]
    return block((*lines, f"link digest\n  {digest}"))


def acknowledgement_example() -> str:
    """`statement-acknowledgement`: the body and where the stage stands in it."""
    envelope = _envelope("statement-acknowledgement")
    statement = v1.Statement.FromString(envelope.payload)
    body = v1.Acknowledgement.FromString(statement.body)
    lines = (
        f"from_post     {statement.header.from_post}, to {', '.join(statement.header.action)}",
        f"thread        {statement.header.thread.hex()}",
        f"body_type     {statement.body_type}",
        f"body          {len(statement.body)} bytes",
        *wrapped(statement.body),
        f"  0a 20 subject      {body.subject.hex()}",
        "  32 02 decision     08 01 = VALUE_ACCEPTED",
    )
    return block(lines)


def query_example() -> str:
    """`query-by-the-node`: the body, and by which kind of key it is signed."""
    envelope = _envelope("query-by-the-node")
    statement = v1.Statement.FromString(envelope.payload)
    body = v1.QueryAck.FromString(statement.body)
    lines = (
        f"from_post     {statement.header.from_post}, to {', '.join(statement.header.action)}",
        f"body_type     {statement.body_type}",
        f"body          {len(statement.body)} bytes",
        *wrapped(statement.body),
        f"  0a 20 subject      {body.subject.hex()}",
        f"  12 {len(body.post):02x} post         {body.post}",
        f"  18    stage        {body.stage:02x} = {v1.Stage.Name(body.stage)}",
        f"  20    number       {body.number:02x}",
        "keyid         of the node's own key, the one signature",
        *wrapped(envelope.signatures[0].keyid),
    )
    return block(lines)


def rotation_example() -> str:
    """`epoch-rotated`: what its version says, and where the next epoch begins."""
    envelope = _envelope("epoch-rotated")
    words = v1.Directory.FromString(envelope.payload)
    (closure,), (post,) = words.closures, words.posts
    lines = (
        f"party            {words.party}, version {words.version}",
        "previous_digest  version 1",
        *wrapped(words.previous_digest),
        f"closure          {closure.last.post}, epoch {closure.last.epoch}, sequence {closure.last.sequence}",
        *wrapped(closure.last.link_digest),
        f"  {v1.Closure.Reason.Name(closure.reason)} at {closure.at.ToJsonString()}",
        f"node             {post.id}, epoch {post.node.epoch}, public key",
        *wrapped(post.node.key.public_key),
        f"epoch {post.node.epoch}, 0        link digest before the first link: that of the closure",
        *wrapped(closure.last.link_digest),
    )
    return block(lines)


def transcript_example() -> str:
    """The records of `transcript-of-one-notice`, and its closing."""
    data = (VECTORS / "transcript-of-one-notice" / "input.bin").read_bytes()
    records = list(_records(data))
    lines = [
        f"record {number}  at byte {position:>5}  length {len(record):>5} = {struct.pack('>I', len(record)).hex()}  "
        f"{v1.Record.FromString(record).WhichOneof('fact')}"
        for number, (position, record) in enumerate(records)
    ]
    before, last = records[-1]
    closing = v1.Record.FromString(last).closing
    if closing.digest != sha256(data[:before]).digest():
        raise ValueError("the digest shown is not that of the vector")
    lines += [f"digest of the first {before} bytes", *wrapped(closing.digest)]
    return block((*lines, "keyid of the exporting node", *wrapped(closing.keyid), "sig", *wrapped(closing.sig)))


def block(lines: Iterable[str]) -> str:
    """A block of text as it is."""
    return "\n".join(("```text", *lines, "```"))


def wrapped(data: bytes) -> Iterator[str]:
    """Hexadecimal digits, indented, so many a line."""
    digits = data.hex()
    yield from (f"  {digits[at : at + HEX_PER_LINE]}" for at in range(0, len(digits), HEX_PER_LINE))


def _envelope(case: str) -> v1.Envelope:
    return v1.Envelope.FromString((VECTORS / case / "input.bin").read_bytes())


def _text(words: str) -> bytes:
    return struct.pack(">H", len(words.encode())) + words.encode()


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record with the position of its length."""
    position = 0
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        yield position, data[position + 4 : position + 4 + length]
        position += 4 + length


REGIONS: dict[str, Callable[[], str]] = {
    "example-key": key_example,
    "example-statement": statement_example,
    "example-link": link_example,
    "example-acknowledgement": acknowledgement_example,
    "example-query": query_example,
    "example-rotation": rotation_example,
    "example-transcript": transcript_example,
}
