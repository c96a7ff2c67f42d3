"""From a scenario's words to protobuf: bodies, acknowledgements and texts, at the moment they are written.

A body holds the fields of its type under their names in the specification, without the unit at the end, for
the unit stands with the number: ``exclusion_radius: 3 nmi`` fills `exclusion_radius_m`. Numbers are rounded
to the field's whole units. Beyond plain values a field may hold

- a position as text; a unit's name where a craft is meant; a scenario time where an instant is meant;
- what the tracks and the clock show at that moment: ``{measure: position, of: ningbo}``, ``{measure: range,
  between: [ningbo, toowoomba]}``, ``{measure: time, plus: 10 min}``;
- ``{digest_of: m1}``, or ``{digest_of: m1, answered_by: CHN:fleet-watch, stage: DONE}`` for the acknowledgement that
  said so; ``{digest_of_text: words}`` for the text that a translation was made from.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message as Proto

import hotline.v1
from hotline.geo.geodesy import Position
from hotline.messages.names import short_names
from hotline.messages.problems import FieldError, Finding, Path
from hotline.messages.texts import add_texts
from hotline.protocol.instant import to_timestamp
from hotline.protocol.rules import broken_rules
from hotline.v1 import acknowledgement_pb2 as ack_pb2
from hotline.v1 import common_pb2, retraction_pb2
from hotline_sim.scenario.body import fill_body
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.readings import DigestRef, Moment
from hotline_sim.scenario.story import Answer, Step, Words

_AUTHENTIC = common_pb2.Text.ROLE_AUTHENTIC

# Importing a generated module registers its types; a new message family is found without an entry here.
for _module in pkgutil.iter_modules(hotline.v1.__path__):
    if _module.name.endswith("_pb2"):
        importlib.import_module(f"hotline.v1.{_module.name}")


def body(
    scenario: Scenario,
    message: str,
    time_ms: int,
    digest_of: Callable[[DigestRef], bytes],
    where: Callable[[str, int], Position] | None = None,
) -> Proto:
    """The body of a message as written at `time_ms`.

    `digest_of` gives the digest of a statement of the run, `where` the place of a unit at a scenario time; without it
    units are where their prescribed tracks have them.

    The loader has composed every body once with stand-in digests, so only `digest_of` can fail here.
    """
    target, findings = _compose(Moment(scenario, time_ms, digest_of, where), message, ())
    if target is None or findings:
        raise ValueError(f"the loader refuses such a body: {findings}")
    return target


def body_findings(scenario: Scenario, message: str) -> list[Finding]:
    """What is wrong with a body: fields that cannot be filled, and rules of the standard that do not hold."""
    path: Path = ("messages", message, "body")
    target, findings = _compose(Moment(scenario, 0, lambda _: bytes(32)), message, path)
    if target is None or findings:
        return findings
    return [Finding(path, Code.BAD_BODY, f"{field}: {words} [{rule}]") for field, rule, words in broken_rules(target)]


def _compose(moment: Moment, message: str, path: Path) -> tuple[Proto | None, list[Finding]]:
    spoken = moment.scenario.messages[message]
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(spoken.type)
    except KeyError:
        return None, [Finding((*path[:-1], "type"), Code.BAD_BODY, f"no such message type: {spoken.type}")]
    target = message_factory.GetMessageClass(descriptor)()
    return target, fill_body(target, spoken.body, path, moment)


def acknowledgement(scenario: Scenario, step: Step, subject: bytes, readback: bytes = b"") -> ack_pb2.Acknowledgement:
    """An officer's step about the statement whose digest is `subject`; `readback`: digest of one that is answered.

    Raises:
        FieldError: the step's value is none of its stage, or its stage is one that nodes say.
    """
    ack = ack_pb2.Acknowledgement(subject=subject)
    match step.stage:
        case "READ":
            ack.read.SetInParent()
        case "UNDERSTOOD" if readback:
            ack.readback_answer.readback = readback
            ack.readback_answer.verdict = _value(ack_pb2.ReadbackAnswer.Verdict, step)
            ack.readback_answer.correction = step.remark or ""
        case "UNDERSTOOD":
            for path, value in step.readback.items():
                ack.readback.fields.add(path=path, value=value)
            words = common_pb2.Text(language=step.language, text=step.remark or "", role=_AUTHENTIC)
            ack.readback.words.CopyFrom(words)
        case "PASSED":
            ack.passed.to = step.remark or ""
        case "DECIDED":
            ack.decision.value = _value(ack_pb2.Decision.Value, step)
            ack.decision.reason = step.remark or ""
            if step.until_ms is not None:
                ack.decision.deferred_until.CopyFrom(to_timestamp(scenario.utc_ns(step.until_ms)))
        case "DONE":
            ack.compliance.value = _value(ack_pb2.Compliance.Value, step)
            ack.compliance.remark = step.remark or ""
        case _:
            raise FieldError(Code.BAD_BODY, f"{step.stage} is said by a node, not by an officer")
    return ack


def withdrawal(step: Step, subject: bytes) -> retraction_pb2.Retraction:
    """A step that takes back the acknowledgement whose digest is `subject`."""
    return retraction_pb2.Retraction(subject=subject, reason=step.remark or "")


def step_findings(scenario: Scenario, answer: Answer, step: Step, path: Path) -> list[Finding]:
    """What is wrong with a step: a value or stage no officer can say, a reason or a readback missing."""
    stand_in = bytes(32)
    readback = stand_in if answer.readback_of else b""
    try:
        said = withdrawal(step, stand_in) if step.withdraws else acknowledgement(scenario, step, stand_in, readback)
        broken = broken_rules(said)
    except FieldError as error:
        return [Finding(path, error.code, error.message)]
    return [Finding(path, Code.BAD_BODY, f"{field}: {words} [{rule}]") for field, rule, words in broken]


def _value(enum: Any, step: Step) -> Any:
    known = short_names(enum.DESCRIPTOR)
    if step.value not in known:
        raise FieldError(Code.BAD_BODY, f"the value of {step.stage} is one of {', '.join(known)}, not {step.value}")
    return known[step.value]


def texts(words: Words) -> list[common_pb2.Text]:
    """A message's remarks, the authentic one first, each translation bound to it."""
    said = {language: text for language, text in (("en", words.en), ("zh", words.zh)) if text is not None}
    found = common_pb2.Words()
    add_texts(found.texts, {"authentic": words.authentic, **said})
    return list(found.texts)
