"""A new kit: the exercise channel of a run, with everything that the node under test needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

import yaml

from hotline.agreements.profile import Profile, SilenceRow, SpanRow, SpansRow, TimerRow, load_profile
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.agreements.site import file_name
from hotline.conformance.suite.kit import NORTH, PEERS, SOUTH, PublicOnly, tls_files
from hotline.keys import (
    KeyLabel,
    Kind,
    Role,
    SoftSigner,
    TlsIdentity,
    issue_tls,
    load_public,
    published_signer,
    save_pair,
)
from hotline.protocol.errors import UsageError
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

_CHANNEL = "conformance"
_DAYS = 6
# Real milliseconds; the agreement holds them as the exercise clock counts them.
_INTERVALS_MS = {
    "heartbeat": 1_000,
    "silent_after": 5_000,
    "retry_first": 400,
    "retry_max": 1_200,
    "fetch_after": 400,
    "skew_shown": 2_000,
}
_LIMIT_MS, _QUERY_MS = 1_500, 1_000
_TEST_EVERY = "60 s"
_ASSUMED = "short, so that a run takes minutes"


@dataclass(frozen=True, slots=True)
class NewKit:
    """What a new kit is made from.

    Attributes:
        target, address: the post under test and where it listens, `host:port`; a free port of `host` when empty.
        host: where the suite's posts listen.
        speed: exercise seconds per real second, 10 to 60.
        node_key: public file of a node key of its own; one of the pool when None.
        certificate: TLS certificate of its own, PEM; a fresh one when None.
    """

    target: str = "TARGET:watch"
    address: str = ""
    host: str = "127.0.0.1"
    speed: int = 20
    node_key: Path | None = None
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A kit as it was written: `addresses` by post."""

    trust: Trust
    addresses: Mapping[str, str]


def make_kit(folder: Path, new: NewKit) -> Made:
    """Write a kit into a folder that is empty or not there yet.

    Raises:
        UsageError: FILE_EXISTS, FILE_UNWRITABLE, KIT_INVALID.
        KeysError: KEY_*.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("FILE_EXISTS", f"{folder} is not empty; a kit is for one node and begins anew")
    if new.target.partition(":")[0] in {post.partition(":")[0] for post in PEERS}:
        raise UsageError("KIT_INVALID", f"{new.target} is of a party that the suite plays itself")
    addresses = _addresses(new)
    try:
        (folder / "node").mkdir(parents=True, exist_ok=True)
        return _write(folder, new, addresses)
    except (OSError, ValueError) as error:
        raise UsageError("FILE_UNWRITABLE", str(error)) from error


def _write(folder: Path, new: NewKit, addresses: Mapping[str, str]) -> Made:
    issued = datetime.now(UTC) - timedelta(hours=1)
    tls = {post: issue_tls(post, issued) for post in (new.target, *PEERS)}
    shown = {post: identity.certificate_der for post, identity in tls.items()}
    if new.certificate is not None:
        shown[new.target] = PEM_cert_to_DER_cert(new.certificate.read_text(encoding="ascii"))
    rehearsal = _rehearse(new, addresses, shown)
    for post in PEERS:
        tls[post].save(*tls_files(folder, post))
    (folder / "agreement.binpb").write_bytes(rehearsal.trust.agreement.signed.SerializeToString())
    for party, directory in rehearsal.trust.directories.items():
        (folder / f"directory-{file_name(party)}.binpb").write_bytes(directory.SerializeToString())
    _write_keys(folder / "node", new, rehearsal, tls[new.target])
    _write_words(folder, new, rehearsal.trust, addresses)
    return Made(rehearsal.trust, addresses)


def _rehearse(new: NewKit, addresses: Mapping[str, str], shown: Mapping[str, bytes]) -> Rehearsal:
    """The channel, its keys drawn from the pool in one order: three roots, three registrars, the target's node, ..."""
    plans = [PostPlan(post, addresses[post], shown[post]) for post in (new.target, NORTH, SOUTH)]
    own = load_public(new.node_key, kind=Kind.EXERCISE, role=Role.NODE).key if new.node_key else None

    def key(number: int) -> Signer:
        if own is not None and number == 2 * len(plans):
            return PublicOnly(own.public_key, own.fingerprint)
        return published_signer(number)

    profile, start_ns = _profile(new.speed), time.time_ns()
    return rehearse(plans, key, start_ns, channel=_CHANNEL, profile=profile, days=_DAYS, speed=new.speed)


def _profile(speed: int) -> Profile:
    """The default profile with short waits."""
    usual = load_profile()

    def wait(real_ms: int) -> str:
        return f"{real_ms * speed} ms"

    limits = dict.fromkeys(("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"), wait(_LIMIT_MS))
    timers = [TimerRow.model_validate({"stage": row.stage, **limits, "assumed": _ASSUMED}) for row in usual.timers]
    query = {"query_wait": wait(_QUERY_MS), "queries": 2, "step_wait": wait(_QUERY_MS), "assumed": _ASSUMED}
    silence = [SilenceRow.model_validate({"precedence": row.precedence, **query}) for row in usual.silence]
    spans = {name: wait(real_ms) for name, real_ms in _INTERVALS_MS.items()} | {"test_every": _TEST_EVERY}
    rows = {name: SpanRow.model_validate({"value": value, "assumed": _ASSUMED}) for name, value in spans.items()}
    line = usual.line.model_copy(update={**rows, "watch_tests": SpansRow(values=(), assumed=_ASSUMED)})
    changes = {"timers": tuple(timers), "silence": tuple(silence), "line": line}
    return usual.model_copy(update={"profile": "hotline-conformance-1", **changes})


