"""What a case of the vectors is: one folder with `case.yaml`, its input bytes, and what is expected of a verifier.

The format is written down in `specs/vectors/README.md`, so that other implementations read the same folders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from hotline.protocol.errors import UsageError

COMMON = "_common"
CASE_FILE = "case.yaml"

Verdict = Literal["valid", "invalid"]
FactValue = str | int | list[str]
Facts = dict[str, FactValue]
Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})+$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PinGiven(_Strict):
    """The digest the agreement is known by; none leaves it UNPINNED."""

    pin: Hex | None = None


class AgreementGiven(PinGiven):
    """The revisions held before this one, in order."""

    held: tuple[FileName, ...] = ()


class ChannelGiven(_Strict):
    """The channel that a verifier works in: files in the case's folder or the common one.

    `revisions` are those of the agreement after the first; a party's directories stand in the order of their versions.
    """

    agreement: FileName = "agreement.bin"
    revisions: tuple[FileName, ...] = ()
    directories: tuple[FileName, ...] = ("directory-aus.bin", "directory-chn.bin")


class DirectoryGiven(ChannelGiven):
    """The directories held before the input comes: of other parties, and earlier ones of its own."""

    directories: tuple[FileName, ...] = ("directory-chn.bin",)


class StatementGiven(ChannelGiven):
    """The post in whose log a statement stands, in which epoch, and when it was sealed."""

    post: str
    epoch: int = 1
    sealed_at_ms: int


class HeadGiven(ChannelGiven):
    """Who receives a Head, and SHA-256 of the TLS certificate it came over; none where there was no TLS."""

    receiver: str
    pin: Hex | None = None


class Earlier(_Strict):
    """A Frame that came before, and when."""

    file: FileName
    now_ms: int


class FrameGiven(ChannelGiven):
    """Who receives a Frame, when, and what had come before."""

    receiver: str
    now_ms: int
    staffed: bool = True
    before: tuple[Earlier, ...] = ()


class PositionGiven(_Strict):
    """What a Head says of the log."""

    sequence: int
    link_digest: Hex


class LinkGiven(_Strict):
    """The log that a run of links is for, the run already held of it, and what the Head says.

    `start` is the link digest before its first link: none is epoch 1, where it is zero.
    """

    channel: str
    post: str
    epoch: int
    start: Hex | None = None
    held: FileName | None = None
    head: PositionGiven


class PaeGiven(_Strict):
    """The payload type signed with the payload."""

    payload_type: str


class BrokenGiven(_Strict):
    """A body that does not hold, and what was done to it, for people."""

    change: str
    body: Hex | Literal[""]


class RulesGiven(_Strict):
    """The type of the body in the input, and bodies of that type that do not hold."""

    type: str
    broken: tuple[BrokenGiven, ...]


class _Case(_Strict):
    """What every case has.

    Attributes:
        id: the folder's name.
        title: for people.
        reason: why the verdict is what it is, in one line.
        requirements: what it tests.
        expected: `acceptable` allows either verdict, a refusal only with the code given.
        code: code of the refusal; for `invalid` and `acceptable`.
        facts: what a verifier must have read from the input; others may be left unchecked.
    """

    id: str
    title: str
    reason: str = Field(max_length=300)
    requirements: tuple[Annotated[str, Field(pattern=r"^REQ-[A-Z]+-[0-9]+$")], ...] = Field(min_length=1)
    expected: Literal["valid", "invalid", "acceptable"]
    code: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]+$")] | None = None
    facts: Facts = {}

    @model_validator(mode="after")
    def _code_fits(self) -> _Case:
        if (self.expected == "valid") != (self.code is None):
            raise ValueError("`code` is for cases expected to be invalid or acceptable, and needed there")
        return self


class AgreementCase(_Case):
    """Input: a serialised SignedAgreement."""

    kind: Literal["agreement"]
    given: AgreementGiven = AgreementGiven()


class DirectoryCase(_Case):
    """Input: an Envelope with a Directory."""

    kind: Literal["directory"]
    given: DirectoryGiven = DirectoryGiven()


class StatementCase(_Case):
    """Input: an Envelope with a Statement."""

    kind: Literal["statement"]
    given: StatementGiven


class HeadCase(_Case):
    """Input: an Envelope with a Head."""

    kind: Literal["head"]
    given: HeadGiven


class FrameCase(_Case):
    """Input: a serialised Frame."""

    kind: Literal["frame"]
    given: FrameGiven


class LinkCase(_Case):
    """Input: a serialised LinkRun."""

    kind: Literal["link"]
    given: LinkGiven


class PaeCase(_Case):
    """Input: a payload."""

    kind: Literal["pae"]
    given: PaeGiven


class RulesCase(_Case):
    """Input: a body that holds."""

    kind: Literal["rules"]
    given: RulesGiven


class TranscriptCase(_Case):
    """Input: a transcript."""

    kind: Literal["transcript"]
    given: PinGiven = PinGiven()


Case = Annotated[
    AgreementCase
    | DirectoryCase
    | StatementCase
    | RulesCase
    | HeadCase
    | FrameCase
    | LinkCase
    | PaeCase
    | TranscriptCase,
    Field(discriminator="kind"),
]
_CASE: TypeAdapter[Case] = TypeAdapter(Case)


class CaseFolder:
    """The files of one case; a name not found in its own folder is looked up in the common one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str = "input.bin") -> bytes:
        """Bytes of a file.

        Raises:
            UsageError: VECTORS_INVALID if neither folder has it.
        """
        for path in (self.path / name, self.path.parent / COMMON / name):
            if path.is_file():
                return path.read_bytes()
        raise UsageError("VECTORS_INVALID", f"{self.path.name} has no {name}, nor has {COMMON}")

    def case(self) -> Case:
        """What `case.yaml` says.

        Raises:
            UsageError: VECTORS_INVALID.
        """
        try:
            case = _CASE.validate_python(yaml.safe_load(self.read(CASE_FILE).decode()))
        except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise UsageError("VECTORS_INVALID", f"{self.path / CASE_FILE}: {error}") from error
        if case.id != self.path.name:
            raise UsageError("VECTORS_INVALID", f"{self.path / CASE_FILE}: its id is {case.id!r}")
        return case


def case_folders(folder: Path) -> list[CaseFolder]:
    """Every case of a folder, by name.

    Raises:
        UsageError: VECTORS_INVALID if there is none.
    """
    found = [CaseFolder(path.parent) for path in sorted(folder.glob(f"*/{CASE_FILE}"))]
    if not found:
        raise UsageError("VECTORS_INVALID", f"{folder} holds no case: a folder with a {CASE_FILE}")
    return found
