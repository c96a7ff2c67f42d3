"""The values in files that people write for agreements and directories: instants, and paths beside the file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from hotline import v1
from hotline.agreements.build import window
from hotline.messages.problems import FieldError, Problem
from hotline.messages.times import parse_instant_ns
from hotline.messages.yamlmodel import model_of, placed
from hotline.messages.yamltree import read_tree
from hotline.protocol.errors import UsageError

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are refused; the model is read-only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _instant(value: object) -> int:
    try:
        return parse_instant_ns(str(value))
    except FieldError as error:
        raise PydanticCustomError(cast(Any, error.code), "{words}", {"words": error.message}) from error


def _beside(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


UtcNs = Annotated[int, BeforeValidator(_instant)]
Beside = Annotated[Path, AfterValidator(_beside)]
"""A path; relative ones are meant from the file's own folder."""


class WindowPlan(Strict):
    """A window of time; `until` is the first instant no longer inside."""

    from_ns: UtcNs = Field(alias="from")
    until_ns: UtcNs = Field(alias="until")

    def signed(self) -> v1.Window:
        """Its signed form."""
        return window(self.from_ns, self.until_ns)


def input_error(file: str, problems: Iterable[Problem]) -> UsageError:
    """One error for everything that is wrong with a file; its code is that of the first problem."""
    found = list(problems)
    return UsageError(f"INPUT_{found[0].code}", "\n".join(f"{file}:{problem}" for problem in found))


def read_plan(path: Path, kind: type[M]) -> M:
    """A plan from its file.

    Raises:
        UsageError: FILE_UNREADABLE, INPUT_*.
    """
    try:
        tree = read_tree(path.read_bytes())
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error
    plan, findings = model_of(tree, kind, {"folder": path.parent})
    if plan is None or findings:
        raise input_error(str(path), placed(tree, findings))
    return plan
