//! Object identifiers of certificates and their names, one a line.

/// Attributes of names, by the keys Windows writes (Microsoft's documentation of `CertStrToName`
/// and the `szOID` constants of `wincrypt.h`).
#[rustfmt::skip]
const ATTRIBUTES: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "E"),
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.13", "Description"),
    ("2.5.4.17", "PostalCode"),
    ("2.5.4.18", "POBox"),
    ("2.5.4.20", "Phone"),
    ("2.5.4.24", "X21Address"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("2.5.4.46", "dnQualifier"),
];

/// Elliptic curves (RFC 5480 section 2.1.1.1, RFC 5639, SEC 2), by their usual short names, and
/// the bits of their fields.
#[rustfmt::skip]
pub(super) const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.156.10197.1.301", "SM2", 256),
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.132.0.33", "P-224", 224),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
];

/// Keys whose algorithm fixes the size.
#[rustfmt::skip]
const KEYS: &[(&str, &str)] = &[
    ("1.2.643.2.2.19", "GOST R 34.10-2001"),
    ("1.2.643.7.1.1.1.1", "GOST R 34.10-2012 256"),
    ("1.2.643.7.1.1.1.2", "GOST R 34.10-2012 512"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// Signature algorithms (RFC 8017 appendix C, RFC 5758, RFC 3279, RFC 8410, RFC 9881, RFC 9909,
/// NIST CSOR, OIW), by the names of their ASN.1 modules, and the digest each one names.
#[rustfmt::skip]
pub(super) const SIGNATURES: &[(&str, &str, Option<&str>)] = &[
    ("1.2.156.10197.1.501", "SM2-with-SM3", Some("SM3")),
    ("1.2.643.2.2.3", "GOST R 34.11-94 with GOST R 34.10-2001", Some("GOST R 34.11-94")),
    ("1.2.643.7.1.1.3.2", "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)", Some("GOST R 34.11-2012")),
    ("1.2.643.7.1.1.3.3", "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)", Some("GOST R 34.11-2012")),
    ("1.2.840.10040.4.3", "dsa-with-sha1", Some("SHA-1")),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", Some("SHA-1")),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", Some("SHA-224")),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", Some("SHA-256")),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", Some("SHA-384")),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", Some("SHA-512")),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", Some("MD2")),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption", Some("MD4")),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", Some("MD5")),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", Some("SHA-1")),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS", None),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", Some("SHA-256")),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", Some("SHA-384")),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", Some("SHA-512")),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", Some("SHA-224")),
    ("1.3.14.3.2.3", "md5WithRSA", Some("MD5")),
    ("1.3.14.3.2.27", "dsaWithSHA1", Some("SHA-1")),
    ("1.3.14.3.2.29", "sha1WithRSA", Some("SHA-1")),
    ("1.3.36.3.3.1.2", "rsaSignatureWithripemd160", Some("RIPEMD-160")),
    ("1.3.101.112", "Ed25519", None),
    ("1.3.101.113", "Ed448", None),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-sha224", Some("SHA-224")),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256", Some("SHA-256")),
    ("2.16.840.1.101.3.4.3.10", "id-ecdsa-with-sha3-256", Some("SHA3-256")),
    ("2.16.840.1.101.3.4.3.11", "id-ecdsa-with-sha3-384", Some("SHA3-384")),
    ("2.16.840.1.101.3.4.3.12", "id-ecdsa-with-sha3-512", Some("SHA3-512")),
    ("2.16.840.1.101.3.4.3.14", "id-rsassa-pkcs1-v1-5-with-sha3-256", Some("SHA3-256")),
    ("2.16.840.1.101.3.4.3.15", "id-rsassa-pkcs1-v1-5-with-sha3-384", Some("SHA3-384")),
    ("2.16.840.1.101.3.4.3.16", "id-rsassa-pkcs1-v1-5-with-sha3-512", Some("SHA3-512")),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44", None),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65", None),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87", None),
];

