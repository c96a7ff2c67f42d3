"""Acknowledgements, observations, retractions and what was said by other means, in the words of traces."""

from __future__ import annotations

import re

from tests.traces.saying import Saying, Speaker, says
from tests.traces.words import Options, quoted, span_ns

from hotline import v1
from hotline.protocol.instant import to_timestamp

_WORDS = r"(?: (?P<words>\".*\"))?"


def _about(speaker: Speaker, words: re.Match[str], **stage: object) -> Saying:
    body = v1.Acknowledgement(subject=speaker.find(words["ref"]), **stage)  # type: ignore[arg-type]  # one stage by name
    return Saying(body, body.subject)


@says(r"READ of (?P<ref>\S+)")
def _read(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return _about(speaker, words, read=v1.Read())


@says(r"READBACK of (?P<ref>\S+): (?P<path>[a-z_.]+)=(?P<value>\S+) (?P<words>\".*\")")
def _readback(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    language = options.take("in", "en")
    said = v1.Text(language=language, text=quoted(words["words"]), role=v1.Text.ROLE_AUTHENTIC)
    field = v1.ReadbackField(path=words["path"], value=words["value"])
    return _about(speaker, words, readback=v1.Readback(fields=[field], words=said))


@says(rf"(?P<verdict>CONFIRMED|CORRECTED) of (?P<readback>\S+) about (?P<ref>\S+){_WORDS}")
def _answer(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    answer = v1.ReadbackAnswer(
        readback=speaker.find(words["readback"]),
        verdict=v1.ReadbackAnswer.Verdict.Value(f"VERDICT_{words['verdict']}"),
        correction=quoted(words["words"] or ""),
    )
    return _about(speaker, words, readback_answer=answer)


@says(r"PASSED of (?P<ref>\S+) (?P<words>\".*\")")
def _passed(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return _about(speaker, words, passed=v1.Passed(to=quoted(words["words"])))


@says(
    r"(?P<value>ACCEPTED|ACCEPTED_IN_PART|DECLINED|DEFERRED|NOT_UNDERSTOOD|NO_REPLY_INTENDED) of (?P<ref>\S+)"
    rf"(?: for (?P<span>[0-9]+ [a-z]+))?{_WORDS}"
)
def _decision(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    decision = v1.Decision(
        value=v1.Decision.Value.Value(f"VALUE_{words['value']}"), reason=quoted(words["words"] or "")
    )
    if words["span"]:
        decision.deferred_until.CopyFrom(to_timestamp(speaker.utc_ns + span_ns(words["span"])))
    return _about(speaker, words, decision=decision)


@says(rf"(?P<value>IN_PROGRESS|DONE|UNABLE|NOT_AGREED) of (?P<ref>\S+){_WORDS}")
def _compliance(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    value = v1.Compliance.Value.Value(f"VALUE_{words['value']}")
    return _about(speaker, words, compliance=v1.Compliance(value=value, remark=quoted(words["words"] or "")))


@says(r"observation of (?P<ref>\S+): (?P<finding>[A-Z]+) by (?P<sensor>[A-Z_]+)")
def _observation(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.Observation(
        subject=speaker.find(words["ref"]),
        finding=v1.Observation.Finding.Value(f"FINDING_{words['finding']}"),
        observed_at=to_timestamp(speaker.utc_ns),
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.Sensor.Value(f"SENSOR_{words['sensor']}"),
    )
    if metres := options.take("range"):
        body.range_m = int(metres.removesuffix(" m"))
    return Saying(body, body.subject)


@says(r"retraction of (?P<ref>\S+) (?P<why>\".*\")")
def _retraction(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.Retraction(subject=speaker.find(words["ref"]), reason=quoted(words["why"]))
    return Saying(body, body.subject, {"precedence": v1.PRECEDENCE_FLASH})


@says(rf"out of band of (?P<ref>\S+): (?P<post>\S+) by (?P<medium>[A-Z_]+) reached (?P<stage>[A-Z]+){_WORDS}")
def _out_of_band(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.OutOfBand(
        subject=speaker.find(words["ref"]),
        post=speaker.call(words["post"]),
        medium=v1.Medium.Value(f"MEDIUM_{words['medium']}"),
        said_at=to_timestamp(speaker.utc_ns),
        stage=v1.Stage.Value(f"STAGE_{words['stage']}"),
        spoken_with=quoted(options.take("with")),
        read_back=options.take("read") == "back",
    )
    if words["words"]:
        body.words.CopyFrom(v1.Text(language="en", text=quoted(words["words"]), role=v1.Text.ROLE_AUTHENTIC))
    return Saying(body, body.subject)
