"""Keys of two parties and the example plans over them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotline import v1
from hotline.agreements.directory_plan import DirectoryPlan
from hotline.agreements.examples import example_agreement, example_directory
from hotline.agreements.plan import AgreementPlan
from hotline.agreements.reading import read_plan
from hotline.keys import KeyLabel, Kind, Role, SoftSigner, issue_tls, load_private, save_pair
from hotline.messages.times import parse_instant_ns
from hotline.protocol.envelope import AGREEMENT, sign
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, open_agreement

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
            KeyLabel("node-2", Kind.EXERCISE, Role.NODE, party, post),
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
