"""Who may say what: every agreement and directory that is not taken, and every look-up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tests.kit import A, B, C, key
from tests.unit.protocol.handmade import channel, officer, tampered, trust

from hotline import v1
from hotline.agreements.build import key_of
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, HEAD, digest_of, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.pae import sha256
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, Span, Trust, open_agreement, persons_of, public_key

AUS, CHN, JPN = range(3)
STRANGER = 200
WEEK_S = 7 * 86_400


def root(party: int) -> Signer:
    return key(party)


def registrar(party: int) -> Signer:
    return key(3 + party)


def agreement() -> v1.Agreement:
    """A copy of the channel's agreement, to be spoiled."""
    copy = v1.Agreement()
    copy.CopyFrom(trust().agreement.message)
    return copy


def signed(message: v1.Agreement, *signers: Sequence[Signer]) -> bytes:
    """The agreement with one envelope per group of signers: each party's root unless told otherwise."""
    payload = message.SerializeToString(deterministic=True)
    groups = signers or [[root(party)] for party in (AUS, CHN, JPN)]
    return v1.SignedAgreement(envelopes=[sign(AGREEMENT, payload, *group) for group in groups]).SerializeToString()


def refused(code: str, call: Callable[[], object]) -> str:
    with pytest.raises(HotlineError) as caught:
        call()
    assert caught.value.code == code
    return caught.value.detail


# -- agreements --------------------------------------------------------------------------------------------------------


def test_an_agreement_that_every_party_signed_is_opened() -> None:
    opened = open_agreement(signed(agreement()), pin=trust().agreement.digest)
    assert (opened.message, opened.digest) == (agreement(), trust().agreement.digest)
    assert (opened.channel, opened.kind) == ("rehearsal", v1.KIND_EXERCISE)
    assert opened.in_force.holds(opened.in_force.from_ns)
    assert not opened.in_force.holds(opened.in_force.until_ns)


def test_the_parties_may_sign_in_any_order() -> None:
    assert open_agreement(signed(agreement(), *[[root(n)] for n in (JPN, AUS, CHN)])).digest == trust().agreement.digest


def test_another_agreement_than_the_pinned_one_is_refused() -> None:
    refused("AGREEMENT_DIGEST", lambda: open_agreement(signed(agreement()), pin=bytes(32)))


def test_a_party_that_did_not_sign_is_named() -> None:
    detail = refused("AGREEMENT_SIGNATURES", lambda: open_agreement(signed(agreement(), [root(AUS)], [root(CHN)])))
    assert detail == "not signed by JPN"


def test_bytes_that_are_not_identical_are_no_agreement() -> None:
    other = agreement()
    other.profile = "another"
    envelopes = [
        sign(AGREEMENT, message.SerializeToString(deterministic=True), root(party))
        for message, party in ((agreement(), AUS), (agreement(), CHN), (other, JPN))
    ]
    data = v1.SignedAgreement(envelopes=envelopes).SerializeToString()
    refused("AGREEMENT_SIGNATURES", lambda: open_agreement(data))


@pytest.mark.parametrize("extra", [root(AUS), registrar(AUS), key(STRANGER)], ids=["twice", "registrar", "stranger"])
def test_only_each_partys_roots_sign_and_once(extra: Signer) -> None:
    groups = [[root(AUS)], [extra], [root(CHN)], [root(JPN)]]
    refused("AGREEMENT_SIGNATURES", lambda: open_agreement(signed(agreement(), *groups)))


def test_a_root_of_one_party_does_not_sign_for_another() -> None:
    groups = [[root(AUS), root(CHN)], [root(CHN)], [root(JPN)]]
    refused("KEY_UNKNOWN", lambda: open_agreement(signed(agreement(), *groups)))


def with_two_roots(threshold: int) -> v1.Agreement:
    message = agreement()
    message.parties[AUS].root_keys.append(key_of(key(STRANGER)))
    message.parties[AUS].root_threshold = threshold
    return message


def test_fewer_roots_than_needed_are_not_enough() -> None:
    message, others = with_two_roots(threshold=2), [[root(CHN)], [root(JPN)]]
    assert open_agreement(signed(message, [root(AUS), key(STRANGER)], *others)).message == message
    detail = refused("AGREEMENT_SIGNATURES", lambda: open_agreement(signed(message, [root(AUS)], *others)))
    assert "1 of 2" in detail
    refused("SIGNATURE_DUPLICATE", lambda: open_agreement(signed(message, [root(AUS), root(AUS)], *others)))


