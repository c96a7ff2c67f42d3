"""The catalogue names every type once, in the family whose protocol file defines it."""

from __future__ import annotations

from hotline import v1
from hotline.messages.catalogue import entries, families
from hotline.messages.names import descriptor_of
from hotline.protocol.statements import BODIES


def test_every_type_has_one_entry_in_the_family_of_its_file() -> None:
    listed = [entry.type for family in families() for entry in family.types]
    assert sorted(listed) == sorted(descriptor_of(body).name for body in BODIES)
    files = {entry.type: family.file for family in families() for entry in family.types}
    assert {descriptor_of(body).name: descriptor_of(body).file.name.rpartition("/")[2] for body in BODIES} == files


def test_what_updates_or_answers_stands_in_a_thread() -> None:
    assert {name for name, entry in entries().items() if entry.thread == "in"} >= {
        "Acknowledgement",
        "ActivityUpdate",
        "CallResponse",
        "ClarificationReply",
        "Retraction",
    }
    assert {entry.thread for entry in entries().values()} == {"starts", "in", "either"}


def test_every_family_says_why_it_is_there() -> None:
    assert [family.family for family in families() if not family.why] == []
    assert len({family.family for family in families()}) == len(families())


def test_an_answer_about_an_area_has_no_field_that_says_where() -> None:
    """REQ-MSG-10: a query, a verdict and an instant, and nothing else."""
    assert [field.name for field in v1.AreaAnswer.DESCRIPTOR.fields] == ["query", "verdict", "until"]
