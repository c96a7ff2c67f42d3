"""Papers that an operator hands to a running node: the next version of a directory, the next revision of the agreement.

A directory may list keys that this node has since it started: the configuration and its key files are read again first.
What it does not have is told before the directory acts, since the node would lose its voice by it.
"""

from __future__ import annotations

from structlog.typing import FilteringBoundLogger

from hotline import v1
from hotline.keys import tls_pin
from hotline.node.driver import Driver
from hotline.node.load import Equipment, Paper, keys_in
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.papers import Adopted
from hotline.protocol.trust import public_key


class Adopter:
    """Takes papers into the node that runs."""

    def __init__(self, equipment: Equipment, driver: Driver, log: FilteringBoundLogger) -> None:
        self._equipment, self._driver, self._log = equipment, driver, log

    async def adopt(self, paper: Paper, *, disavow: bool = False) -> Adopted:
        """Take a paper; back when it is durable. `disavow`: even if something sealed stands no longer by it.

        Raises:
            UsageError: CONFIG_INVALID for a key of this node that no file holds; WOULD_DISAVOW, AGREEMENT_*,
                DIRECTORY_*, KEY_SHARED.
            PeerDataError: a paper that is not what it should be, or does not follow.
            KeysError: KEY_*.
            TransportError: STOPPING, NOT_DURABLE.
        """
        self._equipment.book.admit(keys_in(paper))
        self._read_keys()
        if isinstance(paper, v1.Envelope):
            self._hold_own_keys(parse(paper.payload, v1.Directory))
        return await self._driver.adopt(paper, disavow=disavow)

    def look_again(self) -> None:
        """Papers have changed, whoever brought them: look for the keys that they call for."""
        trust = self._driver.endpoint.trust
        try:
            self._read_keys()
            self._equipment.identity.signer(trust)
            self._equipment.identity.check_listed(trust)
            self._equipment.book.admit([*trust.fingerprints(), *(pin for pins in trust.pins.values() for pin in pins)])
        except HotlineError as error:
            self._log.error("keys_wrong", code=error.code, detail=error.detail)

    def _read_keys(self) -> None:
        for signer in self._equipment.identity.read(self._equipment.config.again()):
            self._driver.equip(signer)

    def _hold_own_keys(self, directory: v1.Directory) -> None:
        """See that this node has the keys under which a directory lists it."""
        post = next((post for post in directory.posts if post.id == self._equipment.config.post), None)
        if post is None:
            return
        identity = self._equipment.identity
        key = public_key(post.node.key).fingerprint
        if key not in {signer.fingerprint for signer in identity.signers}:
            raise UsageError(
                "CONFIG_INVALID", f"node_key: no file holds key {key.hex()[:12]}, which the directory lists"
            )
        pins = {tls_pin(certificate) for certificate in post.tls_certificates}
        if not pins & {each.pin for each in identity.tls}:
            raise UsageError("CONFIG_INVALID", "tls_certificate: no file holds any that the directory lists")
