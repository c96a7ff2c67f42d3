"""Scenario files: one encounter in YAML that people write and read, checked and turned into a typed model.

Every number carries its unit in the text, and every block says whether its values are on record (`source`) or
chosen (`assumed`). `load` either gives a `Scenario` or raises one `ScenarioError` with every problem at its
line.
"""

from hotline.messages.problems import Problem
from hotline_sim.scenario.load import bundled, load, loads
from hotline_sim.scenario.model import Scenario, json_schema
from hotline_sim.scenario.problems import Code, ScenarioError

__all__ = ["Code", "Problem", "Scenario", "ScenarioError", "bundled", "json_schema", "load", "loads"]
