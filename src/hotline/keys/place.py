"""Where a private key is: in a file, or in a token under an address of RFC 7512.

aus/anna.key
pkcs11:token=aus;object=anna?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/hotline/pin
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from hotline.keys.errors import KeysError

_SCHEME = "pkcs11:"
_PATH_NAMES = frozenset({"token", "serial", "object", "id", "type"})
_QUERY_NAMES = frozenset({"module-path", "pin-source"})
_MODULE = "HOTLINE_PKCS11_MODULE"


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """A key pair in a token.

    Attributes:
        text: the address as given.
        token, serial: label and serial number of the token; one may be empty.
        object, id: label and identifier of the key; one may be empty.
        module: the library that speaks to the token.
        pin_file: file with the PIN in its first line; None to be asked for it.
    """

    text: str
    token: str
    serial: str
    object: str
    id: bytes
    module: Path
    pin_file: Path | None

    @classmethod
    def parse(cls, text: str) -> TokenAddress:
        """Read an address. Without `module-path` the environment variable HOTLINE_PKCS11_MODULE names the library.

        Raises:
            KeysError: KEY_PLACE.
        """
        path, _, query = text.removeprefix(_SCHEME).partition("?")
        found = _attributes(path, ";", _PATH_NAMES)
        asked = _attributes(query, "&", _QUERY_NAMES)
        if not (found.get("token") or found.get("serial")) or not (found.get("object") or found.get("id")):
            raise KeysError("KEY_PLACE", "it takes token= or serial=, and object= or id=")
        if found.get("type", "private") != "private":
            raise KeysError("KEY_PLACE", "type=private is what signs")
        module = unquote(asked.get("module-path", "")) or os.environ.get(_MODULE, "")
        if not module:
            raise KeysError("KEY_PLACE", f"no library: add ?module-path=/path/to/library.so, or set {_MODULE}")
        return cls(
            text=text,
            token=unquote(found.get("token", "")),
            serial=unquote(found.get("serial", "")),
            object=unquote(found.get("object", "")),
            id=unquote_to_bytes(found.get("id", "")),
            module=Path(module),
            pin_file=_pin_file(asked.get("pin-source", "")),
        )

    def __str__(self) -> str:
        return self.text


KeyPlace = Path | TokenAddress


def key_place(text: str) -> KeyPlace:
    """The place that words name.

    Raises:
        KeysError: KEY_PLACE.
    """
    return TokenAddress.parse(text) if text.startswith(_SCHEME) else Path(text)


def _attributes(words: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    """Attributes by name, still escaped. What is not understood might narrow down the key: it is refused."""
    found: dict[str, str] = {}
    for part in filter(None, words.split(separator)):
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise KeysError("KEY_PLACE", "a PIN is no part of an address, which others can see: pin-source=file:")
        if not equals or name not in known or name in found:
            raise KeysError("KEY_PLACE", f"{name!r} is not known here, or stands twice")
        found[name] = value
    return found


def _pin_file(source: str) -> Path | None:
    if not source:
        return None
    path = Path(unquote(source).removeprefix("file:"))
    if not path.is_absolute():
        raise KeysError("KEY_PLACE", "pin-source is file: and an absolute path")
    return path
