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

/// Elliptic curves (RFC 5480 section 2.1.1.1, RFC 5639, SEC 2), by their usual short names.
#[rustfmt::skip]
pub(super) const CURVES: &[(&str, &str)] = &[
    ("1.2.156.10197.1.301", "SM2"),
    ("1.2.840.10045.3.1.1", "P-192"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.33", "P-224"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
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

/// Signature algorithms (RFC 8017 appendix C, RFC 5758, RFC 3279, RFC 8410, RFC 9881, NIST CSOR,
/// OIW), by the names of their ASN.1 modules.
#[rustfmt::skip]
pub(super) const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.156.10197.1.501", "SM2-with-SM3"),
    ("1.2.643.2.2.3", "GOST R 34.11-94 with GOST R 34.10-2001"),
    ("1.2.643.7.1.1.3.2", "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)"),
    ("1.2.643.7.1.1.3.3", "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)"),
    ("1.2.840.10040.4.3", "dsa-with-sha1"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.3.14.3.2.3", "md5WithRSA"),
    ("1.3.14.3.2.29", "sha1WithRSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-sha224"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// Key of a name's attribute as Windows writes it; unknown ones as `OID.1.2.3`.
pub fn attribute_key(oid: &str) -> String {
    find(ATTRIBUTES, oid).map_or_else(|| format!("OID.{oid}"), str::to_owned)
}

/// Short name of a curve, or its dotted number.
pub fn curve_name(oid: &str) -> &str {
    find(CURVES, oid).unwrap_or(oid)
}

/// Name of a key whose algorithm fixes its size.
pub fn key_name(oid: &str) -> Option<&'static str> {
    find(KEYS, oid)
}

/// Name of a certificate's signature algorithm, or its dotted number.
pub fn certificate_signature_name(oid: &str) -> &str {
    find(SIGNATURES, oid).unwrap_or(oid)
}

fn find(table: &'static [(&'static str, &'static str)], oid: &str) -> Option<&'static str> {
    table.iter().find(|row| row.0 == oid).map(|row| row.1)
}
