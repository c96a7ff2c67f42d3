"""The public table of signals as data, and the rules that hold a signal to it."""

from __future__ import annotations

import re

import pytest

from hotline import v1
from hotline.messages.names import descriptor_of, short_names
from hotline.messages.rules import rules_of
from hotline.messages.signals import Signal, meaning_of, tables
from hotline.protocol.rules import broken_rules
from hotline.v1._validate import validate_pb2

YV1 = tables()["INCSEA-YV1"]
UNITS = short_names(v1.SignalUnit.DESCRIPTOR)


def signal(row: Signal, **fields: object) -> v1.EncounterSignal:
    value = {"value": 5, "unit": UNITS[row.value]} if row.value else {}
    said = {"table": "INCSEA-YV1", "code": row.code, "speaker": v1.Craft(kind=v1.CRAFT_KIND_WARSHIP), **value}
    found = v1.EncounterSignal(**(said | fields))  # type: ignore[arg-type]  # by name
    found.signalled_at.FromSeconds(1)
    return found


def broken(message: v1.EncounterSignal) -> set[str]:
    return {rule for _, rule, _ in broken_rules(message)}


@pytest.mark.parametrize("row", YV1.signals, ids=lambda row: row.code)
def test_every_row_can_be_signalled_and_nothing_else_of_it(row: Signal) -> None:
    assert broken(signal(row)) == set()
    if row.value:
        assert broken(signal(row, value=None)) == {"encounter_signal.value"}
        assert broken(signal(row, unit=0)) == {"encounter_signal.unit"}
    else:
        assert broken(signal(row, value=0)) == {"encounter_signal.value"}


def test_a_code_that_is_not_in_the_table_cannot_be_signed() -> None:
    assert "encounter_signal.code" in broken(signal(Signal("UY13", "", "")))
    assert "string.in" in broken(signal(YV1.signals[0], table="ICS"))


def test_a_direction_is_below_360_degrees() -> None:
    gunnery = next(row for row in YV1.signals if row.code == "UY3")
    assert broken(signal(gunnery, value=359)) == set()
    assert broken(signal(gunnery, value=360)) == {"encounter_signal.degrees"}


def test_the_rule_lists_the_codes_of_the_data() -> None:
    options = descriptor_of(v1.EncounterSignal).GetOptions().Extensions[validate_pb2.message]
    expression = next(rule.expression for rule in options.cel if rule.id == "encounter_signal.code")
    assert re.findall(r"'([A-Z]+[0-9]+)'", expression) == [row.code for row in YV1.signals]
    assert {rule.id for rule in rules_of(descriptor_of(v1.EncounterSignal)) if rule.on == "table"} == {"string.in"}


def test_rows_say_how_far_they_are_trusted_and_none_is_there_twice() -> None:
    assert {row.trust for row in YV1.signals} == {"verified", "from knowledge"}
    assert len({row.code for row in YV1.signals}) == len(YV1.signals) == 47
    assert {row.value for row in YV1.signals} - {""} == set(UNITS)


def test_meanings_are_looked_up() -> None:
    assert meaning_of("INCSEA-YV1", "ZL3") == "Your signal has been received and was not understood"
    assert meaning_of("INCSEA-YV1", "ZZ9") is None
    assert meaning_of("ICS", "A") is None
