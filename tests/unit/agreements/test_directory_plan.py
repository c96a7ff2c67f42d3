"""The plan of a directory: from what people write to what is signed, and what is wrong with one that is not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit import START_NS, A, B, Net, key, notice
from tests.unit.agreements.conftest import NOW_NS, PEOPLE, directory_plan, signer

from hotline import v1
from hotline.agreements.examples import example_directory
from hotline.agreements.positions import Positions
from hotline.agreements.rehearsal import rehearse
from hotline.keys import Kind, load_public
from hotline.protocol.envelope import DIRECTORY, digest_of, parse
from hotline.protocol.errors import HotlineError
from hotline.protocol.trust import Agreement, open_directory


def test_the_example_becomes_a_directory(folder: Path, agreement: Agreement) -> None:
    for party, people in PEOPLE.items():
        envelope = directory_plan(folder, party).envelope(agreement, signer(folder, party, "registrar"), NOW_NS)
        directory = open_directory(envelope, agreement)
        assert envelope.payload_type == DIRECTORY
        assert (directory.party, directory.version, directory.issued_at.ToNanoseconds()) == (party, 1, NOW_NS)
        (post,) = directory.posts
        assert (post.id, post.endpoint) == (f"{party}:fleet-watch", "127.0.0.1:7443")
        assert tuple(officer.person for officer in post.officers) == people


def test_the_next_version_names_the_one_before(folder: Path, agreement: Agreement) -> None:
    registrar = signer(folder, "AUS", "registrar")
    first = directory_plan(folder).envelope(agreement, registrar, NOW_NS)
    (folder / "aus.directory").write_bytes(first.SerializeToString())

    def second(text: str) -> str:
        return text.replace("version: 1 ", "issued_at: 2026-11-22T00:00:00Z\nprevious: aus.directory\nversion: 2 ")

    envelope = directory_plan(folder, spoil=second).envelope(agreement, registrar, NOW_NS)
    directory = parse(envelope.payload, v1.Directory)
    assert directory.previous_digest == digest_of(first)
    assert directory.issued_at.ToJsonString() == "2026-11-22T00:00:00Z"
    with pytest.raises(HotlineError, match="the next one is not 3"):
        directory_plan(folder, spoil=lambda text: second(text).replace("version: 2", "version: 3")).envelope(
            agreement, registrar, NOW_NS
        )


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("function: OPERATING", "function: FISHING", "INPUT_BAD_VALUE", "posts[0].function: "),
        ("fleet-watch-tls.pem", "none.pem", "FILE_UNREADABLE", "none.pem"),
        ("fleet-watch-tls.pem", "anna.key.pub", "CERTIFICATE_INVALID", "anna.key.pub"),
        ("aus/node.key.pub", "chn/node.key.pub", "KEY_FOREIGN", "a key of CHN CHN:fleet-watch"),
        ("aus/node.key.pub", "aus/anna.key.pub", "KEY_WRONG_ROLE", "wanted was node"),
        ("epoch: 1", "epoch: -1", "INPUT_BAD_VALUE", "epoch must not be -1"),
        ("id: AUS:fleet-watch", "id: AUS:east-watch", "KEY_FOREIGN", "not of AUS:east-watch"),
        ("person: anna", "person: Anna", "RULE_BROKEN", "person"),
        ('until: "2026-11-28T12:00:00Z"', 'until: "2026-12-28T12:00:00Z"', "RULE_BROKEN", "at most 7 days"),
        ("version: 1 ", "version: 2 ", "INPUT_BAD_VALUE", "`previous` names the version before"),
        ("version: 1 ", "previous: none.directory\nversion: 2 ", "FILE_UNREADABLE", "none.directory"),
        ("version: 1 ", "previous: directory-plan.yaml\nversion: 2 ", "SCAN_", ""),
    ],
)
def test_a_directory_plan_that_is_not_taken(
    folder: Path, agreement: Agreement, old: str, new: str, code: str, words: str
) -> None:
    assert old in example_directory(NOW_NS, "AUS", "127.0.0.1:7443")
    with pytest.raises(HotlineError) as refused:
        directory_plan(folder, spoil=lambda text: text.replace(old, new, 1)).envelope(
            agreement, signer(folder, "AUS", "registrar"), NOW_NS
        )
    assert refused.value.code.startswith(code)
    assert words in refused.value.detail


ENDS = """version: 2
previous: aus.directory
closures:
  - {post: AUS:fleet-watch, reason: ROTATION}
