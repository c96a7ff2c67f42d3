"""Directories that follow one another: which version is taken, and what earlier ones stay good for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import START_NS, A, B, key
from tests.unit.protocol.handmade import DAY_NS, channel, officer, trust

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement, window
from hotline.agreements.following import Change, next_agreement, next_directory
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.pae import sha256
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

NEW_KEY = 210
NOW_NS = START_NS + DAY_NS // 2
REGISTRAR = key(3)


def refused(code: str, call: Callable[[], object]) -> str:
    with pytest.raises(HotlineError) as caught:
        call()
    assert caught.value.code == code
    return caught.value.detail


def version(to: Trust, *changes: Change, by: Signer = REGISTRAR) -> v1.Envelope:
    """The next version of AUS's directory."""
    return next_directory(to, "AUS", by, NOW_NS, *changes)


def held(*versions: Change) -> Trust:
    """The channel with further versions of AUS's directory."""
    to = trust().copy()
    for change in versions:
        to.take_directory(version(to, change))
    return to


def post(words: v1.Directory) -> v1.Post:
    return words.posts[0]


def certify(person: str, signer: Signer, role: str = "watch-officer", at_ns: int = START_NS + 2 * DAY_NS) -> Change:
    """A certificate for a day, in place of those of the version before."""

    def change(words: v1.Directory) -> None:
        post(words).ClearField("officers")
        valid = window(at_ns, at_ns + DAY_NS)
        post(words).officers.add(person=person, key=key_of(signer), role=role, valid=valid)

    return change


def nothing(words: v1.Directory) -> None:
    """Changes nothing but the version."""


def test_each_version_names_the_one_before() -> None:
    to = held(nothing, nothing)
    versions = to.listed("AUS")
    assert [listed.version for listed in versions] == [1, 2, 3]
    assert [listed.message.previous_digest for listed in versions] == [b"", *(each.digest for each in versions[:2])]
    assert (to.versions["AUS"], to.directories["AUS"]) == (3, versions[2].envelope)
    assert to.held()[0] == v1.DirectoryHeld(party="AUS", version=3, digest=versions[2].digest)
    assert [digest_of(each) for each in to.every_directory()][:3] == [each.digest for each in versions]
    assert trust().versions["AUS"] == 1


def test_a_version_that_is_held_is_not_taken_again() -> None:
    to = held(nothing)
    assert [to.take_directory(envelope) for envelope in to.every_directory()] == [None] * 4


@pytest.mark.parametrize(
    "change",
    [
        lambda words: setattr(words, "version", 3),
        lambda words: setattr(words, "previous_digest", bytes(32)),
    ],
    ids=["number", "predecessor"],
)
def test_a_version_that_does_not_follow_is_refused(change: Change) -> None:
    to = trust().copy()
    refused("DIRECTORY_CHAIN", lambda: to.take_directory(version(to, change)))
    assert to.versions["AUS"] == 1


def test_the_first_version_has_none_before() -> None:
    first = v1.Directory.FromString(trust().directories["AUS"].payload)
    first.version, first.previous_digest = 2, bytes(32)
    alone = channel().trust.agreement
    envelope = next_directory(trust(), "AUS", REGISTRAR, NOW_NS)
    others = [trust().directories[party] for party in ("CHN", "JPN")]
    refused("DIRECTORY_CHAIN", lambda: Trust(alone, [envelope, *others]))


def test_of_two_directories_with_one_version_the_first_stays() -> None:
    """REQ-DIR-2."""
    to = held(nothing)
    twin = version(trust(), lambda words: setattr(post(words), "name", "another"))
    detail = refused("DIRECTORY_FORK", lambda: to.take_directory(twin))
    assert digest_of(twin).hex() in detail
    assert post(v1.Directory.FromString(to.directories["AUS"].payload)).name == A


@pytest.mark.parametrize(
    ("by", "code"), [(key(4), "DIRECTORY_FOREIGN"), (key(0), "KEY_UNKNOWN"), (key(NEW_KEY), "KEY_UNKNOWN")]
)
def test_a_version_is_signed_by_its_partys_registrar(by: Signer, code: str) -> None:
    to = trust().copy()
    refused(code, lambda: to.take_directory(version(to, by=by)))


# -- under later revisions ---------------------------------------------------------------------------------------------


def revised() -> Trust:
    """The channel with a second revision, in which AUS has another registrar."""
    to = trust().copy()
    payload = next_agreement(to, lambda words: words.parties[0].registrar_keys[0].CopyFrom(key_of(key(NEW_KEY))))
    to.take_agreement(sign_agreement(payload, {str(n): [key(n)] for n in range(3)}))
    return to


def under(to: Trust, revision: int) -> Change:
    return lambda words: setattr(words, "agreement_digest", to.revisions.held[revision - 1].digest)


def test_a_registrar_is_one_of_the_revision_that_the_directory_names() -> None:
    to = revised()
    refused("DIRECTORY_FOREIGN", lambda: to.take_directory(version(to)))
    refused("DIRECTORY_FOREIGN", lambda: to.take_directory(version(to, under(to, 1), by=key(NEW_KEY))))
    old, new = version(to, under(to, 1)), version(to, by=key(NEW_KEY))
    assert to.copy().take_directory(old) is not None
    assert to.take_directory(new) is not None


