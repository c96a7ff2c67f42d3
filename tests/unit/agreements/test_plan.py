"""Plans: from what people write to what is signed, and what is wrong with a plan that is not taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from hotline import v1
from hotline.agreements.examples import example_agreement, example_directory
from hotline.agreements.plan import AgreementPlan, DirectoryPlan
from hotline.agreements.reading import read_plan
from hotline.keys import KeyLabel, Kind, Role, SoftSigner, issue_tls, load_private, save_pair
from hotline.messages.times import parse_instant_ns
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, digest_of, parse, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, open_agreement, open_directory

NOW_NS = parse_instant_ns("2026-11-21T13:58:00Z")
PEOPLE = {"AUS": ("anna", "ben"), "CHN": ("chen", "dai")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates of two parties, as the example plans name them."""
    root = tmp_path_factory.mktemp("plans")
    for party, people in PEOPLE.items():
        home, post = root / party.lower(), f"{party}:fleet-watch"
        home.mkdir()
        labels = [
            KeyLabel("root", Kind.EXERCISE, Role.ROOT, party),
            KeyLabel("registrar", Kind.EXERCISE, Role.REGISTRAR, party),
            KeyLabel("node", Kind.EXERCISE, Role.NODE, party, post),
            *(KeyLabel(person, Kind.EXERCISE, Role.OFFICER, party, post) for person in people),
        ]
        for label in labels:
            save_pair(home / f"{label.name}.key", label, SoftSigner.generate())
        tls = issue_tls(post, datetime(2026, 11, 21, tzinfo=UTC))
        tls.save(home / "fleet-watch-tls.key", home / "fleet-watch-tls.pem")
    return root


Spoil = Callable[[str], str]


def agreement_plan(folder: Path, spoil: Spoil = str) -> AgreementPlan:
    path = folder / "agreement-plan.yaml"
    path.write_text(spoil(example_agreement(NOW_NS)), encoding="utf-8")
    return read_plan(path, AgreementPlan)


def directory_plan(folder: Path, party: str = "AUS", spoil: Spoil = str) -> DirectoryPlan:
    path = folder / "directory-plan.yaml"
    path.write_text(spoil(example_directory(NOW_NS, party, "127.0.0.1:7443")), encoding="utf-8")
    return read_plan(path, DirectoryPlan)


def signer(folder: Path, party: str, name: str) -> Signer:
    return load_private(folder / party.lower() / f"{name}.key", kind=Kind.EXERCISE).signer


@pytest.fixture(scope="module")
def agreement(folder: Path) -> Agreement:
    payload = agreement_plan(folder).payload()
    envelopes = [sign(AGREEMENT, payload, signer(folder, party, "root")) for party in PEOPLE]
    return open_agreement(v1.SignedAgreement(envelopes=envelopes).SerializeToString())


def test_the_example_becomes_an_agreement(agreement: Agreement) -> None:
    message = agreement.message
    assert (message.channel, message.kind) == ("east-sea-exercise", v1.KIND_EXERCISE)
    assert [party.id for party in message.parties] == ["AUS", "CHN"]
    assert agreement.in_force.holds(NOW_NS)
    # Without a block of its own an exercise's clock shows real time.
    assert message.exercise_clock.real_start == message.exercise_clock.exercise_start
    assert message.exercise_clock.speed == 1


def test_an_exercise_may_run_at_another_date_and_speed(folder: Path) -> None:
    payload = agreement_plan(folder, lambda text: text.replace("# exercise_clock:", "exercise_clock:")).payload()
    clock = v1.Agreement.FromString(payload).exercise_clock
    assert clock.exercise_start.ToJsonString() == "2023-11-14T02:00:00Z"
    assert clock.speed == 60


def test_a_profile_may_be_the_partys_own(folder: Path) -> None:
    own = resources.files("hotline.agreements").joinpath("default.yaml").read_text(encoding="utf-8")
    (folder / "own.yaml").write_text(own.replace("hotline-default-1", "own-1"), encoding="utf-8")
    payload = agreement_plan(folder, lambda text: text.replace("profile: default ", "profile: own.yaml ")).payload()
    assert v1.Agreement.FromString(payload).profile == "own-1"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("kind: EXERCISE", "kind: DRILL", "INPUT_BAD_VALUE", ":3:7: kind: "),
        ("channel: east-sea-exercise", "chanel: x", "INPUT_UNKNOWN_KEY", "2:1: chanel: unknown key"),
        ("channel: east-sea-exercise", "channel: East Sea", "RULE_BROKEN", "channel"),
        ("profile: default", "profile: none.yaml", "PROFILE_INVALID", "none.yaml"),
        ('from: "2026', 'from: "2036', "RULE_BROKEN", "a window must end after it begins"),
        ('from: "2026-11-21T12:00:00Z"', "from: today", "INPUT_BAD_VALUE", "in_force.from: not a UTC time"),
        ("root_keys: [aus/root.key.pub]", "root_keys: []", "RULE_BROKEN", "root_keys"),
        ("root_keys: [aus/root.key.pub]", "root_keys: aus/root.key.pub", "INPUT_BAD_VALUE", "root_keys: needs a list"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/none.pub]", "KEY_IO", "none.pub"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/root.key]", "KEY_FORMAT", "root.key"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/node.key.pub]", "KEY_WRONG_ROLE", "node.key.pub"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [chn/root.key.pub]", "KEY_FOREIGN", "a key of CHN, not of AUS"),
        ("root_threshold: 1 ", "root_threshold: 2 ", "RULE_BROKEN", "the threshold cannot exceed"),
        ("root_threshold: 1 ", "root_threshold: -1 ", "INPUT_BAD_VALUE", "root_threshold must not be -1"),
        ("kind: EXERCISE", "kind: ACTUAL", "KEY_WRONG_KIND", "is for EXERCISE"),
        ("parties:", "parties: *all", "INPUT_YAML", "aliases"),
        ("channel:", "kind: EXERCISE\nchannel:", "INPUT_DUPLICATE_KEY", "kind: given twice"),
    ],
)
def test_an_agreement_plan_that_is_not_taken(folder: Path, old: str, new: str, code: str, words: str) -> None:
    assert old in example_agreement(NOW_NS)
    with pytest.raises(HotlineError) as refused:
        agreement_plan(folder, lambda text: text.replace(old, new, 1)).payload()
    assert refused.value.code == code
    assert words in refused.value.detail


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HotlineError, match="FILE_UNREADABLE"):
        read_plan(tmp_path / "none.yaml", AgreementPlan)


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
