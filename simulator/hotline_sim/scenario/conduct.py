"""Distances, times and angles of the rules of conduct, as the sides of a scenario agreed on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from hotline.conduct.rules import SettingError, Settings
from hotline.messages.problems import Finding
from hotline_sim.scenario.fields import Line
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Sourced


class AgreedConduct(Sourced):
    """Values of one rule's parameters that the sides agreed on, in place of the defaults (`hotline conduct rules`)."""

    rule: Line
    values: Mapping[str, Line] = Field(min_length=1, description="by the parameter's name, each with its unit")

    def by_name(self) -> dict[str, str]:
        """``{"N08.range": "300 m"}``."""
        return {f"{self.rule}.{name}": value for name, value in self.values.items()}


def check_conduct(agreed: Sequence[AgreedConduct]) -> Iterator[Finding]:
    """Every value for a parameter that no rule has, or that is no such quantity."""
    for number, each in enumerate(agreed):
        try:
            Settings().with_values(each.by_name())
        except SettingError as error:
            yield Finding(("conduct", number), Code.BAD_VALUE, str(error))
