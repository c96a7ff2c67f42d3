"""Silence through the front door: whole posts that ask again and go round (spec 07, REQ-SILENCE-1 to 4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import START_NS, A, B, C, Net, flash, key, notice
from tests.unit.protocol.silent import (
    AIR,
    MINUTE,
    QUERIES,
    STAFF,
    TURNS,
    alerts,
    asking,
    hotline,
    ladder,
    said,
)

from hotline import v1
from hotline.agreements.build import window
from hotline.agreements.following import next_directory
from hotline.agreements.profile import load_profile
from hotline.protocol.instant import NS_PER_S, to_timestamp

# Roots of both parties come first in the pool, then their registrars.
CHN_REGISTRAR = key(3)


def phoned(net: Net, by: str, digest: bytes, post: str = B) -> None:
    """Somebody says that the FLASH was read out by telephone."""
    body = v1.OutOfBand(
        subject=digest,
        post=post,
        medium=v1.MEDIUM_TELEPHONE,
        said_at=to_timestamp(net.now.utc_ns),
        stage=v1.STAGE_READ,
        spoken_with="the duty officer",
        read_back=True,
    )
    net.say(by, body, A if by != A else B, thread=digest)


# -- asking again, and going round -------------------------------------------------------------------------------------


@pytest.mark.threat("suppression / unanswered call", defence="TMO", measure="silent posts gone round to the last step")
def test_a_silent_post_is_asked_again_and_gone_round() -> None:
    """REQ-SILENCE-1 and 2: every step at its time, each an entry in the log that every post holds."""
    net = hotline()
    digest = asking(net)
    net.go(60 * MINUTE)
    assert said(net) == QUERIES + TURNS
    assert [(step.step, step.target) for step in ladder(net, digest).steps] == [
        *[("QUERY", B)] * 3,
        ("ALTERNATE_POST", AIR),
        ("OTHER_CHANNEL", ""),
        ("NEXT_LEVEL", STAFF),
    ]
    assert ladder(net, digest).steps == ladder(net, digest, at=STAFF).steps
    assert len(alerts(net, A, "ESCALATED")) == 3
    assert [alert.digest for alert in alerts(net, A, "NOT_ANSWERED")] == [digest]
    (card,) = alerts(net, A, "USE_OTHER_CHANNEL")
    assert "TELEPHONE +86 10 5550 100" in card.detail


def test_an_escalated_statement_asks_for_the_stage_overdue_at_the_precedence_of_the_original() -> None:
    net = hotline()
    digest = asking(net)
    net.go(17 * MINUTE)
    step = net.entry(A, ladder(net, digest).steps[-1].statement)
    assert step.said is not None and isinstance(step.said.body, v1.Escalated)
    assert (step.said.body.original, step.said.body.silent_post, step.said.body.stage) == (digest, B, v1.STAGE_READ)
    header = step.said.header
    assert (header.precedence, header.stage_requested, header.thread) == (v1.PRECEDENCE_FLASH, v1.STAGE_READ, digest)
    assert step.said.signers == ("node",)
    assert [stage.name for stage in ladder(net, step.digest, AIR).stages] == ["DELIVERED", "PRESENTED", "READ"]


def test_everybody_whom_it_concerns_is_told() -> None:
    net = hotline()
    digest = asking(net)
    net.go(17 * MINUTE)
    asked = [f"{A} asks again for PRESENTED ({number})" for number in (1, 2, 3)]
    assert [alert.detail for alert in alerts(net, B, "QUERIED")] == asked
    for post in (A, B, AIR):
        (alert,) = alerts(net, post, "ESCALATED")
        assert (alert.digest, alert.post) == (digest, B)
        assert alert.detail == f"{A} turns to {AIR}: {B} has not said READ"
    assert alerts(net, STAFF, "ESCALATED") == []


def test_what_happens_next_is_said_in_plain_words() -> None:
    net = hotline()
    digest = asking(net)
    told = []
    for minutes in (0, 2, 4, 8, 10, 16, 21, 26, 31):
        net.go(minutes * MINUTE - (net.now.utc_ns - START_NS) / NS_PER_S)
        view = ladder(net, digest)
        told.append((view.next, None if view.next_ns is None else (view.next_ns - START_NS) // NS_PER_S // MINUTE))
    assert told == [
        ("PRESENTED due", 2),
        ("ask again (2 of 3)", 4),
        ("ask again (3 of 3)", 8),
        ("READ due", 10),
        (f"turn to {AIR}", 16),
        ("use another channel", 21),
        (f"turn to {STAFF}", 26),
        ("tell the watch that nobody answered", 31),
        ("", None),
    ]


def test_a_query_repeats_the_receipts_of_the_post_that_is_asked() -> None:
    """REQ-SILENCE-1: what was said and lost is said again."""
    net = hotline()
    digest = asking(net)
    net.go(MINUTE)
    assert not len(net[B].peers[A].receipts)
    net.tap = lambda sender, receiver, frame: None if sender == B else frame
    net.go(MINUTE)
    frames: list[v1.Frame] = []

    def listen(sender: str, receiver: str, frame: bytes) -> bytes:
        frames.extend([v1.Frame.FromString(frame)] if (sender, receiver) == (B, A) else [])
        return frame

    net.tap = listen
    net.go(MINUTE)
    heads = [v1.Head.FromString(frame.head.payload) for frame in frames]
    again = {each.WhichOneof("fact") for head in heads for each in head.receipts if each.statement_digest == digest}
    assert again == {"received_at", "unstaffed_at"}


def test_nobody_asks_about_what_another_said() -> None:
    net = hotline()
    digest = asking(net)
    query = v1.QueryAck(subject=digest, post=B, stage=v1.STAGE_READ, number=1)
    net[AIR]._say(query, [B], v1.PRECEDENCE_FLASH, thread=digest)
    net.settle()
    assert alerts(net, B, "QUERIED") == []
    assert ladder(net, digest, at=B).steps == ladder(net, digest).steps == ()


# -- what ends it ------------------------------------------------------------------------------------------------------


def test_a_late_answer_ends_it_and_what_falls_due_later_begins_anew() -> None:
    net = hotline()
    digest = asking(net, asks="DECIDED")
    net.go(5 * MINUTE)
    net.present(B, digest)
    assert (ladder(net, digest).state, ladder(net, digest).silence) == ("PRESENTED", "")
    net.go(4 * MINUTE)
    net.ack(B, digest, v1.Read())
    net.go(22 * MINUTE)
    assert said(net) == [*QUERIES[:2], ("DECIDED 1", 30 * MINUTE, B)]
    verdicts = [stage.verdict for stage in ladder(net, digest).stages]
    assert verdicts == ["IN_TIME", "LATE", "IN_TIME", "EXPIRED"]


def test_what_falls_due_meanwhile_begins_nothing_new() -> None:
    net = hotline()
    digest = asking(net)
    net.go(11 * MINUTE)
    net.present(B, digest)
    net.go(6 * MINUTE)
    assert said(net) == [*QUERIES, TURNS[0]]


@pytest.mark.parametrize(("by", "ends"), [(A, True), (B, True), (AIR, False)])
def test_an_out_of_band_ends_the_asking_and_meets_no_deadline(by: str, ends: bool) -> None:
    """REQ-SILENCE-4: it is the claim of its signer, shown beside the ladder."""
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    phoned(net, by, digest)
    net.go(60 * MINUTE)
    view = ladder(net, digest)
    assert said(net) == (QUERIES[:1] if ends else QUERIES + TURNS)
    assert (view.state, view.next) == ("SILENT", "")
    assert [stage.verdict for stage in view.stages] == ["IN_TIME", "EXPIRED", "EXPIRED"]
    (claim,) = view.claims
    assert (claim.by, claim.stage, claim.medium) == (by, v1.STAGE_READ, "TELEPHONE")
    assert claim.detail == "spoke with the duty officer; read back"


def test_a_claim_that_is_taken_back_no_longer_ends_it() -> None:
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    phoned(net, A, digest)
    (claim,) = ladder(net, digest).claims
    net.go(30 * MINUTE)
    net.say(A, v1.Retraction(subject=claim.statement, reason="another message"), B, precedence="FLASH", thread=digest)
    net.go(1)
    assert ladder(net, digest).claims == ()
    assert said(net) == [QUERIES[0], ("READ 2", 33 * MINUTE, B)]


def test_what_is_no_longer_valid_is_not_asked_about() -> None:
    net = hotline()
    asking(net, validity=window(START_NS, START_NS + 3 * MINUTE * NS_PER_S))
    net.go(60 * MINUTE)
    assert said(net) == QUERIES[:1]


def test_what_was_taken_back_is_moot() -> None:
    """REQ-TIMER-7: MOOT follows what ran and what had expired, and nothing that was met."""
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    net.say(A, v1.Retraction(subject=digest, reason="a drill"), B, precedence="FLASH", thread=digest)
    net.go(60 * MINUTE)
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "MOOT", "MOOT"]
    assert said(net) == QUERIES[:1]
    outcomes = [verdict.outcome for verdict in net.entry(A, digest).verdicts[B, v1.STAGE_PRESENTED]]
    assert outcomes == [v1.Verdict.OUTCOME_EXPIRED, v1.Verdict.OUTCOME_MOOT]


@pytest.mark.parametrize("role", [v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_CANCELS])
def test_what_was_replaced_or_cancelled_is_moot(role: v1.Reference.Role.ValueType) -> None:
    net = hotline()
    digest = net.say(A, notice(), B, asks="READ").digest
    updates = role == v1.Reference.ROLE_UPDATES
    later = v1.ActivityUpdate(notice=notice("moved")) if updates else v1.ActivityCancel(reason="no need")
    net.say(A, later, B, thread=digest, references=[v1.Reference(digest=digest, role=role)])
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "MOOT", "MOOT"]
    net.present(B, digest)
    net.ack(B, digest, v1.Read())
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "MOOT", "MOOT"]


def test_an_alternate_that_answers_for_the_silent_post_ends_it_by_reading_what_it_was_sent() -> None:
    answers = [v1.AnswersFor(post=AIR, for_post=B)]
    for rows in (answers, []):
        net = hotline(rehearsal={"answers_for": rows})
        digest = asking(net)
        net.go(17 * MINUTE)
        net.ack(AIR, ladder(net, digest).steps[-1].statement, v1.Read())
        net.go(60 * MINUTE)
        assert said(net) == QUERIES + (TURNS[:1] if rows else TURNS)
        assert ladder(net, digest).state == "SILENT"


def test_a_post_that_answers_for_another_meets_its_deadlines() -> None:
    net = hotline(rehearsal={"answers_for": [v1.AnswersFor(post=AIR, for_post=B)]})
    digest = asking(net)
    net.go(17 * MINUTE)
    net.ack(AIR, digest, v1.Read())
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "EXPIRED", "LATE"]


# -- what nothing begins for -------------------------------------------------------------------------------------------


def test_nothing_begins_without_a_rule() -> None:
    profile = load_profile().model_copy(update={"silence": ()})
    net = hotline(rehearsal={"profile": profile})
    digest = asking(net)
    net.go(60 * MINUTE)
    assert said(net) == []
    view = ladder(net, digest)
    assert (view.state, view.silence, view.next) == ("SILENT", "UNSTAFFED", "")


def test_nothing_begins_for_what_is_addressed_for_information() -> None:
    net = hotline()
    digest = asking(net, AIR, info=(B,))
    net.disconnect(A, B)
    net.present(AIR, digest)
    net.ack(AIR, digest, v1.Read())
    net.go(60 * MINUTE)
    assert said(net) == []


def test_nothing_begins_for_what_nodes_say_nor_for_the_delivery_of_an_acknowledgement() -> None:
    """REQ-SILENCE-7."""
    net = hotline()
    digest = net.say(B, flash(), A, precedence="FLASH").digest
    net.disconnect()
    net.ack(A, digest, v1.Read())
    net.go(60 * MINUTE)
    assert said(net) == []


# -- a directory that changes meanwhile --------------------------------------------------------------------------------


def listing(net: Net, change: Callable[[v1.Post], None]) -> v1.Envelope:
    """The next version of China's directory, with the silent watch changed."""

    def changed(words: v1.Directory) -> None:
        change(next(post for post in words.posts if post.id == B))

    return next_directory(net[A].trust, "CHN", CHN_REGISTRAR, net.now.utc_ns, changed)


