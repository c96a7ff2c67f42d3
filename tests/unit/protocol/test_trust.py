"""Who may say what: every agreement and directory that is not taken, and every look-up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import START_NS, A, B, C, key
from tests.unit.protocol.handmade import channel, officer, tampered, trust

from hotline import v1
from hotline.agreements.build import key_of
from hotline.protocol.envelope import DIRECTORY, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.pae import sha256
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, Trust, persons_of

AUS, CHN, JPN = range(3)
STRANGER = 200
WEEK_S = 7 * 86_400


def root(party: int) -> Signer:
    return key(party)


def registrar(party: int) -> Signer:
    return key(3 + party)


def refused(code: str, call: Callable[[], object]) -> str:
    with pytest.raises(HotlineError) as caught:
        call()
    assert caught.value.code == code
    return caught.value.detail


# -- directories -------------------------------------------------------------------------------------------------------


def directory(party: str) -> v1.Directory:
    """A copy of a party's directory, to be spoiled."""
    return v1.Directory.FromString(trust().directories[party].payload)


def listed(message: v1.Directory, *signers: Signer) -> v1.Envelope:
    """The directory, signed by its party's registrar unless told otherwise."""
    signers = signers or (registrar(("AUS", "CHN", "JPN").index(message.party)),)
    return sign(DIRECTORY, message.SerializeToString(deterministic=True), *signers)


def open_with(*directories: v1.Envelope, under: Agreement | None = None) -> Trust:
    """Trust with these directories in place of those of the same parties."""
    parties = {v1.Directory.FromString(envelope.payload).party for envelope in directories}
    rest = [envelope for party, envelope in trust().directories.items() if party not in parties]
    return Trust(under or trust().agreement, [*rest, *directories])


def spoiled(spoil: Callable[[v1.Directory], object], party: str = "AUS") -> v1.Envelope:
    message = directory(party)
    spoil(message)
    return listed(message)


def test_directories_as_made_are_taken() -> None:
    assert open_with(listed(directory("AUS"))).nodes == trust().nodes


def test_a_party_without_a_directory_is_named() -> None:
    detail = refused("DIRECTORY_MISSING", lambda: Trust(trust().agreement, [trust().directories["AUS"]]))
    assert detail == "no directory of CHN, JPN"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: setattr(message, "channel", "another"),
        lambda message: setattr(message, "agreement_digest", bytes(32)),
        lambda message: setattr(message, "kind", v1.KIND_ACTUAL),
    ],
    ids=["channel", "agreement", "kind"],
)
def test_a_directory_of_another_channel_is_refused(spoil: Callable[[v1.Directory], object]) -> None:
    refused("DIRECTORY_FOREIGN", lambda: open_with(spoiled(spoil)))


def test_a_directory_is_signed_by_a_registrar_of_its_party() -> None:
    refused("DIRECTORY_FOREIGN", lambda: open_with(listed(directory("AUS"), registrar(CHN))))
    refused("DIRECTORY_FOREIGN", lambda: open_with(listed(directory("AUS"), registrar(AUS), registrar(CHN))))
    refused("KEY_UNKNOWN", lambda: open_with(listed(directory("AUS"), root(AUS))))


def test_a_directory_given_twice_is_one() -> None:
    twice = [*trust().directories.values(), trust().directories["AUS"]]
    assert Trust(trust().agreement, twice).versions == trust().versions


def test_a_post_is_listed_by_its_own_party() -> None:
    refused("POST_FOREIGN", lambda: open_with(spoiled(lambda message: setattr(message.posts[0], "id", "CHN:other"))))


def use_key(signer: Signer) -> Callable[[v1.Directory], object]:
    """The second officer of AUS holds this key."""
    return lambda message: message.posts[0].officers[1].key.CopyFrom(key_of(signer))