def test_either_of_two_roots_is_enough_where_one_is() -> None:
    message = with_two_roots(threshold=1)
    assert open_agreement(signed(message, [key(STRANGER)], [root(CHN)], [root(JPN)])).message == message


def test_a_signature_that_does_not_verify_is_refused() -> None:
    broken = v1.SignedAgreement.FromString(signed(agreement()))
    broken.envelopes[CHN].signatures[0].sig = tampered(broken.envelopes[CHN].signatures[0].sig)
    refused("SIGNATURE_INVALID", lambda: open_agreement(broken.SerializeToString()))


def test_an_envelope_of_another_type_is_refused() -> None:
    broken = v1.SignedAgreement.FromString(signed(agreement()))
    payload = agreement().SerializeToString(deterministic=True)
    broken.envelopes[CHN].CopyFrom(sign(HEAD, payload, root(CHN)))
    refused("PAYLOAD_TYPE", lambda: open_agreement(broken.SerializeToString()))


def test_two_parties_do_not_share_a_key() -> None:
    message = agreement()
    message.parties[CHN].root_keys[0].CopyFrom(key_of(root(AUS)))
    refused("KEY_SHARED", lambda: open_agreement(signed(message, [root(AUS)], [root(AUS)], [root(JPN)])))
    message = agreement()
    message.parties[CHN].registrar_keys[0].CopyFrom(key_of(root(JPN)))
    refused("KEY_SHARED", lambda: open_agreement(signed(message)))


def test_a_key_outside_the_strict_profile_is_refused() -> None:
    message = agreement()
    message.parties[CHN].root_keys[0].public_key = bytes(32)
    refused("KEY_INVALID", lambda: open_agreement(signed(message)))


@pytest.mark.parametrize("data", [b"", b"\x0a\x00"])
def test_what_is_no_agreement_is_refused(data: bytes) -> None:
    refused("RULE_BROKEN", lambda: open_agreement(data))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message.ClearField("exercise_clock"),
        lambda message: message.parties.append(message.parties[0]),
        lambda message: message.types.append(message.types[0]),
        lambda message: setattr(message.parties[0], "root_threshold", 2),
    ],
    ids=["no clock", "party twice", "type twice", "threshold"],
)
def test_an_agreement_that_breaks_its_rules_is_refused(spoil: Callable[[v1.Agreement], object]) -> None:
    message = agreement()
    spoil(message)
    refused("RULE_BROKEN", lambda: open_agreement(signed(message)))


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


def test_a_party_has_one_directory() -> None:
    twice = [*trust().directories.values(), trust().directories["AUS"]]
    refused("DIRECTORY_FOREIGN", lambda: Trust(trust().agreement, twice))


def test_a_post_is_listed_by_its_own_party() -> None:
    refused("POST_FOREIGN", lambda: open_with(spoiled(lambda message: setattr(message.posts[0], "id", "CHN:other"))))


def use_key(signer: Signer) -> Callable[[v1.Directory], object]:
    """The second officer of AUS holds this key."""
    return lambda message: message.posts[0].officers[1].key.CopyFrom(key_of(signer))


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
    assert known.limits[v1.STAGE_DELIVERED, v1.PRECEDENCE_FLASH] == 60_000_000_000
    assert known.type_rules["hotline.v1.IncidentFlash"].persons == 2
    signers = [root(n) for n in range(3)] + [registrar(n) for n in range(3)] + list(channel().nodes.values())
    signers += [signer for officers in channel().officers.values() for signer in officers.values()]
    assert set(known.fingerprints()) == {signer.fingerprint for signer in signers}


def test_a_person_is_a_pseudonym_at_a_post() -> None:
    known = trust()
    ada, bo, other = (known.officer_of(officer(*who).fingerprint) for who in (("ada", A), ("bo", A), ("ada", B)))
    assert persons_of([ada, ada, bo]) == {f"{A}/ada", f"{A}/bo"}
    assert len(persons_of([ada, other])) == 2


def test_a_window_ends_before_its_last_instant() -> None:
    span = Span(10, 20)
    assert [span.holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_listed_key_is_checked_and_loaded() -> None:
    assert public_key(key_of(officer())).fingerprint == officer().fingerprint


def test_the_digest_of_an_agreement_is_that_of_its_bytes() -> None:
    assert trust().agreement.digest == digest_of(trust().agreement.signed.envelopes[0])
