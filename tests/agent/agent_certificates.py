"""Authorities and certificates, made for a test."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Certificate(NamedTuple):
    """A certificate with its key, as files and as they are."""

    path: Path
    """PEM: the certificate and those above it, but for the root."""
    key_path: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.DER, form)


def certificate(
    folder: Path,
    name: str,
    above: Certificate | None = None,
    *,
    is_authority: bool = False,
    days: tuple[int, int] = (-1, 30),
    hosts: tuple[str, ...] = ("localhost",),
) -> Certificate:
    """Make one, signed by the one above it or by itself, valid from and to so many days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    above_key = above.key if above else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts if not host[0].isdigit()]
    names += [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts if host[0].isdigit()]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above_key.public_key()), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
        .sign(above_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path, key_path = folder / f"{name}.pem", folder / f"{name}.key"
    chain = above.path.read_bytes() if above and above.certificate.issuer != above.certificate.subject else b""
    path.write_bytes(made.public_bytes(pem) + chain)
    key_path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    key_path.chmod(0o600)
    return Certificate(path, key_path, made, key)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
