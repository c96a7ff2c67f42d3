"""From YAML to a checked model, every problem with its line."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hotline.messages.yamlmodel import model_of, placed
from hotline.messages.yamltree import read_tree


def _even(value: int) -> int:
    if value % 2:
        raise PydanticCustomError(cast(Any, "NOT_EVEN"), "not even")
    return value


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: Annotated[int, Field(strict=True), AfterValidator(_even)]
    name: str


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rows: tuple[Row, ...] = Field(min_length=2)
    flag: bool = Field(default=False, strict=True)


def problems(text: str) -> list[str]:
    tree = read_tree(text.encode())
    model, findings = model_of(tree, File)
    assert (model is None) or findings
    return [str(problem) for problem in placed(tree, findings)]


def test_a_good_file_is_its_model() -> None:
    tree = read_tree(b"rows: [{count: 2, name: a}, {count: 4, name: b}]")
    model, findings = model_of(tree, File)
    assert findings == []
    assert model is not None
    assert [row.count for row in model.rows] == [2, 4]


def test_problems_come_in_file_order_with_their_lines() -> None:
    text = """\
rows:
  - {count: 3, name: a}
  - {count: x, colour: red}
flag: 1
"""
    assert problems(text) == [
        "2:13: rows[0].count: not even  [NOT_EVEN]",
        "3:5: rows[1].name: is missing  [MISSING_KEY]",
        "3:13: rows[1].count: needs a whole number  [BAD_VALUE]",
        "3:16: rows[1].colour: unknown key  [UNKNOWN_KEY]",
        "4:7: flag: needs yes or no  [BAD_VALUE]",
    ]


def test_a_wrong_item_does_not_also_make_its_list_too_short() -> None:
    assert problems("rows: [{count: 2, name: a}, {count: 1, name: b}]") == ["1:37: rows[1].count: not even  [NOT_EVEN]"]
    assert problems("rows: []") == [
        "1:7: rows: Tuple should have at least 2 items after validation, not 0  [BAD_VALUE]"
    ]


def test_a_file_that_is_no_yaml_is_not_held_against_the_model() -> None:
    assert problems("rows: [")[0].endswith("[YAML]")
    assert problems("") == ["1:1: needs keys and values  [BAD_VALUE]"]


def test_a_key_given_twice_is_told_beside_a_model() -> None:
    tree = read_tree(b"rows: [{count: 2, name: a}, {count: 4, name: b}]\nflag: no\nflag: yes")
    model, findings = model_of(tree, File)
    assert model is not None
    assert [str(problem) for problem in placed(tree, findings)] == ["3:1: flag: given twice  [DUPLICATE_KEY]"]
