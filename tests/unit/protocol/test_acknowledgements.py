"""Which acknowledgements are opposed, and which crossed what they did not know of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from tests.kit import A, B, C, notice
from tests.unit.protocol.handmade import ack, fact, judged, remade, said, signed, statement

from hotline import v1
from hotline.protocol.acknowledgements import SENSES, Seen, Sense, answers_for, crossed, opposed
from hotline.protocol.ladder import VALUES, Fact
from hotline.protocol.statements import Said
from hotline.protocol.timers import DECIDED, DONE, READ

STAFF = "CHN:general-staff"


def word(value: str, post: str = B, place: int = 1, speaker: str = "", stage: v1.Stage.ValueType = DECIDED) -> Fact:
    name = f"{speaker or post} {value} {place}".encode().ljust(32, b".")
    return fact(stage, value, post, statement=name, place=place, speaker=speaker)


def against(post: str, *facts: Fact, stage: v1.Stage.ValueType = DECIDED) -> list[str]:
    """Values that stand against a post's word, the same for every order."""
    found = [tuple(other.value for other in opposed(order, post, stage)) for order in permutations(facts)]
    assert len(set(found)) == 1
    return list(found[0])


# -- opposed -----------------------------------------------------------------------------------------------------------


def test_only_decisions_and_reports_have_a_sense() -> None:
    rows = {(row.stage, row.value) for row in VALUES}
    assert set(SENSES) <= rows
    assert {stage for stage, _ in SENSES} == {DECIDED, DONE}
    neutral = {value for stage, value in rows - set(SENSES) if stage in (DECIDED, DONE)}
    assert neutral == {"DEFERRED", "NOT_UNDERSTOOD", "NO_REPLY_INTENDED"}


@pytest.mark.parametrize("one", [value for stage, value in SENSES if stage == DECIDED])
@pytest.mark.parametrize("other", [row.value for row in VALUES if row.stage == DECIDED])
def test_posts_of_one_party_are_opposed_where_their_senses_are(one: str, other: str) -> None:
    """REQ-ACK-9."""
    sense = {SENSES[DECIDED, one], SENSES.get((DECIDED, other))}
    expected = sense == {Sense.FOR, Sense.AGAINST}
    facts = word(one), word(other, STAFF)
    assert against(B, *facts) == ([other] if expected else [])
    assert against(STAFF, *facts) == ([one] if expected else [])


def test_posts_of_other_parties_decide_for_themselves() -> None:
    assert against(B, word("ACCEPTED"), word("DECLINED", C)) == []
    assert against("NATO:watch", word("ACCEPTED", "NATO:watch"), word("DECLINED", "NATO/DEU:watch")) == []


def test_a_stage_is_opposed_by_words_of_that_stage() -> None:
    assert against(B, word("ACCEPTED"), word("UNABLE", STAFF, stage=DONE)) == []
    assert against(B, word("DONE", stage=DONE), word("NOT_AGREED", STAFF, stage=DONE), stage=DONE) == ["NOT_AGREED"]


def test_a_post_that_changes_its_mind_opposes_nobody() -> None:
    assert against(B, word("ACCEPTED"), word("DECLINED", place=2)) == []


def test_only_the_newest_word_of_each_counts() -> None:
    facts = word("ACCEPTED"), word("DECLINED", STAFF, 1), word("ACCEPTED", STAFF, 2)
    assert against(B, *facts) == []


def test_a_word_that_does_not_count_opposes_nothing() -> None:
    void = fact(DECIDED, "DECLINED", STAFF, statement=bytes(32), place=1, void="WITHDRAWN")
    assert against(B, word("ACCEPTED"), void) == []
    assert against(STAFF, word("ACCEPTED"), void) == []


def test_who_answers_for_a_post_may_be_opposed_by_it() -> None:
    facts = word("ACCEPTED", speaker=C), word("DECLINED")
    assert against(B, *facts) == ["ACCEPTED"]


def test_one_voice_for_two_addressees_is_one_voice() -> None:
    facts = word("ACCEPTED"), word("DECLINED", B, 1, C), word("DECLINED", STAFF, 1, C)
    assert against(B, *facts) == ["DECLINED"]
    assert against(STAFF, *facts) == ["ACCEPTED"]


# -- for whom ----------------------------------------------------------------------------------------------------------


def acknowledged(by: str, *types: str) -> Said:
    """An acknowledgement by a post, where C may answer for B."""
    known = remade(agreement=lambda words: words.answers_for.add(post=C, for_post=B, types=types)).trust
    words = statement(ack(bytes(32)), from_post=by, action=[A], agreement_digest=known.agreement.digest)
    found = judged(signed(words), by, by=known).said
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("by", "types", "counts_for"),
    [
        (B, (), [B]),
        (C, (), [B]),
        (C, ("hotline.v1.ActivityNotice",), [B]),
        (C, ("hotline.v1.FreeText",), []),
        (A, (), []),
    ],
)
def test_a_post_speaks_for_itself_and_for_whom_it_may_answer(
    by: str, types: tuple[str, ...], counts_for: list[str]
) -> None:
    assert list(answers_for(acknowledged(by, *types), said(notice()))) == counts_for


def test_an_addressee_that_answers_for_another_speaks_for_both() -> None:
    assert list(answers_for(acknowledged(C), said(notice(), action=[C, B]))) == [C, B]


# -- crossed -----------------------------------------------------------------------------------------------------------


def seen(post: str, place: int, *named: Seen, epoch: int = 1) -> Seen:
    digest = f"{post} {epoch} {place}".encode().ljust(32, b".")
    return Seen(post, (epoch, place), digest, [other.digest for other in named])


def cross(one: Seen, other: Seen, *held: Seen) -> bool:
    known = {each.digest: each for each in held}
    found = {crossed(*pair, known.get) for pair in ((one, other), (other, one))}
    assert len(found) == 1
    return found.pop()


FIRST = seen(A, 1)
END = seen(A, 2)


def test_who_had_not_seen_each_other_crossed() -> None:
    """REQ-ACK-8."""
    assert cross(END, seen(B, 1), END)
    assert cross(END, seen(B, 1, FIRST), FIRST)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (END, seen(B, 1, END)),
        (seen(A, 2, seen(B, 1)), seen(B, 1)),
        (END, seen(A, 3)),
        (END, seen(A, 1, epoch=2)),
    ],
    ids=["the word had seen the end", "the end had seen the word", "one log", "one log, the next epoch"],
)
def test_who_had_seen_the_other_did_not_cross(one: Seen, other: Seen) -> None:
    assert not cross(one, other)


def test_what_was_seen_of_a_log_covers_what_stands_earlier_there() -> None:
    later, other_epoch = seen(A, 3), seen(A, 1, epoch=2)
    assert not cross(END, seen(B, 1, later), later)
    assert not cross(END, seen(B, 1, other_epoch), other_epoch)
    assert cross(END, seen(B, 1, seen(C, 9)), seen(C, 9))


def test_what_is_named_and_not_held_covers_nothing_yet() -> None:
    later = seen(A, 3)
    held: Sequence[Seen] = ()
    assert cross(END, seen(B, 1, later), *held)
    assert not cross(END, seen(B, 1, later), later)


def test_a_word_read_is_no_decision() -> None:
    assert against(B, word("READ", stage=READ), word("READ", STAFF, stage=READ), stage=READ) == []
