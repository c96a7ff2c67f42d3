"""The line itself and dialogue on it, in the words of traces."""

from __future__ import annotations

import re

from tests.traces.saying import Saying, Speaker, reference, says
from tests.traces.words import Options, quoted, span_ns

from hotline import v1
from hotline.protocol.instant import to_timestamp


@says(r"(?P<status>SUSPENDED|RESTORED)(?: (?P<why>\".*\"))?")
def _status(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.ChannelStatus(
        status=v1.ChannelStatus.Status.Value(f"STATUS_{words['status']}"), reason=quoted(words["why"] or "")
    )
    getattr(body, "from").CopyFrom(to_timestamp(speaker.utc_ns))
    return Saying(body)


@says(r"radio silence (?:for (?P<span>.+)|ends)")
def _radio_silence(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.RadioSilence()
    getattr(body, "from").CopyFrom(to_timestamp(speaker.utc_ns))
    if words["span"]:
        body.until.CopyFrom(to_timestamp(speaker.utc_ns + span_ns(words["span"])))
    return Saying(body)


@says(r"handover of (?P<position>\S+) from (?P<outgoing>\S+) to (?P<incoming>\S+)")
def _handover(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    at = to_timestamp(speaker.utc_ns)
    return Saying(
        v1.WatchHandover(position=words["position"], outgoing=words["outgoing"], incoming=words["incoming"], at=at)
    )


@says(r"call request (?P<topic>\".*\")")
def _call(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    body = v1.CallRequest(
        level=v1.Level.Value(f"LEVEL_{options.take('level', 'THEATRE')}"),
        topic=quoted(words["topic"]),
        proposed_at=[to_timestamp(speaker.utc_ns + span_ns("1 h"))],
        language="en",
        medium=v1.MEDIUM_TELEPHONE,
    )
    return Saying(body)


@says(r"call response of (?P<ref>\S+) in (?P<lead>.+)")
def _call_response(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    request = speaker.find(words["ref"])
    body = v1.CallResponse(request=request, at=to_timestamp(speaker.utc_ns + span_ns(words["lead"])))
    return Saying(body, request, reference(request, v1.Reference.ROLE_ANSWERS))


@says(r"free text (?P<words>\".*\")(?: about (?P<ref>\S+))?")
def _free_text(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    said = v1.Text(language="en", text=quoted(words["words"]), role=v1.Text.ROLE_AUTHENTIC)
    about = speaker.find(words["ref"]) if words["ref"] else b""
    return Saying(v1.FreeText(subject="a remark", words=[said]), about)
