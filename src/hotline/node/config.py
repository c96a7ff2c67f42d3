"""A node's configuration file: YAML, with every path relative to the file.

post: AUS:fleet-watch
agreement: agreement.binpb            # serialised v1.SignedAgreement; with later revisions a list, in order
pin: 9f2c...                          # digest of one of them, 64 hex digits; without it the node says UNPINNED
directories: [aus.binpb, chn.binpb]   # serialised v1.Envelope each; later versions may follow, each party's in order
node_key: node.json                   # or pkcs11:...; with the key of a coming epoch a list: [node.json, node-2.json]
tls_key: tls.key                      # likewise, but always files
tls_certificate: tls.pem              # in the order of the keys
passphrase: {file: passphrase}        # of encrypted keys, or a token's PIN; or {environment: NAME}, {credential: NAME}
journal: journal.db                   # or postgresql://USER@HOST/DATABASE, where other nodes of this post may stand by
lease_s: 15                           # optional; seconds a storage may hang; another node may take a database over then
scrub_every_h: 24                     # optional; how often a running node reads its whole journal again
operator_socket: operator.sock
listen: 127.0.0.1:7443
through: {CHN:fleet-watch: 10.0.0.7:7443}   # optional; peers called at a gateway of ours, which passes bytes on
known_keys: known-keys.txt            # optional; the book that keeps ACTUAL and EXERCISE keys apart
tape: tape.jsonl                      # optional; every input of the core, for replay
log_level: info
limits: {statements_per_s: 200}       # optional; what is taken of one peer and of this machine, see `limits.py`

What a node has taken is in its journal and wins: files that are older say nothing new, and what they have newer is
adopted at the start. Key files are read again when a directory is adopted.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from hotline.journal import DatabaseUrl
from hotline.keys import (
    KeyPlace,
    KeysError,
    TokenAddress,
    key_place,
    passphrase_in_credential,
    passphrase_in_environment,
    passphrase_in_file,
)
from hotline.node.limits import Limits
from hotline.protocol.errors import UsageError

SOCKET_PATH_BYTES = 107
"""The longest path that the address of a Unix socket holds on Linux, without its closing zero."""
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


def _beside(path: Path, info: ValidationInfo) -> Path:
    """Relative to the folder of the configuration file."""
    assert info.context is not None
    return Path(os.path.normpath(info.context["folder"] / path))


def _short_enough(path: Path) -> Path:
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
        raise ValueError(f"a socket's path has at most {SOCKET_PATH_BYTES} bytes")
    return path


def _digest(value: Any) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
        return bytes.fromhex(value)
    raise ValueError("a digest is 64 hexadecimal digits in quotes")


def _several(value: Any) -> Any:
    """One path is a list of one."""
    return [value] if isinstance(value, str) else value


def _address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or not 1 <= int(match[2]) <= 65535:
        raise ValueError("an address is host:port, with a port from 1 to 65535")
    return value


def _key_place(value: Any) -> Any:
    return key_place(value) if isinstance(value, str) else value


def _beside_place(value: KeyPlace, info: ValidationInfo) -> KeyPlace:
    return value if isinstance(value, TokenAddress) else _beside(value, info)


def _journal(value: Any) -> Any:
    return DatabaseUrl(value) if isinstance(value, str) and value.startswith(DatabaseUrl.SCHEMES) else Path(value)


def _journal_place(value: Path | DatabaseUrl, info: ValidationInfo) -> Path | DatabaseUrl:
    return value if isinstance(value, DatabaseUrl) else _beside(value, info)


Beside = Annotated[Path, AfterValidator(_beside)]
Several = Annotated[tuple[Beside, ...], BeforeValidator(_several), Field(min_length=1)]
OneKey = Annotated[Path | InstanceOf[TokenAddress], BeforeValidator(_key_place), AfterValidator(_beside_place)]
SeveralKeys = Annotated[tuple[OneKey, ...], BeforeValidator(_several), Field(min_length=1)]
SocketPath = Annotated[Path, AfterValidator(_beside), AfterValidator(_short_enough)]
JournalPlace = Annotated[Path | InstanceOf[DatabaseUrl], BeforeValidator(_journal), AfterValidator(_journal_place)]
Digest = Annotated[bytes, BeforeValidator(_digest)]
Address = Annotated[str, AfterValidator(_address)]


class PassphraseFrom(BaseModel):
    """Where the passphrase of this node's keys, or the PIN of its token, comes from: one of three places."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Beside | None = None
    environment: str | None = None
    credential: str | None = None

    @model_validator(mode="after")
    def _one(self) -> PassphraseFrom:
        if sum(place is not None for place in (self.file, self.environment, self.credential)) != 1:
            raise ValueError("it names one of `file`, `environment` and `credential`")
        return self

    def read(self) -> bytes:
        """The passphrase.

        Raises:
            KeysError: KEY_IO, KEY_EXPOSED, KEY_PASSPHRASE.
        """
        if self.file is not None:
            return passphrase_in_file(self.file)
        if self.environment is not None:
            return passphrase_in_environment(self.environment)
        return passphrase_in_credential(self.credential or "")


class NodeConfig(BaseModel):
    """The file as read; `load_config` makes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    post: str
    agreement: Several
    pin: Digest | None = None
    directories: tuple[Beside, ...] = Field(min_length=1)
    node_key: SeveralKeys
    tls_key: Several
    tls_certificate: Several
    passphrase: PassphraseFrom | None = None
    journal: JournalPlace
    lease_s: float = Field(default=15.0, ge=1.0, le=600.0)
    scrub_every_h: float = Field(default=24.0, gt=0.0, le=744.0)
    operator_socket: SocketPath
    listen: Address
    through: dict[str, Address] = Field(default_factory=dict)
    known_keys: Beside | None = None
    tape: Beside | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    limits: Limits = Limits()
    _file: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _pairs(self) -> NodeConfig:
        if len(self.tls_key) != len(self.tls_certificate):
            raise ValueError("tls_key and tls_certificate name as many files each")
        return self

    def ask(self, what: str) -> bytes:
        """The passphrase of an encrypted key, or the PIN of a token.

        Raises:
            KeysError: KEY_PASSPHRASE, KEY_EXPOSED, KEY_IO.
        """
        if self.passphrase is None:
            raise KeysError("KEY_PASSPHRASE", f"{what}: let `passphrase` of the configuration say where it is")
        return self.passphrase.read()

    def again(self) -> NodeConfig:
        """The file as it reads now; raises as `load_config`."""
        return load_config(self._file)


def load_config(path: Path) -> NodeConfig:
    """Read a configuration file.

    Raises:
        UsageError: CONFIG_INVALID, naming the file and each field that is wrong.
        KeysError: KEY_PLACE.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        config = NodeConfig.model_validate(tree, context={"folder": path.absolute().parent})
    except ValidationError as error:
        raise UsageError("CONFIG_INVALID", f"{path}: {'; '.join(_problems(error))}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError("CONFIG_INVALID", f"{path}: {error}") from error
    config._file = path.absolute()
    return config


def read_file(path: Path, field: str) -> bytes:
    """A file that a field names.

    Raises:
        UsageError: CONFIG_INVALID, naming the field.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError("CONFIG_INVALID", f"{field}: {error}") from error


def _problems(error: ValidationError) -> list[str]:
    """Each problem as "field: what is wrong"."""
    rows = ((".".join(map(str, row["loc"])) or "the file", row["msg"]) for row in error.errors())
    return [f"{field}: {message.removeprefix('Value error, ')}" for field, message in rows]
