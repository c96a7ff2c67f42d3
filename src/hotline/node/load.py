"""From a configuration to what a node is made of: every file read, every key and digest held against the others.

Nothing here listens or connects; a node that is wrong in any of this says so and does not start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.keys import Kind, KnownKeys, Role, TlsIdentity, load_private, refuse_published
from hotline.node.clock import Clock, clock_of
from hotline.node.config import NodeConfig, read_file
from hotline.protocol.envelope import parse
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, Trust, open_agreement


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a node is made of.

    Attributes:
        trust: the agreement, verified, pinned if the configuration pins it, with the directories.
        signer: the node key.
        tls: the TLS identity, one that the directory lists for this post.
        clock: the line's time.
    """

    trust: Trust
    signer: Signer
    tls: TlsIdentity
    clock: Clock


def equip(config: NodeConfig) -> Equipment:
    """Read and check everything.

    Raises:
        UsageError: CONFIG_INVALID, AGREEMENT_*, DIRECTORY_*, KEY_*, NOT_ITS_POST, WRONG_KIND.
        PeerDataError: a file that is not the signed object it should be.
    """
    agreement = _agreement(config)
    kind = Kind.of(agreement.kind)
    trust = Trust(agreement, _directories(config))
    if config.post not in trust.posts:
        raise UsageError("CONFIG_INVALID", f"post: no directory lists {config.post}")
    _admit(trust, kind, config)
    node_key = load_private(config.node_key, kind=kind, role=Role.NODE)
    if node_key.label.post != config.post:
        raise UsageError("NOT_ITS_POST", f"{config.node_key} is the key of {node_key.label.post}")
    tls = TlsIdentity.load(config.tls_key, config.tls_certificate)
    if tls.pin not in trust.pins[config.post]:
        raise UsageError("CONFIG_INVALID", f"tls_certificate: the directory lists another for {config.post}")
    return Equipment(trust, node_key.signer, tls, clock_of(agreement.message))


def _agreement(config: NodeConfig) -> Agreement:
    data = read_file(config.agreement, "agreement")
    try:
        return open_agreement(data, config.pin)
    except PeerDataError as error:
        raise PeerDataError(error.code, f"{config.agreement}: {error.detail}") from error


def _directories(config: NodeConfig) -> Iterator[v1.Envelope]:
    for path in config.directories:
        try:
            yield parse(read_file(path, "directories"), v1.Envelope)
        except PeerDataError as error:
            raise PeerDataError(error.code, f"{path}: {error.detail}") from error


def _admit(trust: Trust, kind: Kind, config: NodeConfig) -> None:
    """Keep ACTUAL and EXERCISE apart: no signing key and no TLS certificate may be known from the other kind."""
    fingerprints = [*trust.fingerprints(), *(pin for pins in trust.pins.values() for pin in pins)]
    refuse_published(fingerprints, kind)
    if config.known_keys is not None:
        KnownKeys(config.known_keys).admit(fingerprints, kind, f"channel {trust.agreement.channel}")
