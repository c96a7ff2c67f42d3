"""Keys and certificates at rest: files, tokens, TLS identities, and the books that keep ACTUAL and EXERCISE apart."""

from hotline.keys.errors import KeysError
from hotline.keys.files import (
    LabelledPublicKey,
    LabelledSigner,
    load_private,
    load_public,
    public_path,
    save_pair,
    save_public,
)
from hotline.keys.known import KnownKeys
from hotline.keys.label import KeyLabel, Kind, Role
from hotline.keys.passphrase import Ask, passphrase_in_credential, passphrase_in_environment, passphrase_in_file
from hotline.keys.place import KeyPlace, TokenAddress, key_place
from hotline.keys.published import is_published, published_signer, refuse_published
from hotline.keys.signer import FileSigner, HybridSigner, SoftSigner
from hotline.keys.tls import TlsIdentity, dns_name, issue_tls, tls_pin
from hotline.keys.token import TokenSigner, make_in_token, open_token

__all__ = [
    "Ask",
    "FileSigner",
    "HybridSigner",
    "KeyLabel",
    "KeyPlace",
    "KeysError",
    "Kind",
    "KnownKeys",
    "LabelledPublicKey",
    "LabelledSigner",
    "Role",
    "SoftSigner",
    "TlsIdentity",
    "TokenAddress",
    "TokenSigner",
    "dns_name",
    "is_published",
    "issue_tls",
    "key_place",
    "load_private",
    "load_public",
    "make_in_token",
    "open_token",
    "passphrase_in_credential",
    "passphrase_in_environment",
    "passphrase_in_file",
    "public_path",
    "published_signer",
    "refuse_published",
    "save_pair",
    "save_public",
    "tls_pin",
]