def test_a_directory_under_a_revision_that_is_not_held_is_foreign() -> None:
    later = revised()
    refused("DIRECTORY_FOREIGN", lambda: trust().copy().take_directory(version(later, by=REGISTRAR)))


@pytest.mark.threat("downgrade / algorithm", defence="KEYS", measure="directories under an older revision, refused")
def test_a_version_does_not_go_back_to_an_older_revision() -> None:
    to = revised()
    to.take_directory(version(to, by=key(NEW_KEY)))
    refused("DIRECTORY_CHAIN", lambda: to.take_directory(version(to, under(to, 1))))


# -- what a version changes --------------------------------------------------------------------------------------------


def test_certificates_of_earlier_versions_stay_good_for_their_windows() -> None:
    """REQ-DIR-1: what was sealed while they held is judged the same for ever."""
    ada, again = officer("ada"), START_NS + 2 * DAY_NS
    to = held(certify("ada", ada, "releaser"))
    before, after = to.officer_of(ada.fingerprint, START_NS), to.officer_of(ada.fingerprint, again)
    assert (before.role, after.role) == ("watch-officer", "releaser")
    assert to.officer_of(ada.fingerprint, again + DAY_NS) == to.officer_of(ada.fingerprint) == after
    assert to.officer_key(officer("cy").fingerprint) is not None


def test_a_node_certificate_is_renewed_for_the_same_key_and_epoch() -> None:
    def renew(words: v1.Directory) -> None:
        post(words).node.valid.CopyFrom(window(START_NS + 2 * DAY_NS, START_NS + 3 * DAY_NS))

    node = held(renew, nothing).nodes[A]
    assert [node.holds(START_NS + n * DAY_NS) for n in (0, 1, 2, 3)] == [True, False, True, False]
    assert node.earlier == (trust().nodes[A].valid,)


@pytest.mark.threat("downgrade / algorithm", defence="KEYS", measure="older pins refused")
def test_only_the_newest_pins_are_good() -> None:
    def certificate(words: v1.Directory) -> None:
        post(words).tls_certificates[0] = b"x" * 64
        post(words).endpoint = "elsewhere.invalid:1"

    to = held(certificate)
    assert to.pins[A] == {sha256(b"x" * 64)}
    assert to.posts[A].endpoint == "elsewhere.invalid:1"


@pytest.mark.parametrize(
    ("person", "signer"),
    [("bo", officer("ada")), ("ada", officer("ada", B)), ("ada", channel().nodes[A]), ("ada", key(1))],
    ids=["another person", "another post", "node", "root"],
)
def test_a_key_of_an_earlier_version_serves_nothing_else_later(person: str, signer: Signer) -> None:
    to = trust().copy()
    refused("KEY_SHARED", lambda: to.take_directory(version(to, certify(person, signer))))
    to = held(certify("eve", key(NEW_KEY)))
    refused("KEY_SHARED", lambda: to.take_directory(version(to, certify("ada", key(NEW_KEY)))))


def test_a_level_is_that_of_the_version_issued_last_by_then() -> None:
    to = held(lambda words: setattr(post(words), "level", v1.LEVEL_POLITICAL))
    levels = [to.level_of(A, at) for at in (START_NS - DAY_NS, START_NS, NOW_NS - 1, NOW_NS)]
    assert levels == [v1.LEVEL_OPERATING] * 3 + [v1.LEVEL_POLITICAL]


def delegate(words: v1.Directory) -> None:
    """The releaser lends ada his role for an hour."""
    valid = window(NOW_NS, NOW_NS + DAY_NS // 24)
    words.delegations.add(post=A, from_person="cy", to_person="ada", role="releaser", valid=valid)


def test_a_delegation_holds_in_its_window_whatever_later_versions_list() -> None:
    to = held(delegate, lambda words: words.ClearField("delegations"))
    ada = to.officer_of(officer("ada").fingerprint)
    roles = [to.roles_of(ada, at) for at in (NOW_NS - 1, NOW_NS, NOW_NS + DAY_NS // 24)]
    assert roles == [{"watch-officer"}, {"watch-officer", "releaser"}, {"watch-officer"}]


def test_an_officer_signs_in_the_roles_of_all_certificates_of_the_key_that_hold() -> None:
    ada = officer("ada")
    to = held(certify("ada", ada, "commander", START_NS))
    assert to.roles_of(to.officer_of(ada.fingerprint, START_NS), START_NS) == {"watch-officer", "commander"}


def test_a_trust_that_refuses_has_not_changed() -> None:
    def half_wrong(words: v1.Directory) -> None:
        words.posts.add().CopyFrom(post(words))
        words.posts[1].id = "AUS:another"

    to = trust().copy()
    refused("KEY_SHARED", lambda: to.take_directory(version(to, half_wrong)))
    assert (to.posts, to.nodes, to.versions) == (trust().posts, trust().nodes, trust().versions)
    assert to.fingerprints() == trust().fingerprints()


def test_a_copy_grows_by_itself() -> None:
    one = trust().copy()
    other = one.copy()
    one.take_directory(version(one, certify("eve", key(NEW_KEY))))
    assert other.officer_key(key(NEW_KEY).fingerprint) is None
    assert other.take_directory(version(other)) is not None
    assert to_timestamp(NOW_NS) == one.listed("AUS")[1].message.issued_at
