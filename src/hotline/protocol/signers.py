"""Who may sign what: officers of the post that speaks, or its node (spec 06, section 1)."""

from __future__ import annotations

from collections.abc import Sequence

from hotline import v1
from hotline.protocol.envelope import Signed
from hotline.protocol.errors import PeerDataError
from hotline.protocol.trust import Officer, Trust, persons_of


def signer_names(officers: Sequence[Officer]) -> tuple[str, ...]:
    """Who signed, for people: "person (role)" each; "node" where no officer did."""
    return tuple(f"{officer.person} ({officer.role})" for officer in officers) or ("node",)


def officers_of(signed: Signed, trust: Trust, sealed_at_ns: int) -> tuple[Officer, ...]:
    """The officers among those who signed, by their certificates then; none for what a node signed."""
    officers = (keyid for keyid in signed.keyids if trust.officer_key(keyid) is not None)
    return tuple(trust.officer_of(keyid, sealed_at_ns) for keyid in officers)


def check_node(words: v1.Statement, keyids: Sequence[bytes], trust: Trust, epoch: int, sealed_at_ns: int) -> None:
    """One signature, by the node key of the post that speaks, in the epoch of the log (REQ-ROLE-6).

    Raises:
        PeerDataError: ROLE_NOT_ALLOWED, SIGNATURE_COUNT, NOT_ITS_POST, CERTIFICATE_EXPIRED.
    """
    if any(trust.officer_key(keyid) is not None for keyid in keyids):
        raise PeerDataError("ROLE_NOT_ALLOWED", f"{words.body_type} is signed by a node")
    if len(keyids) != 1:
        raise PeerDataError("SIGNATURE_COUNT", f"{words.body_type} is signed by one node")
    node = trust.node_of(keyids[0])
    if node.post != words.header.from_post:
        raise PeerDataError("NOT_ITS_POST", f"signed by the node of {node.post}")
    if node.epoch != epoch or not node.holds(sealed_at_ns):
        raise PeerDataError("CERTIFICATE_EXPIRED", f"the certificate of {node.post} does not hold here")


def check_officers(
    words: v1.Statement, officers: Sequence[Officer], rule: v1.TypeRule, trust: Trust, sealed_at_ns: int
) -> None:
    """As many distinct persons of the post that speaks as the type needs, each in a role that may sign it.

    Raises:
        PeerDataError: NOT_ITS_POST, CERTIFICATE_EXPIRED, ROLE_NOT_ALLOWED, SIGNATURE_COUNT.
    """
    for officer in officers:
        if officer.post != words.header.from_post:
            raise PeerDataError("NOT_ITS_POST", f"signed by an officer of {officer.post}")
        if not officer.valid.holds(sealed_at_ns):
            raise PeerDataError("CERTIFICATE_EXPIRED", f"the certificate of {officer.person} does not hold now")
        if trust.roles_of(officer, sealed_at_ns).isdisjoint(rule.roles):
            raise PeerDataError("ROLE_NOT_ALLOWED", f"a {officer.role} may not sign {rule.type}")
    persons = len(persons_of(officers))
    if persons != rule.persons or persons != len(officers):
        raise PeerDataError("SIGNATURE_COUNT", f"{persons} persons signed; {rule.type} needs {rule.persons}")
