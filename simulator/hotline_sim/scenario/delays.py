"""How long things take: the distributions that delays are drawn from.

Parameters are those a person can estimate: the least, the usual, the most, the median, what nine in ten stay
below.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from hotline_sim.draw import Stream
from hotline_sim.scenario.fields import DelayName, Duration, PositiveDuration, refuse
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Sourced

_NAME = re.compile(r"[a-z][a-z0-9-]*")


class _Distribution(Sourced):
    @model_validator(mode="after")
    def _rises(self) -> Self:
        values_ms = [value for name, value in self if name.endswith("_ms")]
        if values_ms != sorted(values_ms):
            raise refuse(Code.BAD_VALUE, "the values must be given in rising order")
        return self


class Fixed(_Distribution):
    """Always the same."""

    distribution: Literal["fixed"]
    value_ms: Duration = Field(alias="value")

    def draw_ms(self, stream: Stream) -> int:
        """The delay; takes nothing from the stream."""
        return self.value_ms


class Uniform(_Distribution):
    """Anything between two limits, equally likely."""

    distribution: Literal["uniform"]
    least_ms: Duration = Field(alias="least")
    most_ms: Duration = Field(alias="most")

    def draw_ms(self, stream: Stream) -> int:
        """One delay."""
        return stream.uniform_ms(self.least_ms, self.most_ms)


class Triangular(_Distribution):
    """Between two limits, most often near `usual`."""

    distribution: Literal["triangular"]
    least_ms: Duration = Field(alias="least")
    usual_ms: Duration = Field(alias="usual")
    most_ms: Duration = Field(alias="most")

    def draw_ms(self, stream: Stream) -> int:
        """One delay."""
        return stream.triangular_ms(self.least_ms, self.usual_ms, self.most_ms)


class LogNormal(_Distribution):
    """Half stay below `median`, nine in ten below `p90`, and a few take very long."""

    distribution: Literal["lognormal"]
    median_ms: PositiveDuration = Field(alias="median")
    p90_ms: Duration = Field(alias="p90")

    def draw_ms(self, stream: Stream) -> int:
        """One delay."""
        return stream.lognormal_ms(self.median_ms, self.p90_ms)


def _shape(value: object) -> str:
    return f"<{value.get('distribution')}>" if isinstance(value, dict) else "<none>"


Delay: TypeAlias = Annotated[
    Annotated[Fixed, Tag("<fixed>")]
    | Annotated[Uniform, Tag("<uniform>")]
    | Annotated[Triangular, Tag("<triangular>")]
    | Annotated[LogNormal, Tag("<lognormal>")],
    Discriminator(
        _shape,
        custom_error_type="SCENARIO_BAD_VALUE",
        custom_error_message="distribution must be fixed, uniform, triangular or lognormal",
    ),
]


def _form(value: object) -> str:
    if isinstance(value, dict):
        return "<inline>"
    return "<name>" if isinstance(value, str) and _NAME.fullmatch(value) else "<plain>"


# A delay where one is needed: the name of one under `delays`, a plain duration ("30 s") or a distribution in
# place.
DelayRef: TypeAlias = Annotated[
    Annotated[DelayName, Tag("<name>")] | Annotated[Duration, Tag("<plain>")] | Annotated[Delay, Tag("<inline>")],
    Discriminator(_form),
]