def test_a_way_round_that_is_listed_later_is_taken_after_all() -> None:
    """REQ-DIR-4: a version acts on the line at once, also where every step was taken."""
    net = hotline(alternates=[], other_channels=[], superior="")
    asking(net)
    net.go(30 * MINUTE)
    assert said(net) == QUERIES
    assert len(alerts(net, A, "NOT_ANSWERED")) == 1
    net[A].adopt(listing(net, lambda post: post.alternates.append(AIR)), net.now)
    net.settle()
    net.go(1)
    assert said(net) == [*QUERIES, ("ALTERNATE_POST", 30 * MINUTE, AIR)]


def test_of_a_post_that_has_left_nothing_is_awaited_and_nobody_asks_it() -> None:
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    last = net[A].logs[B].position()
    closure = v1.Closure(last=last, reason=v1.Closure.REASON_WITHDRAWN, at=to_timestamp(net.now.utc_ns))

    def leaves(words: v1.Directory) -> None:
        posts = [post for post in words.posts if post.id != B]
        words.ClearField("posts")
        words.posts.extend(posts)
        words.closures.append(closure)

    net[A].adopt(next_directory(net[A].trust, "CHN", CHN_REGISTRAR, net.now.utc_ns, leaves), net.now)
    net.go(60 * MINUTE)
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "MOOT", "MOOT"]
    assert said(net) == QUERIES[:1]