@pytest.mark.threat("masquerade / key misuse", defence="SIG", measure="keys with two purposes refused")
@pytest.mark.parametrize(
    "signer",
    [
        officer("ada", B),
        officer("ada"),
        channel().nodes[A],
        channel().nodes[C],
        root(CHN),
        registrar(AUS),
    ],
    ids=["officer of another", "another person", "own node", "node of another", "root", "registrar"],
)
def test_one_key_serves_one_purpose(signer: Signer) -> None:
    refused("KEY_SHARED", lambda: open_with(spoiled(use_key(signer))))


def test_a_person_has_one_certificate_per_key() -> None:
    def again(message: v1.Directory) -> None:
        other = message.posts[0].officers.add()
        other.CopyFrom(message.posts[0].officers[0])
        other.role = "commander"

    refused("KEY_SHARED", lambda: open_with(spoiled(again)))


def test_a_listed_key_outside_the_strict_profile_is_refused() -> None:
    def weak(message: v1.Directory) -> None:
        message.posts[0].node.key.public_key = bytes(32)

    refused("KEY_INVALID", lambda: open_with(spoiled(weak)))


def test_a_directory_that_breaks_its_rules_is_refused() -> None:
    refused("RULE_BROKEN", lambda: open_with(spoiled(lambda message: message.posts.append(message.posts[0]))))

    def long(message: v1.Directory) -> None:
        message.posts[0].officers[0].valid.until.seconds += WEEK_S

    refused("RULE_BROKEN", lambda: open_with(spoiled(long)))


def test_a_tampered_directory_is_refused() -> None:
    envelope = listed(directory("AUS"))
    envelope.payload = tampered(envelope.payload)
    refused("SIGNATURE_INVALID", lambda: open_with(envelope))


# -- look-ups ----------------------------------------------------------------------------------------------------------


def test_keys_are_looked_up_by_their_fingerprint() -> None:
    node, person = channel().nodes[A].fingerprint, officer("cy").fingerprint
    known = trust()
    found = known.node_key(node), known.officer_key(person)
    assert [key.fingerprint if key else None for key in found] == [node, person]
    assert known.node_of(node) == known.nodes[A]
    assert (known.officer_of(person).person, known.officer_of(person).post) == ("cy", A)


@pytest.mark.parametrize("fingerprint", [bytes(32), root(AUS).fingerprint])
def test_a_key_listed_for_nothing_here_is_not_found(fingerprint: bytes) -> None:
    assert trust().node_key(fingerprint) is None
    assert trust().officer_key(fingerprint) is None


def test_nodes_are_no_officers_and_officers_no_nodes() -> None:
    assert trust().officer_key(channel().nodes[A].fingerprint) is None
    assert trust().node_key(officer().fingerprint) is None


def test_what_the_channel_lists() -> None:
    known = trust()
    assert known.others(A) == (B, C)
    assert known.parties == {A: "AUS", B: "CHN", C: "JPN"}
    assert known.versions == {"AUS": 1, "CHN": 1, "JPN": 1}
    assert known.pins[A] == {sha256(bytes(64))}
    assert known.terms(START_NS).limits[v1.STAGE_DELIVERED, v1.PRECEDENCE_FLASH] == 60_000_000_000
    assert known.terms(START_NS).type_rules["hotline.v1.IncidentFlash"].persons == 2
    signers = [root(n) for n in range(3)] + [registrar(n) for n in range(3)] + list(channel().nodes.values())
    signers += [signer for officers in channel().officers.values() for signer in officers.values()]
    assert set(known.fingerprints()) == {signer.fingerprint for signer in signers}


def test_a_person_is_a_pseudonym_at_a_post() -> None:
    known = trust()
    ada, bo, other = (known.officer_of(officer(*who).fingerprint) for who in (("ada", A), ("bo", A), ("ada", B)))
    assert persons_of([ada, ada, bo]) == {f"{A}/ada", f"{A}/bo"}
    assert len(persons_of([ada, other])) == 2
