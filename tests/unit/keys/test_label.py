"""What a key is for."""

from __future__ import annotations

import pytest

from hotline import v1
from hotline.keys import KeyLabel, KeysError, Kind, Role
from hotline.keys.label import party_of


@pytest.mark.parametrize(
    ("role", "party", "post"),
    [
        (Role.ROOT, "AUS", ""),
        (Role.REGISTRAR, "NATO/DEU", ""),
        (Role.NODE, "AUS", "AUS:fleet-watch"),
        (Role.OFFICER, "NATO/DEU", "NATO/DEU:north-sea-watch"),
    ],
)
def test_labels_that_hold(role: Role, party: str, post: str) -> None:
    assert KeyLabel("anna-2", Kind.EXERCISE, role, party, post).post == post


@pytest.mark.parametrize(
    ("name", "role", "party", "post", "words"),
    [
        ("", Role.ROOT, "AUS", "", "no name"),
        ("Anna", Role.ROOT, "AUS", "", "no name"),
        ("anna\n", Role.ROOT, "AUS", "", "no name"),
        ("a" * 41, Role.ROOT, "AUS", "", "no name"),
        ("anna", Role.ROOT, "aus", "", "no party id"),
        ("anna", Role.ROOT, "NATO/DEU/X", "", "no party id"),
        ("anna", Role.ROOT, "AUS", "AUS:fleet-watch", "belongs to its party"),
        ("anna", Role.REGISTRAR, "AUS", "AUS:fleet-watch", "belongs to its party"),
        ("anna", Role.NODE, "AUS", "", "no post id"),
        ("anna", Role.OFFICER, "AUS", "AUS:", "no post id"),
        ("anna", Role.OFFICER, "AUS", "AUS:Fleet", "no post id"),
        ("anna", Role.OFFICER, "AUS", "CHN:fleet-watch", "no post of AUS"),
        ("anna", Role.OFFICER, "NATO", "NATO/DEU:watch", "no post of NATO"),
    ],
)
def test_labels_that_contradict_themselves_are_refused(
    name: str, role: Role, party: str, post: str, words: str
) -> None:
    with pytest.raises(KeysError, match=words) as refused:
        KeyLabel(name, Kind.EXERCISE, role, party, post)
    assert refused.value.code == "KEY_LABEL"


def test_kinds_are_those_of_signed_objects() -> None:
    assert Kind.of(v1.KIND_ACTUAL) is Kind.ACTUAL
    assert Kind.of(v1.KIND_EXERCISE) is Kind.EXERCISE
    with pytest.raises(ValueError, match="UNSPECIFIED"):
        Kind.of(v1.KIND_UNSPECIFIED)


@pytest.mark.parametrize(
    ("post", "party"), [("AUS:fleet-watch", "AUS"), ("NATO/DEU:north-sea-watch", "NATO/DEU"), ("US:w", "US")]
)
def test_a_post_id_names_its_party(post: str, party: str) -> None:
    assert party_of(post) == party
