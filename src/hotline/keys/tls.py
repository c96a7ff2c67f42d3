"""TLS identity of a node: a self-signed certificate that the peers pin through the directory.

No certification authority stands behind it. A peer takes the certificates that the directory lists as its only trust
anchors, and the node then holds SHA-256 of the certificate shown against the pin of the post that speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hotline.keys.disk import read_small, write_new
from hotline.keys.errors import KeysError
from hotline.keys.label import party_of
from hotline.keys.passphrase import Ask
from hotline.keys.pkcs8 import encrypted_pem, is_encrypted, plain_pem

MAX_VALIDITY = timedelta(days=30)

_SUFFIX = "hotline.invalid"


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """A node's TLS key and certificate, both in PEM as gRPC takes them."""

    private_key_pem: bytes = field(repr=False)
    certificate_pem: bytes

    @property
    def certificate_der(self) -> bytes:
        """The certificate as the directory lists it."""
        return x509.load_pem_x509_certificate(self.certificate_pem).public_bytes(serialization.Encoding.DER)

    @property
    def pin(self) -> bytes:
        """SHA-256 of the certificate, 32 bytes."""
        return tls_pin(self.certificate_der)

    def save(self, key_path: Path, certificate_path: Path, passphrase: bytes | None = None) -> None:
        """Write both files, the key with mode 0600, and encrypted if there is a passphrase.

        Raises:
            KeysError: KEY_EXISTS, KEY_PASSPHRASE if it is empty, KEY_IO.
        """
        pem = self.private_key_pem
        if passphrase is not None:
            pem = encrypted_pem(serialization.load_pem_private_key(pem, None), passphrase).encode("ascii")
        write_new(key_path, pem, 0o600)
        write_new(certificate_path, self.certificate_pem, 0o644)

    @classmethod
    def load(cls, key_path: Path, certificate_path: Path, ask: Ask | None = None) -> TlsIdentity:
        """Read both files.

        Args:
            key_path: the private key, in PEM.
            certificate_path: the certificate, in PEM.
            ask: gives the passphrase of a key that is encrypted.

        Raises:
            KeysError: KEY_IO, KEY_EXPOSED, KEY_FORMAT, KEY_PASSPHRASE, KEY_MISMATCH if they do not belong together.
        """
        pem, certificate_pem = read_small(key_path, private=True), read_small(certificate_path, private=False)
        passphrase = _passphrase(pem, key_path, ask)
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
            certificate = x509.load_pem_x509_certificate(certificate_pem)
        except (ValueError, TypeError) as error:
            if passphrase is not None:
                raise KeysError("KEY_PASSPHRASE", f"{key_path} does not open with this passphrase") from error
            raise KeysError(
                "KEY_FORMAT", f"{key_path} and {certificate_path} are no TLS key and certificate"
            ) from error
        if key.public_key() != certificate.public_key():
            raise KeysError("KEY_MISMATCH", f"{certificate_path} is not the certificate of {key_path}")
        return cls(plain_pem(key).encode("ascii"), certificate_pem)


def _passphrase(pem: bytes, path: Path, ask: Ask | None) -> bytes | None:
    if not is_encrypted(pem.decode("ascii", errors="replace")):
        return None
    if ask is None:
        raise KeysError("KEY_PASSPHRASE", f"{path} is encrypted and needs a passphrase")
    return ask(str(path))


def dns_name(post: str) -> str:
    """Host name in the certificate of a post; the top-level domain is reserved, so it never resolves (RFC 2606).

    AUS:fleet-watch is fleet-watch.aus.hotline.invalid, NATO/DEU:north-sea-watch is
    north-sea-watch.deu.nato.hotline.invalid. KeysError KEY_LABEL if it is no post id.
    """
    party = party_of(post)
    labels = [post.rpartition(":")[2], *reversed(party.split("/")), _SUFFIX]
    return ".".join(labels).lower()


def tls_pin(certificate_der: bytes) -> bytes:
    """SHA-256 of a certificate in DER, 32 bytes."""
    return sha256(certificate_der).digest()


def issue_tls(post: str, not_before: datetime, not_after: datetime | None = None) -> TlsIdentity:
    """A fresh ECDSA P-256 key and its certificate, for both ends of a connection.

    Args:
        post: post id.
        not_before: first moment of validity, with its time zone; certificates count whole seconds.
        not_after: last moment; 30 days later unless given.

    Raises:
        KeysError: KEY_LABEL; KEY_VALIDITY if it would hold for no time, or for more than 30 days.
    """
    not_after = not_before + MAX_VALIDITY if not_after is None else not_after
    if not timedelta(0) < not_after - not_before <= MAX_VALIDITY:
        raise KeysError(
            "KEY_VALIDITY", f"a TLS certificate holds up to {MAX_VALIDITY.days} days, not {not_after - not_before}"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _build(dns_name(post), key.public_key(), not_before, not_after).sign(key, hashes.SHA256())
    return TlsIdentity(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


def _build(
    host: str, public_key: ec.EllipticCurvePublicKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    # A subject is at most 64 characters long, which a host name may exceed: the alternative name is what counts.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    # Two certificates of one post differ in nothing else that TLS libraries look an anchor up by.
    subject_key = x509.SubjectKeyIdentifier.from_public_key(public_key)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    # No basic key usage: some libraries take a self-signed certificate for its own anchor only if that usage either
    # is absent or lets it sign certificates, which no node shall.
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        x509.CertificateBuilder(name, name, public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(subject_key, critical=False)
        .add_extension(authority_key, critical=False)
    )
