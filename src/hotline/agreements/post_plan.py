"""Posts in the plan of a directory: their nodes, officers, hours, and the ways round them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from hotline import v1
from hotline.agreements.listed import certificate_der, listed_key, unsigned
from hotline.agreements.profile import duration
from hotline.agreements.reading import Beside, Strict, WindowPlan
from hotline.keys import Kind, Role
from hotline.messages.problems import Reason

_LEVEL_OF = {"OPERATING": "OPERATING", "HEADQUARTERS": "THEATRE", "POLITICAL": "POLITICAL"}
_DAY_MINUTES = 24 * 60
_MINUTE_MS = 60_000


def _minutes(value: Any) -> int:
    """``08:30`` as minutes after 00:00Z; ``24:00`` ends a day."""
    hours, colon, minutes = str(value).partition(":")
    digits = len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    found = int(hours) * 60 + int(minutes) if colon and digits and int(minutes) < 60 else _DAY_MINUTES + 1
    if found > _DAY_MINUTES:
        raise PydanticCustomError(
            cast(Any, Reason.BAD_VALUE), "not a time of the day such as 08:30: {given}", {"given": value}
        )
    return found


ClockTime = Annotated[int, BeforeValidator(_minutes)]


class NodePlan(Strict):
    """The signing key of a post's node; a new key is a new epoch."""

    key: Beside
    epoch: int = 1
    valid: WindowPlan


class OfficerPlan(Strict):
    """An officer at a post."""

    person: str
    key: Beside
    role: str
    valid: WindowPlan


class HoursPlan(Strict):
    """Hours of the day, UTC, in which a post is staffed; they may go past midnight."""

    begin: ClockTime
    end: ClockTime

    def signed(self) -> v1.DailyWindow:
        """Its form in the directory."""
        length = (self.end - self.begin) % _DAY_MINUTES or _DAY_MINUTES
        begin = duration(self.begin % _DAY_MINUTES * _MINUTE_MS)
        return v1.DailyWindow(**{"from": begin, "length": duration(length * _MINUTE_MS)})


class OtherChannelPlan(Strict):
    """A way to reach a post outside this line, for people."""

    medium: Literal["TELEPHONE", "VHF", "RADIO", "EMBASSY", "OTHER_LINE", "IN_PERSON"]
    address: str

    def signed(self) -> v1.OtherChannel:
        """Its form in the directory."""
        return v1.OtherChannel(medium=v1.Medium.Value(f"MEDIUM_{self.medium}"), address=self.address)


class PostPlan(Strict):
    """A watch station. Its certificates are PEM files; its level follows from its function where none is given.

    Attributes:
        hours: none means around the clock.
        alternates: posts of the same party to turn to when this one is silent, in order.
        superior: post of the next authority level, turned to last.
    """

    id: str
    name: str
    function: Literal["OPERATING", "HEADQUARTERS", "POLITICAL"]
    level: Literal["UNIT", "OPERATING", "THEATRE", "NATIONAL", "POLITICAL"] | None = None
    endpoint: str
    tls_certificates: tuple[Beside, ...]
    node: NodePlan
    officers: tuple[OfficerPlan, ...]
    hours: tuple[HoursPlan, ...] = ()
    alternates: tuple[str, ...] = ()
    other_channels: tuple[OtherChannelPlan, ...] = ()
    superior: str = ""

    def signed(self, kind: Kind, party: str) -> v1.Post:
        """Its form in the directory.

        Raises:
            KeysError: a key file cannot be read, or is for another kind or role.
            UsageError: KEY_FOREIGN, CERTIFICATE_INVALID, FILE_UNREADABLE, INPUT_BAD_VALUE.
        """
        return v1.Post(
            id=self.id,
            name=self.name,
            function=v1.Post.Function.Value(f"FUNCTION_{self.function}"),
            level=v1.Level.Value(f"LEVEL_{self.level or _LEVEL_OF[self.function]}"),
            endpoint=self.endpoint,
            tls_certificates=map(certificate_der, self.tls_certificates),
            node=v1.NodeCertificate(
                key=listed_key(self.node.key, kind, Role.NODE, party, self.id),
                epoch=unsigned(self.node.epoch, "epoch"),
                valid=self.node.valid.signed(),
            ),
            officers=[self._officer(officer, kind, party) for officer in self.officers],
            hours=[each.signed() for each in self.hours],
            alternates=self.alternates,
            other_channels=[each.signed() for each in self.other_channels],
            superior=self.superior,
        )

    def _officer(self, officer: OfficerPlan, kind: Kind, party: str) -> v1.OfficerCertificate:
        return v1.OfficerCertificate(
            person=officer.person,
            key=listed_key(officer.key, kind, Role.OFFICER, party, self.id),
            role=officer.role,
            valid=officer.valid.signed(),
        )
