"""Where a value comes from: every block of a scenario that holds values says so.

A block gives `source` (a sentence ending with the tags of listed sources), `assumed` (why this value was
chosen), or both where part of it is known. A reader can then tell the record from the reconstruction, value
by value.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hotline_sim.scenario.fields import Line, Source, refuse
from hotline_sim.scenario.problems import Code


class Block(BaseModel):
    """A part of a scenario. Unknown keys are refused; the model is read-only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(Block):
    """A part that holds values and therefore says where they come from."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["source"]}, {"required": ["assumed"]}]})

    source: Source | None = Field(default=None, description="what is on record, ending with (TAG) or (TAG, TAG)")
    assumed: Line | None = Field(default=None, description="why the values that are not on record were chosen")

    @model_validator(mode="after")
    def _has_provenance(self) -> Self:
        if self.source is None and self.assumed is None:
            raise refuse(Code.NO_PROVENANCE, "says neither where its values come from (source) nor why (assumed)")
        return self