# -- restarts and lines ------------------------------------------------------------------------------------------------


def test_after_a_restart_it_goes_on_from_what_the_log_shows() -> None:
    """REQ-SILENCE-3: the same steps at the same times, whether the node ran through or not."""
    for minutes in (1, 5, 12, 18, 23):
        net = hotline()
        digest = asking(net)
        net.go(minutes * MINUTE)
        net.disconnect(A, B)
        before = ladder(net, digest)
        net.restart(A)
        assert ladder(net, digest) == before
        net.connect()
        net.go((60 - minutes) * MINUTE)
        assert said(net) == QUERIES + TURNS


def test_what_fell_due_while_the_node_was_down_is_done_once_it_may_seal() -> None:
    net = hotline()
    asking(net)
    net.go(5 * MINUTE)
    net.restart(A)
    net.now = net.now.later(20 * MINUTE * NS_PER_S)
    net.go(MINUTE)
    assert said(net) == QUERIES[:2]
    net.connect()
    net.go(1)
    assert said(net) == [*QUERIES[:2], ("READ 3", 26 * MINUTE, B)]
    net.go(8 * MINUTE)
    assert said(net)[-1] == ("ALTERNATE_POST", 34 * MINUTE, AIR)


def test_a_node_that_may_not_seal_is_not_woken_for_it() -> None:
    net = hotline()
    asking(net)
    net.restart(A)
    net.go(60 * MINUTE)
    assert said(net) == []
    assert net[A].next_deadline() is None


def test_a_dead_post_delays_nobody_else() -> None:
    """Three posts: one is dead, one answers in time; each is read and gone round for itself."""
    net = hotline(C)
    net.disconnect(A, B)
    digest = asking(net, B, C)
    net.present(C, digest)
    net.ack(C, digest, v1.Read())
    net.go(60 * MINUTE)
    assert [stage.verdict for stage in ladder(net, digest, C).stages] == ["IN_TIME"] * 3
    assert (ladder(net, digest, C).state, ladder(net, digest, C).steps) == ("READ", ())
    assert (ladder(net, digest).state, ladder(net, digest).silence) == ("SILENT", "PEER_DOWN")
    assert [step.step for step in ladder(net, digest).steps] == [
        *("QUERY",) * 3,
        "ALTERNATE_POST",
        "OTHER_CHANNEL",
        "NEXT_LEVEL",
    ]
    assert [when for _, when, _ in said(net)] == [60, 180, 420, 900, 1200, 1500]
