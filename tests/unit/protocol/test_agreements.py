"""The agreement and its revisions: what is taken, what is not, and what is in force when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from tests.kit import START_NS, key
from tests.unit.protocol.handmade import DAY_NS, tampered, trust

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement
from hotline.agreements.following import next_agreement
from hotline.protocol.agreements import Agreement, Span, open_agreement, open_revisions, public_key
from hotline.protocol.envelope import AGREEMENT, HEAD, digest_of, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

AUS, CHN, JPN = range(3)
STRANGER, NEW_ROOT, NEWCOMER, NEW_REGISTRAR = 200, 201, 202, 203


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


@pytest.mark.threat("root t−1 compromise", defence="KEYS", measure="foreign or doubled root signatures, refused")
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


@pytest.mark.threat("root t−1 compromise", defence="KEYS", measure="agreements below a threshold, refused")
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


def test_a_window_ends_before_its_last_instant() -> None:
    span = Span(10, 20)
    assert [span.holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_listed_key_is_checked_and_loaded() -> None:
    assert public_key(key_of(root(AUS))).fingerprint == root(AUS).fingerprint


def test_the_digest_of_an_agreement_is_that_of_its_bytes() -> None:
    assert trust().agreement.digest == digest_of(trust().agreement.signed.envelopes[0])


# -- revisions (REQ-AGR-1 to 4) ----------------------------------------------------------------------------------------


def later(days: int = 1) -> Callable[[v1.Agreement], object]:
    """In force from some days after the start on."""
    return lambda words: getattr(words.in_force, "from").CopyFrom(to_timestamp(START_NS + days * DAY_NS))


def revision(
    to: Trust, *changes: Callable[[v1.Agreement], object], by: Sequence[Sequence[Signer]] = ()
) -> v1.SignedAgreement:
    """The next revision as signed by every root of the first, or by others."""

    def change(words: v1.Agreement) -> None:
        for each in (later(), *changes):
            each(words)

    groups = by or [[root(party)] for party in (AUS, CHN, JPN)]
    return sign_agreement(next_agreement(to, change), {str(n): group for n, group in enumerate(groups)})


def held(*changes: Callable[[v1.Agreement], object], by: Sequence[Sequence[Signer]] = ()) -> Trust:
    """The channel with a second revision."""
    to = trust().copy()
    assert to.take_agreement(revision(to, *changes, by=by)) is not None
    return to


def newcomer(words: v1.Agreement) -> None:
    """KOR joins."""
    registrars = [key_of(key(NEW_REGISTRAR))]
    words.parties.add(
        id="KOR", name="KOR", root_keys=[key_of(key(NEWCOMER))], root_threshold=1, registrar_keys=registrars
    )


def leaves(party: int) -> Callable[[v1.Agreement], object]:
    return lambda words: words.parties.remove(words.parties[party])


def new_root(words: v1.Agreement) -> None:
    """AUS goes on with another root."""
    words.parties[AUS].root_keys[0].CopyFrom(key_of(key(NEW_ROOT)))


def two_of_two(words: v1.Agreement) -> None:
    """AUS adds a root and asks for both from now on."""
    words.parties[AUS].root_keys.append(key_of(key(NEW_ROOT)))
    words.parties[AUS].root_threshold = 2


def test_a_revision_is_in_force_from_its_instant_on_and_the_one_before_is_not() -> None:
    to = held(lambda words: words.timers.pop())
    first, second = to.revisions.held
    turn_ns = START_NS + DAY_NS
    assert [to.terms(at).agreement for at in (START_NS, turn_ns - 1, turn_ns)] == [first, first, second]
    assert to.terms(START_NS).in_force == Span(first.in_force.from_ns, turn_ns)
    assert len(to.terms(START_NS).limits) == len(to.terms(turn_ns).limits) + 1
    assert not to.terms(START_NS - 9 * DAY_NS).in_force.holds(START_NS - 9 * DAY_NS)
    assert (to.revisions.next_from_ns(START_NS), to.revisions.next_from_ns(turn_ns)) == (turn_ns, None)
    assert trust().revisions.next_from_ns(START_NS) is None


def test_the_first_agreement_stays_what_the_channel_is() -> None:
    to = held()
    assert (to.agreement, trust().agreement, len(trust().revisions.held)) == (to.revisions.held[0], to.agreement, 1)


def test_a_revision_that_is_held_is_not_taken_again() -> None:
    to = held()
    assert [to.take_agreement(each.signed) for each in to.revisions.held] == [None, None]


@pytest.mark.threat("root t−1 compromise", defence="KEYS", measure="revisions that do not follow, refused")
@pytest.mark.parametrize(
    "change",
    [
        lambda words: setattr(words, "revision", 3),
        lambda words: setattr(words, "previous_digest", bytes(32)),
        lambda words: setattr(words, "channel", "another"),
        lambda words: words.MergeFrom(v1.Agreement(kind=v1.KIND_ACTUAL)) or words.ClearField("exercise_clock"),
        lambda words: setattr(words.exercise_clock, "speed", 2),
        later(days=-2),
    ],
    ids=["number", "predecessor", "channel", "kind", "clock", "earlier"],
)
def test_a_revision_that_does_not_follow_is_refused(change: Callable[[v1.Agreement], object]) -> None:
    to = trust().copy()
    refused("AGREEMENT_CHAIN", lambda: to.take_agreement(revision(to, change)))
    assert len(to.revisions.held) == 1


def test_another_first_revision_follows_nothing() -> None:
    words = agreement()
    words.profile = "another"
    twin = v1.SignedAgreement.FromString(signed(words))
    refused("AGREEMENT_CHAIN", lambda: trust().copy().take_agreement(twin))


def test_of_two_revisions_with_one_number_the_first_stays() -> None:
    to = held()
    other = revision(trust(), lambda words: words.timers.pop())
    refused("AGREEMENT_FORK", lambda: to.take_agreement(other))
    forged = revision(trust(), lambda words: words.timers.pop(), by=[[root(AUS)], [root(CHN)]])
    refused("AGREEMENT_SIGNATURES", lambda: to.take_agreement(forged))


@pytest.mark.threat("root t−1 compromise", defence="KEYS", measure="revisions by too few or others, refused")
@pytest.mark.parametrize("by", [[AUS, CHN], [AUS, CHN, JPN, STRANGER], [STRANGER, CHN, JPN]])
def test_every_party_signs_a_revision_and_nobody_else(by: Sequence[int]) -> None:
    to = trust().copy()
    groups = [[key(number)] for number in by]
    refused("AGREEMENT_SIGNATURES", lambda: to.take_agreement(revision(to, by=groups)))


def test_a_party_changes_its_root_by_the_old_one_and_the_new_one() -> None:
    others = [[root(CHN)], [root(JPN)]]
    assert held(new_root, by=[[root(AUS), key(NEW_ROOT)], *others]).revisions.newest.revision == 2
    wanting = [revision(trust(), new_root, by=[[alone], *others]) for alone in (root(AUS), key(NEW_ROOT))]
    details = [refused("AGREEMENT_SIGNATURES", partial(trust().copy().take_agreement, each)) for each in wanting]
    assert details == ["AUS signed with 0 of 1 root keys needed"] * 2


def test_a_signature_counts_for_both_revisions_where_the_key_is_a_root_in_both() -> None:
    others = [[root(CHN)], [root(JPN)]]
    to = held(two_of_two, by=[[root(AUS), key(NEW_ROOT)], *others])
    back = revision(to, lambda words: setattr(words.parties[AUS], "root_threshold", 1), by=[[root(AUS)], *others])
    assert "1 of 2" in refused("AGREEMENT_SIGNATURES", lambda: to.take_agreement(back))


def test_a_party_joins_by_its_own_roots_and_those_of_all_others() -> None:
    everybody = [[root(AUS)], [root(CHN)], [root(JPN)], [key(NEWCOMER)]]
    assert "KOR" in held(newcomer, by=everybody).terms(START_NS + DAY_NS).parties
    detail = refused("AGREEMENT_SIGNATURES", lambda: held(newcomer, by=everybody[:3]))
    assert detail == "not signed by KOR"


def test_a_party_that_leaves_signs_that_it_does() -> None:
    to = held(leaves(JPN))
    post = next(post for post, party in to.parties.items() if party == "JPN")
    assert [to.withdrawn(post, at) for at in (START_NS, START_NS + DAY_NS)] == [False, True]
    refused("AGREEMENT_SIGNATURES", lambda: held(leaves(JPN), by=[[root(AUS)], [root(CHN)]]))


def test_keys_of_a_revision_serve_nothing_else() -> None:
    def node_as_root(words: v1.Agreement) -> None:
        words.parties[AUS].root_keys[0].CopyFrom(key_of(key(6)))

    groups = [[root(AUS), key(6)], [root(CHN)], [root(JPN)]]
    refused("KEY_SHARED", lambda: held(node_as_root, by=groups))


def chain() -> list[Agreement]:
    return list(held().revisions.held)


def test_a_chain_is_trusted_by_the_digest_of_any_revision() -> None:
    data = [each.signed.SerializeToString() for each in chain()]
    for pin in (None, *(each.digest for each in chain())):
        assert open_revisions(data, pin) == chain()
    refused("AGREEMENT_DIGEST", lambda: open_revisions(data, bytes(32)))
    refused("AGREEMENT_CHAIN", lambda: open_revisions(data[1:]))
    refused("AGREEMENT_CHAIN", lambda: open_agreement(data[1]))


def test_trust_is_made_from_one_revision_or_from_several() -> None:
    directories = trust().every_directory()
    assert len(Trust(chain(), directories).revisions.held) == 2
    refused("AGREEMENT_CHAIN", lambda: Trust(chain()[1:], directories))
    refused("AGREEMENT_CHAIN", lambda: Trust(chain()[::-1], directories))