def _write_keys(folder: Path, new: NewKit, rehearsal: Rehearsal, tls: TlsIdentity) -> None:
    """Keys of the node under test that it has not got already, and those of its officers."""
    party = new.target.partition(":")[0]
    signers = {person: (Role.OFFICER, signer) for person, signer in rehearsal.officers[new.target].items()}
    signers["node"] = (Role.NODE, rehearsal.nodes[new.target])
    for name, (role, signer) in signers.items():
        if isinstance(signer, SoftSigner):
            save_pair(folder / f"{name}.json", KeyLabel(name, Kind.EXERCISE, role, party, new.target), signer)
    if new.certificate is None:
        tls.save(folder / "tls.key", folder / "tls.pem")


def _write_words(folder: Path, new: NewKit, trust: Trust, addresses: Mapping[str, str]) -> None:
    """What people and programs read: kit.yaml, a configuration of our own node, and instructions."""
    directories = [f"directory-{file_name(party)}.binpb" for party in trust.directories]
    own = {
        "post": new.target,
        "agreement": "../agreement.binpb",
        "pin": trust.agreement.digest.hex(),
        "directories": [f"../{name}" for name in directories],
        "node_key": "node.json",
        "tls_key": "tls.key",
        "tls_certificate": "tls.pem",
        "journal": "journal.db",
        "operator_socket": "operator.sock",
        "listen": addresses[new.target],
    }
    kit = {"target": new.target, "addresses": {post: addresses[post] for post in PEERS}}
    (folder / "kit.yaml").write_text(yaml.safe_dump(kit, sort_keys=False), encoding="utf-8")
    (folder / "node" / "node.yaml").write_text(yaml.safe_dump(own, sort_keys=False), encoding="utf-8")
    (folder / "README.md").write_text(_instructions(new, trust, addresses, directories), encoding="utf-8")


def _instructions(new: NewKit, trust: Trust, addresses: Mapping[str, str], directories: list[str]) -> str:
    peers = "\n".join(f"- `{post}` at `{addresses[post]}`, played by the suite" for post in PEERS)
    key = "its own, as it was given" if new.node_key else "`node/node.json`, PKCS#8 in the field `private_key`"
    tls = "its own, as it was given" if new.certificate else "`node/tls.key` and `node/tls.pem`"
    return f"""# Conformance kit for {new.target}

An EXERCISE on the channel `{_CHANNEL}` with

- `{new.target}` at `{addresses[new.target]}`, the node under test
{peers}

The exercise clock runs {new.speed} times as fast as real time; certificates of officers hold for {_DAYS} exercise days,
which is {_DAYS * 24 / new.speed:.1f} hours from when this kit was made. Make a new kit after that.

## Configure the node under test

1. The agreement is `agreement.binpb`, a serialised `hotline.v1.SignedAgreement` with the digest
   `{trust.agreement.digest.hex()}`.
2. The directories are {", ".join(f"`{name}`" for name in directories)}, each a serialised `hotline.v1.Envelope`.
3. The node key: {key}. TLS: {tls}.
4. Officers' keys, for whoever acts as its watch: `node/officer-1.json` (watch-officer), `officer-2.json` (releaser),
   `officer-3.json` (commander).
5. Start it with an empty journal and nobody on watch. It has to have one for each run.

The reference implementation's own node does all of this with `hotline node run --config node/node.yaml`.

## Run the suite

    hotline conformance run --target {addresses[new.target]} --config kit.yaml

What people do at the node is tried with `--operator COMMAND`: the command is called with one of

    present DIGEST              show the statement at a staffed position
    read DIGEST                 an officer signs READ for it
    accept DIGEST               an officer signs DECIDED, ACCEPTED
    announce PRECEDENCE STAGE   an officer sends a notice to {NORTH}, such as `announce FLASH READ`

and leaves with status 0 when it is done. For the reference implementation the path of its operator socket will do. With
`--restart COMMAND`, a command that kills the node without warning and starts it again, the suite tries what must
survive that.
"""


def _addresses(new: NewKit) -> dict[str, str]:
    """Where everybody listens; free ports where nothing is given."""
    posts = [*PEERS, *([] if new.address else [new.target])]
    try:
        sockets = [socket.create_server((new.host, 0)) for _ in posts]
    except OSError as error:
        raise UsageError("KIT_INVALID", f"{new.host} is no address of this machine: {error}") from error
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return {new.target: new.address} | {post: f"{new.host}:{port}" for post, port in zip(posts, ports, strict=True)}
