"""A node's own keys: signing keys, one an epoch, and TLS identities, as its configuration names them now.

A party rotates keys on a live line: new key files are added to the configuration, and the directory that lists them is
adopted. Files that have changed are read again then, so that nothing has to be restarted.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotline.keys import KeyPlace, Kind, Role, TlsIdentity, TokenAddress, load_private, open_token, refuse_published
from hotline.node.config import NodeConfig
from hotline.protocol.errors import UsageError
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

Stamp = tuple[int, int, int] | None


class Identity:
    """Every key that the node has.

    Attributes:
        signers: node keys, in the order of the configuration.
        tls: TLS identities, in that order.
    """

    def __init__(self, config: NodeConfig, kind: Kind) -> None:
        """Read the key files.

        Raises:
            KeysError: KEY_*.
            UsageError: NOT_ITS_POST.
        """
        self._post, self._kind = config.post, kind
        self._read: dict[tuple[KeyPlace, ...], tuple[Stamp, ...]] = {}
        self.signers: list[Signer] = []
        self.tls: list[TlsIdentity] = []
        self.read(config)

    def read(self, config: NodeConfig) -> list[Signer]:
        """Take the keys that a configuration names besides those held; gives the signing keys that are new.

        Raises:
            KeysError: KEY_*.
            UsageError: NOT_ITS_POST.
        """
        held = {signer.fingerprint for signer in self.signers}
        named = [self._node_key(place, config) for place in config.node_key if self._is_new(place)]
        fresh = [signer for signer in named if signer.fingerprint not in held]
        self.signers += fresh
        pairs = zip(config.tls_key, config.tls_certificate, strict=True)
        identities = [TlsIdentity.load(*pair, config.ask) for pair in pairs if self._is_new(*pair)]
        self.tls += [identity for identity in identities if identity.pin not in {each.pin for each in self.tls}]
        self._note(*((place,) for place in config.node_key), *zip(config.tls_key, config.tls_certificate, strict=True))
        return fresh

    def _is_new(self, *places: KeyPlace) -> bool:
        """Whether files have changed since they were read: opening an encrypted key takes a third of a second."""
        return self._read.get(places) != tuple(map(_stamp, places))

    def _note(self, *read: tuple[KeyPlace, ...]) -> None:
        self._read = {places: tuple(map(_stamp, places)) for places in read}

    def signer(self, trust: Trust) -> Signer:
        """The key that the directory lists for this post now.

        Raises:
            UsageError: CONFIG_INVALID if no file of the configuration holds it.
        """
        wanted = trust.nodes[self._post].key.fingerprint
        found = next((signer for signer in self.signers if signer.fingerprint == wanted), None)
        if found is None:
            epoch = trust.nodes[self._post].epoch
            raise UsageError(
                "CONFIG_INVALID",
                f"node_key: the directory lists key {wanted.hex()[:12]} for epoch {epoch}, which no file holds",
            )
        return found

    def shown(self, trust: Trust) -> Sequence[TlsIdentity]:
        """TLS identities to be shown, first choice first: those listed for this post, as the directory orders them.

        Then those that it does not list, newest first: a peer that has not heard of a new directory may know no other.
        """
        post = trust.posts.get(self._post)
        certificates = list(post.tls_certificates) if post else []
        held = {each.certificate_der: each for each in self.tls}
        listed = [held[each] for each in certificates if each in held]
        return [*listed, *(each for each in reversed(self.tls) if each not in listed)]

    def check_listed(self, trust: Trust) -> None:
        """See that a peer which holds the directory would talk to this node.

        Raises:
            UsageError: CONFIG_INVALID if no file holds a certificate that it lists.
        """
        if not any(each.pin in trust.pins.get(self._post, frozenset()) for each in self.tls):
            raise UsageError("CONFIG_INVALID", f"tls_certificate: the directory lists another for {self._post}")

    def _node_key(self, place: KeyPlace, config: NodeConfig) -> Signer:
        if isinstance(place, TokenAddress):
            signer = open_token(place, config.ask)
            refuse_published([signer.fingerprint], self._kind)
            return signer
        key = load_private(place, kind=self._kind, role=Role.NODE, passphrase=config.ask)
        if key.label.post != self._post:
            raise UsageError("NOT_ITS_POST", f"{place} is the key of {key.label.post}")
        return key.signer


def _stamp(place: KeyPlace) -> Stamp:
    """What changes when a file does; a key in a token stays what it is."""
    if isinstance(place, TokenAddress) or not place.exists():
        return None
    found = place.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
