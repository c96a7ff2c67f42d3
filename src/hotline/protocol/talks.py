"""Life cycles of what is asked and answered: calls and clarifications.

Each is a function of the set of statements in the thread, whatever order they come in (REQ-MSG-11, REQ-MSG-12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from hotline import v1
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ladder import Place
from hotline.protocol.statements import Said

Table = Mapping[tuple[str, str], str]
Placed = tuple[Place, Said]
"""A statement with its place in its post's log."""
Found = tuple[str, Mapping[bytes, tuple[str, ...]]]
"""The state reached, and marks by statement digest."""

CALL: Table = {
    ("NONE", "CallRequest"): "ASKED",
    ("ASKED", "CallResponse at an instant proposed"): "AGREED",
    ("ASKED", "CallResponse counter"): "COUNTERED",
    ("COUNTERED", "CallResponse at an instant proposed"): "AGREED",
    ("AGREED", "CallResponse counter"): "COUNTERED",
}

CLARIFICATION: Table = {
    ("NONE", "ClarificationRequest"): "ASKED",
    ("ASKED", "ClarificationReply to some"): "ANSWERED_IN_PART",
    ("ASKED", "ClarificationReply to all"): "ANSWERED",
    ("ANSWERED_IN_PART", "ClarificationReply to the rest"): "ANSWERED",
}

_NO_EFFECT = ("NO_EFFECT",)


def call(first: Said, later: Iterable[Placed]) -> Found:
    """How a call stands: by the newest response of each post that takes part.

    A response agrees where it names an instant that another post has proposed; a counter-proposal by a post that had
    seen the agreement opens it again.
    """
    responses = _by_taking_part(first, v1.CallResponse, later)
    newest = {post: said[-1] for post, said in responses.items()}
    agreed = [said for post, said in newest.items() if _agrees(said, post, first, responses)]
    counters = [said for said in newest.values() if _response(said).counter]
    marks = {said.digest: _NO_EFFECT for said in newest.values() if said not in agreed and said not in counters}
    reopened = any(said.digest in counter.header.seen for counter in counters for said in agreed)
    if agreed and not reopened:
        return "AGREED", marks
    return ("COUNTERED" if counters else "ASKED"), marks


def clarification(first: Said, later: Iterable[Placed]) -> Found:
    """How a clarification stands: by the questions that the posts asked have answered, or have said not to answer."""
    request = cast(v1.ClarificationRequest, first.body)
    replies = _by_taking_part(first, v1.ClarificationReply, later)
    questions = range(1, len(request.questions) + 1)
    answered: set[int] = set()
    marks: dict[bytes, tuple[str, ...]] = {}
    for said in (said for post in replies if post != first.header.from_post for said in replies[post]):
        told = {answer.question for answer in cast(v1.ClarificationReply, said.body).answers} & set(questions)
        answered |= told
        if not told:
            marks[said.digest] = _NO_EFFECT
    state = "ANSWERED" if answered == set(questions) else "ANSWERED_IN_PART" if answered else "ASKED"
    return state, marks


def _by_taking_part(first: Said, kind: type[object], later: Iterable[Placed]) -> dict[str, list[Said]]:
    """Statements of a type by the posts that the first one is of or for, each in the order of its log."""
    parts = {first.header.from_post, *first.header.action}
    found: dict[str, list[Said]] = {}
    for _, said in sorted(later, key=lambda placed: (placed[0], placed[1].digest)):
        if isinstance(said.body, kind) and said.header.from_post in parts:
            found.setdefault(said.header.from_post, []).append(said)
    return found


def _agrees(said: Said, post: str, first: Said, responses: Mapping[str, list[Said]]) -> bool:
    response = _response(said)
    proposed = {
        from_timestamp(_response(each).at)
        for other, told in responses.items()
        for each in told
        if other != post and _response(each).counter
    }
    if post != first.header.from_post:
        proposed |= {from_timestamp(at) for at in cast(v1.CallRequest, first.body).proposed_at}
    return not response.counter and from_timestamp(response.at) in proposed


def _response(said: Said) -> v1.CallResponse:
    return cast(v1.CallResponse, said.body)
