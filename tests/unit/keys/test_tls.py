"""TLS identities: what stands in the certificate, and that gRPC and OpenSSL take it as its own anchor."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from hotline.keys import KeysError, TlsIdentity, dns_name, issue_tls, tls_pin

AUS, CHN = "AUS:fleet-watch", "CHN:fleet-watch"
FROM = datetime(2026, 11, 1, tzinfo=UTC)


def current(post: str) -> TlsIdentity:
    """An identity that holds now."""
    return issue_tls(post, datetime.now(UTC) - timedelta(minutes=5))


@pytest.mark.parametrize(
    ("post", "name"),
    [
        (AUS, "fleet-watch.aus.hotline.invalid"),
        ("NATO/DEU:north-sea-watch", "north-sea-watch.deu.nato.hotline.invalid"),
        ("US:w", "w.us.hotline.invalid"),
    ],
)
def test_the_host_name_comes_from_the_post(post: str, name: str) -> None:
    assert dns_name(post) == name


@pytest.mark.parametrize("post", ["", "AUS", "aus:fleet-watch", "AUS:fleet.watch", "AUS:fleet-watch\n"])
def test_no_certificate_is_made_for_what_is_no_post(post: str) -> None:
    with pytest.raises(KeysError, match="KEY_LABEL"):
        issue_tls(post, FROM)


@pytest.mark.parametrize("post", [AUS, "NATO0123456789AB/DEU0123456789ABC:" + "w" * 40])
def test_the_certificate_says_what_it_is_for(post: str) -> None:
    identity = issue_tls(post, FROM)
    certificate = x509.load_der_x509_certificate(identity.certificate_der)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    key = certificate.public_key()
    assert names.get_values_for_type(x509.DNSName) == [dns_name(post)]
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not constraints.ca
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert certificate.not_valid_before_utc == FROM
    assert certificate.not_valid_after_utc == FROM + timedelta(days=30)
    certificate.verify_directly_issued_by(certificate)
    common = [attribute.value for attribute in certificate.subject]
    assert (common, certificate.issuer) == ([dns_name(post)[:64]], certificate.subject)


def test_an_anchor_is_found_by_its_key() -> None:
    """Two certificates of one post, which its directory lists while it changes them, differ in nothing else."""
    one, other = (x509.load_der_x509_certificate(issue_tls(AUS, FROM).certificate_der) for _ in range(2))
    for certificate in (one, other):
        subject = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert subject == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
        assert authority.key_identifier == subject.key_identifier
        critical = [type(each.value) for each in certificate.extensions if each.critical]
        assert critical == [x509.BasicConstraints], "what another library does not know it may leave aside"
    assert one.subject == other.subject and one.serial_number != other.serial_number


def test_the_pin_is_sha256_of_the_der_certificate() -> None:
    identity = issue_tls(AUS, FROM)
    assert identity.pin == sha256(identity.certificate_der).digest() == tls_pin(identity.certificate_der)
    assert identity.pin != issue_tls(AUS, FROM).pin


@pytest.mark.parametrize("days", [0, -1, 30.00002, 31, 365])
def test_a_validity_of_no_time_or_over_thirty_days_is_refused(days: float) -> None:
    words = rf"KEY_VALIDITY: a TLS certificate holds up to 30 days, not {re.escape(str(timedelta(days=days)))}$"
    with pytest.raises(KeysError, match=words):
        issue_tls(AUS, FROM, FROM + timedelta(days=days))


def test_a_shorter_validity_is_taken() -> None:
    certificate = x509.load_der_x509_certificate(issue_tls(AUS, FROM, FROM + timedelta(hours=1)).certificate_der)
    assert certificate.not_valid_after_utc == FROM + timedelta(hours=1)


def test_it_comes_back_from_its_files(tmp_path: Path) -> None:
    identity = issue_tls(AUS, FROM)
    identity.save(tmp_path / "tls.key", tmp_path / "tls.crt")
    assert TlsIdentity.load(tmp_path / "tls.key", tmp_path / "tls.crt") == identity
    assert (tmp_path / "tls.key").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in repr(identity)
    with pytest.raises(KeysError, match="KEY_EXISTS"):
        identity.save(tmp_path / "tls.key", tmp_path / "other.crt")


def test_an_encrypted_key_is_opened_with_what_is_asked_for(tmp_path: Path, quick: None) -> None:
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    identity, asked = issue_tls(AUS, FROM), list[str]()

    def ask(what: str) -> bytes:
        asked.append(what)
        return b"staple"

    identity.save(key, certificate, b"staple")
    assert key.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert TlsIdentity.load(key, certificate, ask) == identity
    assert asked == [str(key)]
    for give, words in ((None, "is encrypted and needs a passphrase"), (wrong, "does not open with this passphrase")):
        with pytest.raises(KeysError) as error:
            TlsIdentity.load(key, certificate, give)
        assert (error.value.code, error.value.detail) == ("KEY_PASSPHRASE", f"{key} {words}")


def wrong(what: str) -> bytes:
    return b"stapler"


def test_nothing_is_asked_for_where_nothing_is_encrypted(tmp_path: Path) -> None:
    def ask(what: str) -> bytes:
        raise AssertionError(what)

    identity = issue_tls(AUS, FROM)
    identity.save(tmp_path / "tls.key", tmp_path / "tls.crt")
    assert TlsIdentity.load(tmp_path / "tls.key", tmp_path / "tls.crt", ask) == identity
    assert (tmp_path / "tls.crt").stat().st_mode & 0o777 == 0o644


def test_an_empty_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="KEY_PASSPHRASE: an empty passphrase protects nothing"):
        issue_tls(AUS, FROM).save(tmp_path / "tls.key", tmp_path / "tls.crt", b"")
    assert list(tmp_path.iterdir()) == []


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    identity = issue_tls(AUS, FROM)
    TlsIdentity(identity.private_key_pem, issue_tls(AUS, FROM).certificate_pem).save(key, certificate)
    for other, code, words in (
        (certificate, "KEY_MISMATCH", f"{certificate} is not the certificate of {key}"),
        (key, "KEY_FORMAT", f"{key} and {key} are no TLS key and certificate"),
    ):
        with pytest.raises(KeysError) as error:
            TlsIdentity.load(key, other)
        assert (error.value.code, error.value.detail) == (code, words)
    key.write_bytes(b"\xff\xfe")
    with pytest.raises(KeysError, match="KEY_FORMAT"):
        TlsIdentity.load(key, certificate)
    key.chmod(0o644)
    with pytest.raises(KeysError, match="KEY_EXPOSED"):
        TlsIdentity.load(key, certificate)


@dataclass(frozen=True, slots=True)
class Trusting:
    """An identity and the certificates it takes from others, in PEM."""

    own: TlsIdentity
    others: bytes


async def shown_certificate(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    """Answer with the certificate the caller showed."""
    (certificate,) = context.auth_context()["x509_pem_cert"]
    return certificate


@asynccontextmanager
async def serving(server: Trusting) -> AsyncIterator[int]:
    """A server on loopback that asks for certificates; gives its port."""
    credentials = grpc.ssl_server_credentials(
        [(server.own.private_key_pem, server.own.certificate_pem)], server.others, require_client_auth=True
    )
    handler = grpc.method_handlers_generic_handler(
        "t", {"Shown": grpc.unary_unary_rpc_method_handler(shown_certificate)}
    )
    running = grpc.aio.server()
    running.add_generic_rpc_handlers((handler,))
    port = running.add_secure_port("127.0.0.1:0", credentials)
    await running.start()
    try:
        yield port
    finally:
        await running.stop(None)


async def call(client: Trusting, port: int, host: str) -> bytes:
    """Connect, expecting `host`, and return the certificate that the server saw."""
    credentials = grpc.ssl_channel_credentials(client.others, client.own.private_key_pem, client.own.certificate_pem)
    options = [("grpc.ssl_target_name_override", host)]
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options=options) as channel:
        shown: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/t/Shown")
        return await shown(b"", timeout=60)


async def test_two_nodes_trust_exactly_each_other_over_grpc() -> None:
    aus, chn = current(AUS), current(CHN)
    async with serving(Trusting(aus, chn.certificate_pem)) as port:
        seen = await call(Trusting(chn, aus.certificate_pem), port, dns_name(AUS))
    assert TlsIdentity(b"", seen).pin == chn.pin


@pytest.mark.parametrize("first", [0, 1])
async def test_either_of_two_listed_certificates_of_a_post_is_taken(first: int) -> None:
    """While a post changes its certificate the directory lists the old and the new."""
    chn = current(CHN)
    both = [current(AUS), current(AUS)]
    anchors = both[first].certificate_pem + both[1 - first].certificate_pem
    for aus in both:
        async with serving(Trusting(aus, chn.certificate_pem)) as port:
            await call(Trusting(chn, anchors), port, dns_name(AUS))
        async with serving(Trusting(chn, anchors)) as port:
            seen = await call(Trusting(aus, chn.certificate_pem), port, dns_name(CHN))
            assert TlsIdentity(b"", seen).pin == aus.pin


async def refusal(server: Trusting, client: Trusting, host: str) -> grpc.StatusCode:
    """Status of a call that does not come through."""
    async with serving(server) as port:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call(client, port, host)
    code = error.value.code()
    assert isinstance(code, grpc.StatusCode)
    return code


async def test_a_stranger_is_refused_by_either_end() -> None:
    aus, chn, stranger = current(AUS), current(CHN), current(CHN)
    server, client = Trusting(aus, chn.certificate_pem), Trusting(chn, aus.certificate_pem)
    unknown_client = Trusting(stranger, aus.certificate_pem)
    unknown_server = Trusting(current(AUS), chn.certificate_pem)
    assert await refusal(server, unknown_client, dns_name(AUS)) is grpc.StatusCode.UNAVAILABLE
    assert await refusal(unknown_server, client, dns_name(AUS)) is grpc.StatusCode.UNAVAILABLE
    assert await refusal(server, client, dns_name(CHN)) is grpc.StatusCode.UNAVAILABLE


async def test_an_expired_certificate_is_refused() -> None:
    old = issue_tls(AUS, datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) - timedelta(days=1))
    chn = current(CHN)
    server, client = Trusting(old, chn.certificate_pem), Trusting(chn, old.certificate_pem)
    assert await refusal(server, client, dns_name(AUS)) is grpc.StatusCode.UNAVAILABLE


def openssl_context(side: int, who: Trusting, folder: Path) -> ssl.SSLContext:
    """The same trust in Python's own TLS, which is OpenSSL's."""
    folder.mkdir()
    who.own.save(folder / "key", folder / "crt")
    context = ssl.SSLContext(side)
    context.load_cert_chain(folder / "crt", folder / "key")
    context.load_verify_locations(cadata=who.others.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_openssl_takes_it_as_its_own_anchor_too(tmp_path: Path) -> None:
    aus, chn = current(AUS), current(CHN)
    server_context = openssl_context(ssl.PROTOCOL_TLS_SERVER, Trusting(aus, chn.certificate_pem), tmp_path / "aus")
    client_context = openssl_context(ssl.PROTOCOL_TLS_CLIENT, Trusting(chn, aus.certificate_pem), tmp_path / "chn")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=dns_name(AUS))
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    while waiting:
        end = waiting.pop(0)
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(end)
    shown = server.getpeercert(binary_form=True)
    assert shown is not None
    assert tls_pin(shown) == chn.pin
