"""Rehearsals: a whole exercise channel out of nothing but a pool of keys."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from tests.kit import START_NS, A, B, key

from hotline import v1
from hotline.agreements.profile import load_profile
from hotline.agreements.rehearsal import ROLES, PostPlan, rehearse
from hotline.protocol.instant import NS_PER_S, from_timestamp
from hotline.protocol.pae import sha256

OTHER = "AUS:north-watch"


def test_posts_get_nodes_and_officers_with_keys_of_their_own() -> None:
    found = rehearse([A, OTHER, B], key, START_NS)
    assert set(found.nodes) == set(found.officers) == set(found.trust.posts) == {A, OTHER, B}
    assert found.trust.parties == {A: "AUS", OTHER: "AUS", B: "CHN"}
    assert [found.trust.nodes[post].key.fingerprint for post in found.nodes] == [
        signer.fingerprint for signer in found.nodes.values()
    ]
    listed = found.trust.fingerprints()
    assert len(set(listed)) == len(listed) == 2 * 2 + 3 + 3 * len(ROLES)


def test_officers_hold_every_role_unless_told_otherwise() -> None:
    found = rehearse([A, PostPlan(B, officers=[("ada", "releaser")])], key, START_NS)
    roles = {post: [officer.role for officer in entry.officers] for post, entry in found.trust.posts.items()}
    assert roles == {A: list(ROLES), B: ["releaser"]}
    assert set(found.officers[B]) == {"ada"}
    ada = found.trust.officer_of(found.officers[B]["ada"].fingerprint)
    assert (ada.post, ada.person, ada.role) == (B, "ada", "releaser")


def test_a_plan_says_where_a_post_is() -> None:
    plan = PostPlan(A, "watch.invalid:7", b"c" * 64, v1.Post.FUNCTION_HEADQUARTERS)
    found = rehearse([plan, B], key, START_NS).trust
    assert (found.posts[A].endpoint, found.posts[A].function) == ("watch.invalid:7", v1.Post.FUNCTION_HEADQUARTERS)
    assert found.pins[A] == {sha256(b"c" * 64)}


def test_everything_holds_at_the_start_and_for_a_while() -> None:
    found = rehearse([A, B], key, START_NS).trust
    spans = [found.agreement.in_force, *(node.valid for node in found.nodes.values())]
    spans += [
        found.officer_of(signer.fingerprint).valid for signer in rehearse([A, B], key, START_NS).officers[A].values()
    ]
    for span in spans:
        assert span.holds(START_NS)
        assert span.holds(START_NS + 20 * 3600 * NS_PER_S)


def test_it_is_an_exercise_with_its_own_clock() -> None:
    agreement = rehearse([A, B], key, START_NS, speed=60, real_start_ns=START_NS + 5 * NS_PER_S).trust.agreement
    clock = agreement.message.exercise_clock
    assert (agreement.kind, clock.speed) == (v1.KIND_EXERCISE, 60)
    assert (from_timestamp(clock.real_start), from_timestamp(clock.exercise_start)) == (
        START_NS + 5 * NS_PER_S,
        START_NS,
    )
    plain = rehearse([A, B], key, START_NS).trust.agreement.message.exercise_clock
    assert plain.real_start == plain.exercise_start


def test_the_figures_are_those_of_the_profile() -> None:
    profile = load_profile().model_copy(update={"profile": "ours"})
    agreement = rehearse([A, B], key, START_NS, channel="drill", profile=profile).trust.agreement
    assert (agreement.message.profile, agreement.channel) == ("ours", "drill")


def test_the_same_pool_gives_the_same_channel() -> None:
    one, two = (rehearse([A, B], key, START_NS).trust for _ in range(2))
    assert one.agreement.digest == two.agreement.digest
    assert one.directories == two.directories
    other = rehearse([A, B], lambda n: key(100 + n), START_NS).trust
    assert set(other.fingerprints()).isdisjoint(one.fingerprints())


def test_a_plan_says_when_a_post_is_there_and_whom_to_turn_to() -> None:
    hours = [v1.DailyWindow(**{"from": Duration(seconds=28800), "length": Duration(seconds=3600)})]
    phone = v1.OtherChannel(medium=v1.MEDIUM_TELEPHONE, address="duty desk")
    plan = PostPlan(A, hours=hours, alternates=[OTHER], other_channels=[phone], superior=OTHER)
    post = rehearse([plan, OTHER, B], key, START_NS).trust.posts[A]
    assert (list(post.hours), list(post.alternates), list(post.other_channels)) == (hours, [OTHER], [phone])
    assert post.superior == OTHER


def test_a_party_may_be_a_member_and_a_post_may_answer_for_another() -> None:
    rule = v1.AnswersFor(post=OTHER, for_post=A)
    posts = [A, OTHER, "NATO/DEU:watch", "NATO:watch"]
    found = rehearse(posts, key, START_NS, members={"NATO/DEU": "NATO"}, answers_for=[rule]).trust.agreement.message
    assert {party.id: party.member_of for party in found.parties} == {"AUS": "", "NATO": "", "NATO/DEU": "NATO"}
    assert list(found.answers_for) == [rule]


def test_certificates_hold_as_many_days_as_asked_for() -> None:
    found = rehearse([A, B], key, START_NS, days=6).trust
    assert found.nodes[A].valid.holds(START_NS + 5 * 24 * 3600 * NS_PER_S)
