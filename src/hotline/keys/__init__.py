"""Keys and certificates at rest: key files, TLS identities, and the books that keep ACTUAL and EXERCISE apart."""

from hotline.keys.errors import KeysError
from hotline.keys.files import (
    LabelledPublicKey,
    LabelledSigner,
    load_private,
    load_public,
    public_path,
    save_pair,
)
from hotline.keys.known import KnownKeys
from hotline.keys.label import KeyLabel, Kind, Role
from hotline.keys.published import is_published, published_signer, refuse_published
from hotline.keys.signer import SoftSigner
from hotline.keys.tls import TlsIdentity, dns_name, issue_tls, tls_pin

__all__ = [
    "KeyLabel",
    "KeysError",
    "Kind",
    "KnownKeys",
    "LabelledPublicKey",
    "LabelledSigner",
    "Role",
    "SoftSigner",
    "TlsIdentity",
    "dns_name",
    "is_published",
    "issue_tls",
    "load_private",
    "load_public",
    "public_path",
    "published_signer",
    "refuse_published",
    "save_pair",
    "tls_pin",
]
