"""Fills a protobuf message from the words of a scenario (the form is described in `compose`)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Proto
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.messages.fill import Special, fill
from hotline.messages.names import short_names, unit_of
from hotline.messages.problems import Finding, Path, Reason
from hotline.protocol.instant import to_timestamp
from hotline.v1 import common_pb2
from hotline_sim.scenario.problems import Code, code_of
from hotline_sim.scenario.readings import Moment, known


def fill_body(target: Proto, block: object, path: Path, moment: Moment) -> list[Finding]:
    """Set the fields of `target` that `block` names. Findings, under `path`, say what could not be set."""
    fillers = {
        "google.protobuf.Timestamp": partial(_timestamp, moment),
        "hotline.v1.Position": partial(_position, moment),
        "hotline.v1.Craft": partial(_craft, moment),
    }
    return [_coded(found) for found in fill(target, block, path, Special(fillers, partial(_read, moment)))]


def _coded(found: Finding) -> Finding:
    return replace(found, code=Code.BAD_BODY if found.code == Reason.BAD_VALUE else code_of(found.code))


def _timestamp(moment: Moment, target: Timestamp, raw: object) -> bool:
    target.CopyFrom(to_timestamp(moment.utc_ns(raw)))
    return True


def _position(moment: Moment, target: common_pb2.Position, raw: object) -> bool:
    if not isinstance(raw, dict) or raw.get("measure") != "position":
        return False
    position = moment.position(str(raw.get("of")))
    target.latitude_deg, target.longitude_deg = position.lat_deg, position.lon_deg
    return True


def _craft(moment: Moment, target: common_pb2.Craft, raw: object) -> bool:
    if not isinstance(raw, str):
        return False
    unit = moment.scenario.units[known(raw, moment.scenario.units, "units")]
    target.kind = common_pb2.CraftKind.ValueType(short_names(common_pb2.CraftKind.DESCRIPTOR)[unit.kind])
    target.name, target.number, target.party = unit.name, unit.number, unit.party
    return True


def _read(moment: Moment, field: FieldDescriptor, raw: object) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return moment.digest(raw)
    if isinstance(raw, dict) and raw.get("measure") == "range" and unit_of(field) == "m":
        return moment.range_m(raw.get("between"))
    return None
