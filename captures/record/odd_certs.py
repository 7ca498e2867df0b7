"""Two certificates that the openssl command cannot make, issued by issuing.crt of the folder.

odd.crt: names of all kinds and string types, one with a NUL in it, valid from 1969 to 2100;
huge.crt: 2600 names.

Usage: odd_certs.py FOLDER
"""

import datetime
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

folder = Path(sys.argv[1])
issuer = x509.load_pem_x509_certificate((folder / "issuing.crt").read_bytes())
issuer_key = serialization.load_pem_private_key((folder / "issuing.key").read_bytes(), None)


def issue(name, subject, names, begins, ends):
    key = rsa.generate_private_key(65537, 2048)
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer.subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(begins, 6, 1)).not_valid_after(datetime.datetime(ends, 6, 1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(pem))
    (folder / f"{name}.key").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))


def subject(*parts):
    return x509.Name([x509.NameAttribute(oid, value, kind) for oid, value, kind in parts])


issue(
    "odd",
    subject(
        (NameOID.COUNTRY_NAME, "DE", _ASN1Type.PrintableString),
        (NameOID.LOCALITY_NAME, "Köln", _ASN1Type.BMPString),
        (NameOID.ORGANIZATION_NAME, 'Example "Quoted", Corp; a+b=c <d> #e\\f', _ASN1Type.UTF8String),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, " leading and trailing ", _ASN1Type.T61String),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "two\nlines\x1b[31m", _ASN1Type.UTF8String),
        (NameOID.COMMON_NAME, "mail.example.com\0.example.org", _ASN1Type.UTF8String),
    ),
    [
        x509.DNSName("mail.example.com"),
        x509.DNSName("*.example.com"),
        x509.DNSName("xn--kln-sna.example"),
        x509.DNSName("mail.example.com\0.example.org"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.25")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::25")),
        x509.RFC822Name("postmaster@example.com"),
        x509.UniformResourceIdentifier("ldap://ldap.example.com/cn=mail,dc=example?x"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x10mail@example.com"),
        x509.RegisteredID(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")),
        x509.DirectoryName(subject((NameOID.COMMON_NAME, "directory, name", _ASN1Type.UTF8String))),
    ],
    1969, 2100,
)
hosts = [x509.DNSName(f"host-{number:04}.customers.example.net") for number in range(2600)]
issue(
    "huge",
    subject((NameOID.COMMON_NAME, "mail.example.com", _ASN1Type.UTF8String)),
    [x509.DNSName("mail.example.com"), *hosts],
    2020, 2045,
)
