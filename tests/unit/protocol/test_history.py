"""The logs of one post: epochs one after another, and branches where it signed two."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.kit import A, notice
from tests.unit.protocol.handmade import entry, link, log_of

from hotline import v1
from hotline.protocol.epochs import Cut
from hotline.protocol.errors import PeerDataError
from hotline.protocol.history import History
from hotline.protocol.log import START, PostLog

CHANNEL = "rehearsal"
ONE, TWO, THREE, FOUR = (entry(notice(name), sequence=n) for n, name in enumerate(("one", "two", "three", "four"), 1))


def history(*links: v1.Link, closed: Sequence[Cut] = ()) -> History:
    found = History(CHANNEL, A)
    found.open(range(1, len(closed) + 2), {cut.epoch: cut for cut in closed})
    main = found.main(1)
    assert main is not None
    main.extend(links)
    return found


def cut(log: PostLog, sequence: int | None = None) -> Cut:
    at = log.sequence if sequence is None else sequence
    return Cut(A, log.epoch, at, log.digests[at], "ROTATION", 0)


LOG = log_of(ONE, TWO)
OTHER = log_of(ONE, THREE, FOUR)


def test_each_epoch_starts_from_the_closure_of_the_one_before() -> None:
    found = history(*LOG.links, closed=[cut(LOG)])
    assert (found.current.epoch, found.current.digests) == (2, [LOG.digests[2]])
    assert found.main(1) is not found.current
    assert [log.epoch for log in found.logs()] == [2, 1]
    assert not found.single and history().single
    assert (found.main(3), found.branches(3), history().current.digests) == (None, (), [START])


def test_opening_again_changes_nothing() -> None:
    found = history(*LOG.links)
    log = found.current
    found.open([1, 2], {1: cut(LOG)})
    found.open([1, 2], {1: cut(LOG)})
    assert (found.main(1), found.current.epoch) == (log, 2)


@pytest.mark.parametrize(("first", "last", "count"), [(1, 2, 0), (2, 2, 0), (3, 3, 1), (1, 3, 1)])
def test_a_run_fits_where_it_goes_on(first: int, last: int, count: int) -> None:
    source = log_of(ONE, TWO, THREE) if last == 3 else LOG
    fit = history(*LOG.links).fit(source.run(first, last), [source.position()])
    assert (fit.after, len(fit.links), fit.parts) == (2, count, False)


def test_a_run_that_contradicts_parts_where_it_first_differs() -> None:
    found = history(*LOG.links)
    fit = found.fit(OTHER.run(1, 3), [OTHER.position()])
    assert (fit.after, fit.parts, list(fit.links)) == (1, True, OTHER.links[1:])
    assert fit.run() == OTHER.run(2, 3)
    branch = found.part(fit.log, fit.after)
    branch.extend(fit.links)
    assert branch.position() == OTHER.position()
    assert (found.forked, len(found.branches(1)), found.single) == ({1: 2}, 2, False)


def test_a_later_run_fits_the_branch_it_belongs_to() -> None:
    found = history(*LOG.links)
    found.part(found.current, 1).extend(log_of(ONE, THREE).links[1:])
    fit = found.fit(OTHER.run(3, 3), [OTHER.position()])
    assert (fit.log is found.branches(1)[1], fit.after, fit.parts) == (True, 2, False)
    third = log_of(ONE, THREE, TWO)
    found.branches(1)[1].append(OTHER.links[2])
    assert found.fit(third.run(1, 3), [third.position()]).after == 2


def test_another_branch_parts_from_the_one_it_shares_most_with() -> None:
    """Whichever of them was held first."""
    found = history(*log_of(ONE, TWO, FOUR).links)
    main, other = found.current, found.part(found.current, 1)
    other.extend(OTHER.links[1:])
    for run, log, after in ((log_of(ONE, TWO, THREE), main, 2), (log_of(ONE, THREE, TWO), other, 2)):
        fit = found.fit(run.run(1, 3), [run.position()])
        assert (fit.log is log, fit.after, fit.run()) == (True, after, run.run(3, 3))
    both = log_of(ONE, FOUR)
    assert found.fit(both.run(1, 2), [both.position()]).log is main, "of equals the first"


@pytest.mark.parametrize(
    ("run", "covers", "code"),
    [
        (OTHER.run(3, 3), [OTHER.position()], "LINKS_NOT_COVERED"),
        (LOG.run(1, 1), [LOG.position()], "LINKS_NOT_COVERED"),
        (LOG.run(1, 2), [], "LINKS_NOT_COVERED"),
        (log_of(ONE, TWO, THREE, FOUR).run(4, 4), [], "LINKS_GAP"),
        (v1.LinkRun(post=A, epoch=7, first=1, links=[link()]), [], "LINKS_GAP"),
    ],
)
def test_a_run_that_leads_nowhere_is_not_taken(run: v1.LinkRun, covers: list[v1.LogPosition], code: str) -> None:
    with pytest.raises(PeerDataError) as caught:
        history(*LOG.links).fit(run, covers)
    assert caught.value.code == code
    words = {
        "LINKS_GAP": f"links of {A} start at {run.first}, past what is held",
        "LINKS_NOT_COVERED": f"links to {run.first + len(run.links) - 1} do not lead to the Head that covers them",
    }
    assert caught.value.detail == words[code]


def test_what_is_contradicted_can_be_on_no_branch() -> None:
    found = history(*LOG.links)
    assert found.holds(LOG.position()) and not found.contradicts(LOG.position())
    short = log_of(ONE, THREE).position()
    assert found.contradicts(short) and not found.contradicts(OTHER.position())
    found.part(found.current, 1)
    assert not found.contradicts(short)
    assert not found.contradicts(v1.LogPosition(post=A, epoch=5, sequence=1))


def test_a_fork_is_known_from_its_lowest_place_on() -> None:
    found = history(*LOG.links)
    assert [found.mark_forked(1, sequence) for sequence in (4, 2, 9)] == [True, False, False]
    assert found.forked == {1: 2}


def test_a_statement_is_found_wherever_it_is_linked() -> None:
    found = history(*LOG.links)
    found.part(found.current, 1).extend(log_of(ONE, TWO, THREE).links[1:])
    assert [spot[:3] for _, spot in found.spots(TWO.digest)] == [(A, 1, 2)] * 2
    assert found.spots(bytes(32)) == []
    assert found.holding(1, 3, THREE.digest) is found.branches(1)[1]


@pytest.mark.parametrize(("epoch", "sequence"), [(1, 1), (1, 0), (1, 3), (1, 9), (2, 2)])
def test_a_statement_that_is_linked_elsewhere_stands_at_no_other_place(epoch: int, sequence: int) -> None:
    with pytest.raises(PeerDataError) as caught:
        history(*LOG.links).holding(epoch, sequence, TWO.digest)
    words = f"no link of {A} at {epoch}/{sequence} names {TWO.digest.hex()[:12]}"
    assert (caught.value.code, caught.value.detail) == ("LINKS_GAP", words)


def test_a_closure_stands_by_what_leads_to_it() -> None:
    found = history(*LOG.links)
    assert [found.beneath(cut(LOG, 1), n, known.digest) for n, known in ((1, ONE), (2, TWO))] == [True, False]
    found.part(found.current, 1).extend(OTHER.links[1:])
    closure = cut(OTHER, 2)
    assert [found.beneath(closure, n, k.digest) for n, k in ((1, ONE), (2, THREE), (2, TWO), (3, FOUR))] == [
        True,
        True,
        False,
        False,
    ]


def test_while_a_closure_is_not_reached_what_stands_below_it_counts() -> None:
    found = history(*LOG.links)
    far = Cut(A, 1, 9, b"x" * 32, "ROTATION", 0)
    assert found.leads_to(far) is None
    assert found.beneath(far, 2, TWO.digest)
    assert not found.beneath(Cut(A, 1, 2, b"x" * 32, "ROTATION", 0), 2, TWO.digest)