revocations:
  - {key: aus/ben.key.pub, reason: COMPROMISE, last: 1, at: 2026-11-21T13:00:00Z}
delegations:
  - post: AUS:fleet-watch
    from_person: ben
    to_person: anna
    role: releaser
    valid: {from: 2026-11-21T13:00:00Z, until: 2026-11-22T13:00:00Z}
"""


def ends(text: str) -> str:
    """The example as version 2, with ends."""
    text = text.replace(text[text.index("version: 1") : text.index("posts:")], ENDS)
    return text.replace("epoch: 1", "epoch: 2").replace("aus/node.key.pub", "aus/node-2.key.pub")


@pytest.fixture
def logs(folder: Path, agreement: Agreement) -> Positions:
    """AUS has said two things; its directory of version 1 lies in the folder."""
    first = directory_plan(folder).envelope(agreement, signer(folder, "AUS", "registrar"), NOW_NS)
    (folder / "aus.directory").write_bytes(first.SerializeToString())
    return Positions(LINE.transcript(B))


def _line(channel: str = "east-sea-exercise") -> Net:
    net = Net(rehearsal=rehearse([A, B], key, START_NS, channel=channel))
    for said in ("first", "second"):
        net.say(A, notice(said))
    return net


LINE = _line()


def second(folder: Path, agreement: Agreement, logs: Positions | None, old: str = "", new: str = "") -> v1.Directory:
    plan = directory_plan(folder, spoil=lambda text: ends(text).replace(old, new, 1))
    return parse(plan.envelope(agreement, signer(folder, "AUS", "registrar"), NOW_NS, logs).payload, v1.Directory)


def test_a_version_ends_an_epoch_and_a_key_where_the_log_stands(
    folder: Path, agreement: Agreement, logs: Positions
) -> None:
    made = second(folder, agreement, logs)
    (closure,), (revocation,), (delegation,) = made.closures, made.revocations, made.delegations
    assert (closure.last, closure.reason) == (LINE[A].ledger.own.position(), v1.Closure.REASON_ROTATION)
    assert closure.at.ToNanoseconds() == made.issued_at.ToNanoseconds() == NOW_NS
    ben = load_public(folder / "aus/ben.key.pub", kind=Kind.EXERCISE)
    assert (revocation.keyid, revocation.reason) == (ben.key.fingerprint, v1.Closure.REASON_COMPROMISE)
    assert (revocation.last.sequence, revocation.at.ToJsonString()) == (1, "2026-11-21T13:00:00Z")
    assert (delegation.from_person, delegation.to_person, delegation.role) == ("ben", "anna", "releaser")


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("{post: AUS:fleet-watch, ", "{post: AUS:east-watch, ", "INPUT_BAD_VALUE", "no epoch in the version before"),
        ("reason: ROTATION", "reason: BOREDOM", "INPUT_BAD_VALUE", "reason"),
        ("reason: ROTATION", "reason: ROTATION, last: 3", "NOT_HELD", "link 3"),
        ("reason: ROTATION", "reason: ROTATION, last: -1", "INPUT_BAD_VALUE", "last must not be -1"),
        ("key: aus/ben.key.pub", "key: aus/node.key.pub", "KEY_WRONG_ROLE", "wanted was officer"),
        ("to_person: anna", "to_person: Anna", "RULE_BROKEN", "to_person"),
    ],
)
def test_ends_that_are_not_taken(
    folder: Path, agreement: Agreement, logs: Positions, old: str, new: str, code: str, words: str
) -> None:
    with pytest.raises(HotlineError) as refused:
        second(folder, agreement, logs, old, new)
    assert refused.value.code == code
    assert words in refused.value.detail


def test_without_anybody_who_knows_the_log_nothing_can_end(folder: Path, agreement: Agreement, logs: Positions) -> None:
    with pytest.raises(HotlineError, match=r"NOT_HELD: where the log of AUS:fleet-watch stands"):
        second(folder, agreement, None)
    other = Positions(_line("another-line").transcript(B))
    with pytest.raises(HotlineError, match=r"WRONG_CHANNEL: .*another-line"):
        second(folder, agreement, other)
