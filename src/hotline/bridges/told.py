"""What a bridge is told: one statement with its place, and the earlier ones that it builds on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import Message

from hotline import v1

_STEP_ROLES = (v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_CANCELS)


class BridgeError(ValueError):
    """A statement that does not go into a form. `code` is stable and in the protocol's table of codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Told:
    """One statement. It was verified, or it is a draft.

    Attributes:
        digest: of the statement, 32 bytes.
        header: as signed.
        body: of the type that the statement names.
        sealed_at_ns: UTC; None for a draft, whose header says only what its writer decided.
    """

    digest: bytes
    header: v1.StatementHeader
    body: Message
    sealed_at_ns: int | None = None

    @property
    def is_draft(self) -> bool:
        """Whether nobody has said it yet."""
        return self.sealed_at_ns is None

    @property
    def type(self) -> str:
        """``ActivityNotice``."""
        name: str = self.body.DESCRIPTOR.name
        return name

    @property
    def thread(self) -> bytes:
        """Digest of the first statement of its thread, which may be itself."""
        return self.header.thread or self.digest

    @property
    def at_ns(self) -> int:
        """When it was sealed, or composed where it is a draft."""
        return self.header.composed_at.ToNanoseconds() if self.sealed_at_ns is None else self.sealed_at_ns


@dataclass(frozen=True, slots=True)
class Held:
    """The statements at hand, by digest."""

    by_digest: Mapping[bytes, Told] = field(default_factory=dict)

    @classmethod
    def of(cls, *told: Told) -> Held:
        """Some statements."""
        return cls({each.digest: each for each in told})

    def find(self, digest: bytes, asker: Told) -> Told:
        """A statement that another one builds on.

        Raises:
            BridgeError: BRIDGE_EARLIER_MISSING.
        """
        found = self.by_digest.get(digest)
        if found is None:
            raise BridgeError(
                "BRIDGE_EARLIER_MISSING",
                f"{asker.type} {asker.digest.hex()[:12]} builds on {digest.hex()[:12]}, which is not at hand",
            )
        return found

    def thread(self, digest: bytes) -> tuple[Told, ...]:
        """Every statement of a thread, in the order of sealing."""
        return tuple(sorted((each for each in self.by_digest.values() if each.thread == digest), key=_order))


def _order(told: Told) -> tuple[int, bytes]:
    return told.at_ns, told.digest


def predecessor(told: Told, held: Held) -> Told | None:
    """The statement that this one replaces, ends or takes back; None where it is none of these.

    Raises:
        BridgeError: BRIDGE_EARLIER_MISSING; BRIDGE_NO_FORM where it is another post's, about which it has no effect.
    """
    named = _named(told)
    if named is None:
        return None
    earlier = held.find(named, told)
    if not (told.is_draft or told.header.from_post == earlier.header.from_post):
        raise no_form(told, "other", f"it is about a statement of {earlier.header.from_post} and has no effect")
    return earlier


def _named(told: Told) -> bytes | None:
    if isinstance(told.body, v1.Retraction):
        return told.body.subject
    return next((each.digest for each in told.header.references if each.role in _STEP_ROLES), None)


def notice_in(told: Told) -> v1.ActivityNotice | None:
    """The whole notice that a statement carries, if it does."""
    if isinstance(told.body, v1.ActivityNotice):
        return told.body
    return told.body.notice if isinstance(told.body, v1.ActivityUpdate) else None


def subject(told: Told, held: Held) -> Told | None:
    """What a statement changes, ends, takes back or speaks about; None for what stands by itself.

    A start or an end speaks about the newest notice of its own post in its thread that was sealed before it.

    Raises:
        BridgeError: BRIDGE_EARLIER_MISSING, BRIDGE_NO_FORM.
    """
    if not isinstance(told.body, v1.ActivityStart | v1.ActivityEnd):
        return predecessor(told, held)
    held.find(told.thread, told)
    before = [each for each in held.thread(told.thread) if notice_in(each) is not None and _is_for(told, each)]
    if not before:
        raise no_form(told, "other", "its thread holds no notice of its own post")
    return before[-1]


def _is_for(told: Told, notice: Told) -> bool:
    return told.is_draft or (notice.header.from_post == told.header.from_post and notice.at_ns <= told.at_ns)


def notice_meant(told: Told, held: Held) -> v1.ActivityNotice | None:
    """The notice that a statement carries, ends or speaks about; None for what belongs to no activity.

    Raises:
        BridgeError: BRIDGE_EARLIER_MISSING, BRIDGE_NO_FORM.
    """
    own = notice_in(told)
    if own is not None or told.type not in ("ActivityCancel", "ActivityStart", "ActivityEnd", "Retraction"):
        return own
    earlier = subject(told, held)
    return notice_meant(earlier, held) if earlier is not None else None


def hazard_notice(told: Told, held: Held, form: str) -> v1.ActivityNotice:
    """The notice behind a public warning: of its announcement, its change or its end.

    Raises:
        BridgeError: BRIDGE_NO_FORM for anything else, and for the retraction of anything but the notice itself: what
            stands instead is for people to say. BRIDGE_EARLIER_MISSING.
    """
    if isinstance(told.body, v1.Retraction):
        earlier = predecessor(told, held)
        if earlier is None or not isinstance(earlier.body, v1.ActivityNotice):
            raise no_form(told, form, "only of a notice itself: what stands instead is for people to say")
    notice = notice_meant(told, held)
    if notice is None or isinstance(told.body, v1.ActivityStart):
        raise no_form(told, form, "only a notice of an activity, its change and its end warn the public")
    return notice


def no_form(told: Told, form: str, why: str) -> BridgeError:
    """A statement that a form has no place for."""
    return BridgeError("BRIDGE_NO_FORM", f"{told.type} has no {form} form: {why}")
