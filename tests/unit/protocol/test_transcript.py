"""The container: its one form, its digest, its signature. Any changed byte is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

import pytest
from tests.conftest import Figure
from tests.kit import A, B, Net, key, notice
from tests.unit.protocol.tamper import changed, closed, kinds, records, spoken

from hotline import v1
from hotline.protocol.errors import HotlineError, PeerDataError, UsageError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.transcript import assemble, framed, open_container, split

FORM = {"TRANSCRIPT_FORMAT", "TRANSCRIPT_DIGEST", "TRANSCRIPT_SIGNATURE"}


@pytest.fixture(scope="module")
def net() -> Net:
    return spoken()


@pytest.fixture(scope="module")
def smallest() -> bytes:
    """One statement, exported by its sender."""
    net = Net(A, B)
    net.say(A, notice())
    return net.transcript(A)


def code_of(data: bytes) -> str:
    with pytest.raises(HotlineError) as caught:
        verify_transcript(data)
    return caught.value.code


def test_a_transcript_is_the_journal_between_its_frame(net: Net) -> None:
    data = net.transcript(A)
    head, tail = ["opening", "agreement", "directory", "directory"], ["closing"]
    assert kinds(data)[: len(head)] == head
    assert kinds(data)[-1:] == tail
    assert list(split(data))[len(head) : -1] == net.journal(A)
    assert open_container(data).exporter == A


def test_the_same_journal_gives_the_same_bytes(net: Net) -> None:
    assert net.transcript(B) == net.transcript(B)


def test_what_still_waits_is_left_out() -> None:
    net = Net(A, B, connected=False)
    assert net.say(A, notice()).state == "WAITING"
    assert kinds(net.transcript(A)) == ["opening", "agreement", "directory", "directory", "closing"]
    assert verify_transcript(net.transcript(A)).messages == ()


def test_only_a_posts_own_key_exports_for_it(net: Net) -> None:
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        assemble(net.journal(A), net.trust, net.desks[B].signer, A, net.now)


@pytest.mark.threat("corruption / tampering", defence="LOG", measure="changed bytes of a transcript, each refused")
def test_every_changed_byte_is_refused(smallest: bytes, figure: Figure) -> None:
    for place, byte in enumerate(smallest):
        data = smallest[:place] + bytes([byte ^ 1 << place % 8]) + smallest[place + 1 :]
        assert code_of(data) in FORM, f"byte {place}"
    figure(len(smallest))


def test_bytes_changed_under_the_signature_are_named_so(smallest: bytes) -> None:
    for place in (len(smallest) // 4, len(smallest) // 2):
        data = smallest[:place] + bytes([smallest[place] ^ 1]) + smallest[place + 1 :]
        assert code_of(data) == "TRANSCRIPT_DIGEST"


@pytest.mark.threat("wrong audit", defence="EXP", measure="places where a transcript was cut, each refused")
def test_every_cut_is_refused(smallest: bytes, figure: Figure) -> None:
    ends = list(accumulate(len(framed(piece)) for piece in split(smallest)))
    assert ends[-1] == len(smallest)
    cuts = {cut for end in [0, *ends[:-1]] for cut in range(max(0, end - 5), min(end + 6, len(smallest)))}
    for cut in sorted(cuts):
        assert code_of(smallest[:cut]) == "TRANSCRIPT_FORMAT", f"after {cut} bytes"
    figure(len(cuts))


def test_nothing_may_be_added(smallest: bytes) -> None:
    pieces = [framed(piece) for piece in split(smallest)]
    for place in range(len(pieces) + 1):
        for added in (b"\x00", b"\x00\x00\x00\x00", pieces[-2], pieces[-1]):
            data = b"".join([*pieces[:place], added, *pieces[place:]])
            assert code_of(data) in FORM, f"{len(added)} bytes before record {place}"


@pytest.mark.threat("insider operator", defence="EXP", measure="records left out or moved, each refused")
def test_no_record_may_be_left_out_or_change_places(smallest: bytes, figure: Figure) -> None:
    pieces = [framed(piece) for piece in split(smallest)]
    for place in range(len(pieces)):
        assert code_of(b"".join(pieces[:place] + pieces[place + 1 :])) in FORM
    for place in range(len(pieces) - 1):
        swapped = [*pieces[:place], pieces[place + 1], pieces[place], *pieces[place + 2 :]]
        assert code_of(b"".join(swapped)) in FORM
    figure(2 * len(pieces) - 1)


def reordered_closing(closing: v1.Record) -> bytes:
    """The same closing with its two fields the other way round: a parser sees no difference."""
    at, rest = v1.Record(at=closing.at), v1.Record(closing=closing.closing)
    return rest.SerializeToString() + at.SerializeToString()


def later_closing(closing: v1.Record) -> bytes:
    later = v1.Record()
    later.CopyFrom(closing)
    later.at.seconds += 1
    return later.SerializeToString()


@pytest.mark.parametrize("rewrite", [reordered_closing, later_closing])
def test_a_closing_has_one_form(smallest: bytes, rewrite: Callable[[v1.Record], bytes]) -> None:
    *pieces, last = split(smallest)
    data = b"".join(map(framed, [*pieces, rewrite(v1.Record.FromString(last))]))
    assert code_of(data) == "TRANSCRIPT_FORMAT"


def drop(*numbers: int) -> Callable[[list[v1.Record]], None]:
    def change(content: list[v1.Record]) -> None:
        for number in sorted(numbers, reverse=True):
            del content[number]

    return change


def swap(one: int, other: int) -> Callable[[list[v1.Record]], None]:
    def change(content: list[v1.Record]) -> None:
        content[one], content[other] = content[other], content[one]

    return change


def again(number: int, place: int) -> Callable[[list[v1.Record]], None]:
    def change(content: list[v1.Record]) -> None:
        content.insert(place, content[number])

    return change


def add_waiting(content: list[v1.Record]) -> None:
    envelope = next(record.statement.envelope for record in content if record.HasField("statement"))
    content.append(v1.Record(at=content[0].at, waiting=envelope))


def add_closing(content: list[v1.Record]) -> None:
    closing = v1.Closing(digest=bytes(32), keyid=bytes(32), sig=bytes(64))
    content.append(v1.Record(at=content[0].at, closing=closing))


def name_another_format(content: list[v1.Record]) -> None:
    content[0].opening.format = "hotline transcript 2"


def name_another_exporter(content: list[v1.Record]) -> None:
    content[0].opening.exporter = B


def name_no_post(content: list[v1.Record]) -> None:
    content[0].opening.exporter = "AUS:nowhere"


def add_a_nanosecond(content: list[v1.Record]) -> None:
    content[0].at.nanos += 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (drop(0), "TRANSCRIPT_FORMAT"),
        (drop(1), "TRANSCRIPT_FORMAT"),
        (drop(2), "DIRECTORY_MISSING"),
        (drop(2, 3), "DIRECTORY_MISSING"),
        (swap(2, 3), "TRANSCRIPT_FORMAT"),
        (swap(1, 2), "TRANSCRIPT_FORMAT"),
        (swap(3, 4), "TRANSCRIPT_FORMAT"),
        (again(0, 1), "TRANSCRIPT_FORMAT"),
        (again(1, 2), "AGREEMENT_CHAIN"),
        (again(2, 4), "TRANSCRIPT_FORMAT"),
        (again(2, 6), "TRANSCRIPT_FORMAT"),
        (add_waiting, "TRANSCRIPT_FORMAT"),
        (add_closing, "TRANSCRIPT_FORMAT"),
        (name_another_format, "TRANSCRIPT_FORMAT"),
        (name_another_exporter, "TRANSCRIPT_SIGNATURE"),
        (name_no_post, "TRANSCRIPT_SIGNATURE"),
        (add_a_nanosecond, "TRANSCRIPT_FORMAT"),
    ],
)
def test_the_form_holds_against_the_exporter_too(
    net: Net, change: Callable[[list[v1.Record]], None], code: str
) -> None:
    assert code_of(changed(net, A, change)) == code


def test_closed_by_another_key(net: Net) -> None:
    content = records(net.transcript(A))
    assert verify_transcript(closed(content, net.desks[A].signer)).exporter == A
    assert code_of(closed(content, net.desks[B].signer)) == "TRANSCRIPT_SIGNATURE"
    assert code_of(closed(content, net.rehearsal.officers[A]["officer-1"])) == "TRANSCRIPT_SIGNATURE"
    assert code_of(closed(content, key(200))) == "TRANSCRIPT_SIGNATURE"


def test_unknown_fields_are_refused_in_any_record(net: Net) -> None:
    *pieces, _ = split(net.transcript(A))
    unknown = b"\xfa\x06\x01x"
    for number in range(1, len(pieces)):
        data = [v1.Record.FromString(piece) for piece in pieces]
        data[number].MergeFromString(unknown)
        assert code_of(closed(data, net.desks[A].signer)) == "SCAN_UNKNOWN_FIELD", f"record {number}"
    opening = v1.Record.FromString(pieces[0] + unknown)
    rest = [v1.Record.FromString(piece) for piece in pieces[1:]]
    assert code_of(closed([opening, *rest], net.desks[A].signer)) == "TRANSCRIPT_FORMAT"


def test_a_time_that_no_library_reads_is_refused(net: Net) -> None:
    def change(content: list[v1.Record]) -> None:
        content[-1].at.seconds = 2**62

    assert code_of(changed(net, A, change)) == "SCAN_WIDTH"


def test_the_pieces_of_a_container_are_its_records() -> None:
    assert list(split(framed(b"one") + framed(b"") + framed(b"two"))) == [b"one", b"", b"two"]
    with pytest.raises(PeerDataError, match="TRANSCRIPT_FORMAT"):
        list(split(framed(b"one") + b"\x00\x00"))
