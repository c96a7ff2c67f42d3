"""Agreement profiles: the figures of an agreement, each with its source, read from YAML."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from google.protobuf.duration_pb2 import Duration
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hotline import v1
from hotline.geo.units import parse_duration_ms
from hotline.messages.names import short_names
from hotline.protocol.errors import UsageError

LINE_SPANS = (
    *("heartbeat", "silent_after", "retry_first", "retry_max", "fetch_after", "skew_shown"),
    *("test_every", "radio_silence_max"),
)
PRECEDENCES = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")


def _milliseconds(value: Any) -> int:
    return parse_duration_ms(str(value))


def _known_kind(value: str) -> str:
    if value not in short_names(v1.ActivityKind.DESCRIPTOR):
        raise ValueError(f"no kind of activity: {value}")
    return value


Span = Annotated[int, BeforeValidator(_milliseconds)]


class _Sourced(BaseModel):
    """A row that says where its figure comes from, or that and why we assumed it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str = ""
    assumed: str = ""

    @model_validator(mode="after")
    def _has_one(self) -> _Sourced:
        if bool(self.source) == bool(self.assumed):
            raise ValueError("needs either `source:` or `assumed:`")
        return self


class TypeRow(_Sourced):
    """Who may sign a type, and how many persons it takes."""

    type: str
    layer: Literal["safety", "dialogue"]
    roles: tuple[str, ...]
    persons: int = Field(ge=1, le=8)
    level: Literal["unit", "operating", "theatre", "national", "political"] | None = None


class TimerRow(_Sourced):
    """Time allowed for a stage by precedence, in milliseconds from sealing."""

    stage: Literal["DELIVERED", "PRESENTED", "READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE"]
    FLASH: Span
    IMMEDIATE: Span
    PRIORITY: Span
    ROUTINE: Span


class NoticeRow(_Sourced):
    """Lead time agreed for a kind of activity, in milliseconds."""

    kind: Annotated[str, AfterValidator(_known_kind)]
    period: Span


class CountRow(_Sourced):
    """A plain number."""

    value: int


class SpanRow(_Sourced):
    """A duration in milliseconds."""

    value: Span


class SpansRow(_Sourced):
    """Times of day after 00:00Z, in milliseconds."""

    values: tuple[Span, ...]


class SilenceRow(_Sourced):
    """How a silent post is asked again and gone round at a precedence; waits in milliseconds."""

    precedence: Literal["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"]
    query_wait: Span
    queries: int
    step_wait: Span


class LineRows(BaseModel):
    """Limits and intervals of the line."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    statement_bytes_max: CountRow
    heartbeat: SpanRow
    silent_after: SpanRow
    retry_first: SpanRow
    retry_max: SpanRow
    fetch_after: SpanRow
    skew_shown: SpanRow
    test_every: SpanRow
    watch_tests: SpansRow
    radio_silence_max: SpanRow


class Profile(BaseModel):
    """A whole profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    profile: str
    types: tuple[TypeRow, ...]
    timers: tuple[TimerRow, ...]
    notice_periods: tuple[NoticeRow, ...]
    silence: tuple[SilenceRow, ...]
    line: LineRows

    def fill(self, agreement: v1.Agreement) -> None:
        """Write the profile's figures into an agreement."""
        agreement.profile = self.profile
        for row in self.types:
            agreement.types.add(
                type=row.type,
                layer=v1.Layer.Value(f"LAYER_{row.layer.upper()}"),
                roles=row.roles,
                persons=row.persons,
                level=v1.Level.Value(f"LEVEL_{row.level.upper()}") if row.level else v1.LEVEL_UNSPECIFIED,
            )
        for timer in self.timers:
            for name in PRECEDENCES:
                agreement.timers.add(
                    stage=v1.Stage.Value(f"STAGE_{timer.stage}"),
                    precedence=v1.Precedence.Value(f"PRECEDENCE_{name}"),
                    limit=duration(getattr(timer, name)),
                )
        for notice in self.notice_periods:
            kind = v1.ActivityKind.Value(f"ACTIVITY_KIND_{notice.kind}")
            agreement.notice_periods.add(kind=kind, period=duration(notice.period))
        for rule in self.silence:
            agreement.silence.add(
                precedence=v1.Precedence.Value(f"PRECEDENCE_{rule.precedence}"),
                query_wait=duration(rule.query_wait),
                queries=rule.queries,
                step_wait=duration(rule.step_wait),
            )
        agreement.line.statement_bytes_max = self.line.statement_bytes_max.value
        for name in LINE_SPANS:
            getattr(agreement.line, name).CopyFrom(duration(getattr(self.line, name).value))
        agreement.line.watch_tests.extend(map(duration, self.line.watch_tests.values))


def duration(milliseconds: int) -> Duration:
    """A signed duration of whole milliseconds."""
    seconds, rest = divmod(milliseconds, 1000)
    return Duration(seconds=seconds, nanos=rest * 1_000_000)


def load_profile(path: Path | None = None) -> Profile:
    """Read a profile; the default one ships with the package.

    Raises:
        UsageError: PROFILE_INVALID, naming the rows that are wrong.
    """
    return _default() if path is None else _read(path, str(path))


@cache
def _default() -> Profile:
    """Read once: a simulator makes thousands of agreements from it."""
    return _read(resources.files("hotline.agreements").joinpath("default.yaml"), "default.yaml")


def _read(file: Traversable, name: str) -> Profile:
    try:
        return Profile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UsageError("PROFILE_INVALID", f"{name}: {error}") from error