/// Digests (RFC 8017 appendix B.1, NIST CSOR), as the parameters of RSASSA-PSS name them.
#[rustfmt::skip]
const DIGESTS: &[(&str, &str)] = &[
    ("1.2.840.113549.2.5", "MD5"),
    ("1.3.14.3.2.26", "SHA-1"),
    ("2.16.840.1.101.3.4.2.1", "SHA-256"),
    ("2.16.840.1.101.3.4.2.2", "SHA-384"),
    ("2.16.840.1.101.3.4.2.3", "SHA-512"),
    ("2.16.840.1.101.3.4.2.4", "SHA-224"),
    ("2.16.840.1.101.3.4.2.5", "SHA-512/224"),
    ("2.16.840.1.101.3.4.2.6", "SHA-512/256"),
    ("2.16.840.1.101.3.4.2.8", "SHA3-256"),
    ("2.16.840.1.101.3.4.2.9", "SHA3-384"),
    ("2.16.840.1.101.3.4.2.10", "SHA3-512"),
];

/// Extensions (RFC 5280 section 4.2, RFC 6962 section 3.3, RFC 7633), by the names of their ASN.1
/// modules.
#[rustfmt::skip]
const EXTENSIONS: &[(&str, &str)] = &[
    ("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.24", "tlsfeature"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.37", "extKeyUsage"),
];

/// Purposes of extended key usage (RFC 5280 section 4.2.1.12, the IANA registry of SMI numbers
/// `1.3.6.1.5.5.7.3`, Microsoft's and Netscape's own).
#[rustfmt::skip]
const PURPOSES: &[(&str, &str)] = &[
    ("1.3.6.1.4.1.311.10.3.3", "msSGC"),
    ("1.3.6.1.4.1.311.20.2.2", "msSmartcardLogon"),
    ("1.3.6.1.5.2.3.4", "pkInitClientAuth"),
    ("1.3.6.1.5.2.3.5", "pkInitKDC"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.5", "ipsecEndSystem"),
    ("1.3.6.1.5.5.7.3.6", "ipsecTunnel"),
    ("1.3.6.1.5.5.7.3.7", "ipsecUser"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE"),
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("2.16.840.1.113730.4.1", "nsSGC"),
];

/// Key of a name's attribute as Windows writes it; unknown ones as `OID.1.2.3`.
pub fn attribute_key(oid: &str) -> String {
    find(ATTRIBUTES, oid).map_or_else(|| format!("OID.{oid}"), str::to_owned)
}

/// Short name of a curve, and the bits of its field.
pub fn curve(oid: &str) -> Option<(&'static str, u32)> {
    let row = CURVES.iter().find(|row| row.0 == oid)?;
    Some((row.1, row.2))
}

/// Name of a key whose algorithm fixes its size.
pub fn key_name(oid: &str) -> Option<&'static str> {
    find(KEYS, oid)
}

/// Name of a certificate's signature algorithm, and the digest it names.
pub fn certificate_signature(oid: &str) -> Option<(&'static str, Option<&'static str>)> {
    let row = SIGNATURES.iter().find(|row| row.0 == oid)?;
    Some((row.1, row.2))
}

/// Name of a digest.
pub fn digest_name(oid: &str) -> Option<&'static str> {
    find(DIGESTS, oid)
}

/// Name of a certificate's extension, or its dotted number.
pub fn certificate_extension_name(oid: &str) -> &str {
    find(EXTENSIONS, oid).unwrap_or(oid)
}

/// Name of a purpose of extended key usage, or its dotted number.
pub fn purpose_name(oid: &str) -> &str {
    find(PURPOSES, oid).unwrap_or(oid)
}

fn find(table: &'static [(&'static str, &'static str)], oid: &str) -> Option<&'static str> {
    table.iter().find(|row| row.0 == oid).map(|row| row.1)
}
