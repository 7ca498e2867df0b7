//! What a suite's name says about it.
//!
//! Registered names are regular: `TLS_<key exchange>[_<authentication>][_EXPORT]_WITH_<cipher>_<mac>`,
//! in TLS 1.3 `TLS_<cipher>_<hash>`. Reading them beats a second table that could contradict the
//! first.

/// How the keys are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyExchange {
    /// CECPQ1, an experiment of 2016: X25519 with NewHope.
    Cecpq1,
    /// Static Diffie-Hellman.
    Dh,
    /// Ephemeral Diffie-Hellman, anonymous ones included.
    Dhe,
    /// ECC-PWD (RFC 8492).
    Eccpwd,
    /// Static elliptic-curve Diffie-Hellman.
    Ecdh,
    /// Ephemeral elliptic-curve Diffie-Hellman, anonymous ones included.
    Ecdhe,
    /// EC J-PAKE.
    Ecjpake,
    /// FORTEZZA KEA.
    Fortezza,
    /// GOST R 34.10.
    Gost,
    /// Identity based, or ECC encryption, of GB/T 38636.
    Gm,
    /// Kerberos 5.
    Krb5,
    /// None at all.
    Null,
    /// A key shared in advance.
    Psk,
    /// Encrypted with the server's RSA key.
    Rsa,
    /// Secure Remote Password.
    Srp,
    /// TLS 1.3: negotiated apart from the suite.
    Tls13,
}

impl KeyExchange {
    /// Whether every connection has keys of its own (in TLS 1.3: unless a PSK is used alone).
    pub const fn is_ephemeral(self) -> bool {
        matches!(
            self,
            Self::Cecpq1 | Self::Dhe | Self::Eccpwd | Self::Ecdhe | Self::Ecjpake | Self::Tls13
        )
    }
}

/// How the server is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all.
    Anonymous,
    /// A DSA certificate.
    Dss,
    /// An elliptic-curve certificate.
    Ecdsa,
    /// A GOST certificate.
    Gost,
    /// A certificate, or none, of GB/T 38636.
    Gm,
    /// FORTEZZA.
    Fortezza,
    /// Kerberos 5.
    Krb5,
    /// A password.
    Password,
    /// A key shared in advance.
    Psk,
    /// An RSA certificate.
    Rsa,
    /// TLS 1.3: negotiated apart from the suite.
    Tls13,
}

/// The bulk cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cipher {
    Aegis,
    Aes,
    Aria,
    Camellia,
    Chacha20,
    Des,
    Fortezza,
    Gost28147,
    Idea,
    Kuznyechik,
    Magma,
    Null,
    Rc2,
    Rc4,
    Salsa20,
    Seed,
    Sm1,
    Sm4,
    TripleDes,
}

/// How records are protected against change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mac {
    Aead,
    GostImit,
    GostHash,
    Md5,
    Null,
    Sha1,
    Sha256,
    Sha384,
    Sm3,
}

/// The properties of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// How the keys are agreed.
    pub key_exchange: KeyExchange,
    /// How the server is authenticated.
    pub authentication: Authentication,
    /// The bulk cipher.
    pub cipher: Cipher,
    /// Nominal key strength in bits: what is secret (40 for export suites, 112 for Triple DES).
    pub bits: u16,
    /// How records are protected against change.
    pub mac: Mac,
    /// Weakened for export on purpose.
    pub export: bool,
}

/// Reads a name of the registry; `None` for signals.
pub(super) fn profile(name: &str) -> Option<Profile> {
    if name.ends_with("_SCSV") {
        return None;
    }
    let bare = name
        .strip_prefix("TLS_")
        .or_else(|| name.strip_prefix("SSL_"))
        .unwrap_or(name);
    let bare = bare.strip_suffix("_OLD").unwrap_or(bare);
    let export = bare.contains("EXPORT");
    let (key_exchange, authentication, rest) = match bare.split_once("_WITH_") {
        Some((agreement, rest)) => {
            let (key_exchange, authentication) = agreement_of(agreement)?;
            (key_exchange, authentication, rest)
        }
        None => gm_agreement(bare)
            .map(|(agreement, rest)| (agreement, Authentication::Gm, rest))
            .unwrap_or((KeyExchange::Tls13, Authentication::Tls13, bare)),
    };
    // SSL 2.0 names the cipher before `_WITH_` and only the MAC after it.
    let rest = bare.strip_prefix("SSL2_").unwrap_or(rest);
    let (cipher, bits) = cipher_of(rest)?;
    Some(Profile {
        key_exchange,
        authentication,
        cipher,
        bits,
        mac: mac_of(rest, cipher),
        export,
    })
}

/// The part before `_WITH_`.
fn agreement_of(agreement: &str) -> Option<(KeyExchange, Authentication)> {
    use Authentication as A;
    use KeyExchange as K;

    if agreement.starts_with("SSL2_") {
        return Some((K::Rsa, A::Rsa));
    }
    let plain = agreement
        .trim_end_matches("_EXPORT1024")
        .trim_end_matches("_EXPORT")
        .trim_end_matches("_FIPS");
    let found = match plain {
        "NULL" => (K::Null, A::Anonymous),
        "RSA" => (K::Rsa, A::Rsa),
        "DH_anon" => (K::Dhe, A::Anonymous),
        "ECDH_anon" => (K::Ecdhe, A::Anonymous),
        "DH_DSS" => (K::Dh, A::Dss),
        "DH_RSA" => (K::Dh, A::Rsa),
        "DHE_DSS" => (K::Dhe, A::Dss),
        "DHE_RSA" => (K::Dhe, A::Rsa),
        "ECDH_ECDSA" => (K::Ecdh, A::Ecdsa),
        "ECDH_RSA" => (K::Ecdh, A::Rsa),
        "ECDHE_ECDSA" => (K::Ecdhe, A::Ecdsa),
        "ECDHE_RSA" => (K::Ecdhe, A::Rsa),
        "PSK" => (K::Psk, A::Psk),
        "RSA_PSK" => (K::Rsa, A::Psk),
        // RFC 6655 writes two of the DHE_PSK suites the other way round.
        "DHE_PSK" | "PSK_DHE" => (K::Dhe, A::Psk),
        "ECDHE_PSK" => (K::Ecdhe, A::Psk),
        "KRB5" => (K::Krb5, A::Krb5),
        "SRP_SHA" => (K::Srp, A::Password),
        "SRP_SHA_RSA" => (K::Srp, A::Rsa),
        "SRP_SHA_DSS" => (K::Srp, A::Dss),
        "ECCPWD" => (K::Eccpwd, A::Password),
        "ECJPAKE" => (K::Ecjpake, A::Password),
        "CECPQ1_RSA" => (K::Cecpq1, A::Rsa),
        "CECPQ1_ECDSA" => (K::Cecpq1, A::Ecdsa),
        "FORTEZZA_KEA" => (K::Fortezza, A::Fortezza),
        gost if gost.starts_with("GOSTR34") => (K::Gost, A::Gost),
        _ => return None,
    };
    Some(found)
}

/// The names of GB/T 38636: `ECDHE_SM4_CBC_SM3`.
fn gm_agreement(bare: &str) -> Option<(KeyExchange, &str)> {
    let (agreement, rest) = bare.split_once('_')?;
    match agreement {
        "ECDHE" => Some((KeyExchange::Ecdhe, rest)),
        "RSA" => Some((KeyExchange::Rsa, rest)),
        "ECC" | "IBC" | "IBSDH" => Some((KeyExchange::Gm, rest)),
        _ => None,
    }
}

/// Cipher and strength, from the part that starts with the cipher.
fn cipher_of(rest: &str) -> Option<(Cipher, u16)> {
    // Longest first where one name starts another. The export kinds of SSL 2.0 keep 40 bits secret.
    const CIPHERS: &[(&str, Cipher, u16)] = &[
        ("RC4_128_EXPORT40", Cipher::Rc4, 40),
        ("RC2_128_CBC_EXPORT40", Cipher::Rc2, 40),
        ("DES_192_EDE3", Cipher::TripleDes, 112),
        ("DES_64", Cipher::Des, 56),
        ("RC2_128", Cipher::Rc2, 128),
        ("IDEA_128", Cipher::Idea, 128),
        ("3DES", Cipher::TripleDes, 112),
        ("AEGIS_256", Cipher::Aegis, 256),
        ("AEGIS_128", Cipher::Aegis, 128),
        ("AES_128", Cipher::Aes, 128),
        ("AES_256", Cipher::Aes, 256),
        ("ARIA_128", Cipher::Aria, 128),
        ("ARIA_256", Cipher::Aria, 256),
        ("CAMELLIA_128", Cipher::Camellia, 128),
        ("CAMELLIA_256", Cipher::Camellia, 256),
        ("CHACHA20", Cipher::Chacha20, 256),
        ("DES40", Cipher::Des, 40),
        ("DES_CBC_40", Cipher::Des, 40),
        ("DES_CBC", Cipher::Des, 56),
        ("FORTEZZA", Cipher::Fortezza, 80),
        ("28147", Cipher::Gost28147, 256),
        ("IDEA", Cipher::Idea, 128),
        ("KUZNYECHIK", Cipher::Kuznyechik, 256),
        ("MAGMA", Cipher::Magma, 256),
        ("NULL", Cipher::Null, 0),
        ("SHA256_SHA256", Cipher::Null, 0),
        ("SHA384_SHA384", Cipher::Null, 0),
        ("RC2_CBC_40", Cipher::Rc2, 40),
        ("RC2_CBC_56", Cipher::Rc2, 56),
        ("RC4_40", Cipher::Rc4, 40),
        ("RC4_56", Cipher::Rc4, 56),
        ("RC4_64", Cipher::Rc4, 64),
        ("RC4_128", Cipher::Rc4, 128),
        ("ESTREAM_SALSA20", Cipher::Salsa20, 256),
        ("SALSA20", Cipher::Salsa20, 256),
        ("SEED", Cipher::Seed, 128),
        ("SM1", Cipher::Sm1, 128),
        ("SM4", Cipher::Sm4, 128),
    ];
    CIPHERS
        .iter()
        .find(|row| rest.starts_with(row.0))
        .map(|row| (row.1, row.2))
}

fn mac_of(rest: &str, cipher: Cipher) -> Mac {
    const AEAD: &[&str] = &["_GCM", "_CCM", "_MGM", "POLY1305", "AEGIS"];
    if AEAD.iter().any(|mode| rest.contains(mode)) {
        return Mac::Aead;
    }
    match rest.rsplit('_').next().unwrap_or_default() {
        "MD5" => Mac::Md5,
        "SHA" | "SHA1" => Mac::Sha1,
        "SHA256" => Mac::Sha256,
        "SHA384" => Mac::Sha384,
        "SM3" => Mac::Sm3,
        "GOSTR3411" => Mac::GostHash,
        "IMIT" | "OMAC" => Mac::GostImit,
        _ if cipher == Cipher::Null => Mac::Null,
        _ => Mac::Aead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> (KeyExchange, Authentication, Cipher, u16, Mac, bool) {
        let it = profile(name).expect(name);
        (
            it.key_exchange,
            it.authentication,
            it.cipher,
            it.bits,
            it.mac,
            it.export,
        )
    }

    #[test]
    fn names_say_everything() {
        use Authentication as A;
        use KeyExchange as K;
        assert_eq!(
            read("TLS_RSA_WITH_RC4_128_SHA"),
            (K::Rsa, A::Rsa, Cipher::Rc4, 128, Mac::Sha1, false)
        );
        assert_eq!(
            read("TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA"),
            (K::Dhe, A::Anonymous, Cipher::Des, 40, Mac::Sha1, true)
        );
        assert_eq!(
            read("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD"),
            (K::Ecdhe, A::Rsa, Cipher::Chacha20, 256, Mac::Aead, false)
        );
        assert_eq!(
            read("TLS_AES_128_CCM_8_SHA256"),
            (K::Tls13, A::Tls13, Cipher::Aes, 128, Mac::Aead, false)
        );
        assert_eq!(
            read("TLS_SHA256_SHA256"),
            (K::Tls13, A::Tls13, Cipher::Null, 0, Mac::Sha256, false)
        );
        assert_eq!(
            read("SSL2_RC2_128_CBC_EXPORT40_WITH_MD5"),
            (K::Rsa, A::Rsa, Cipher::Rc2, 40, Mac::Md5, true)
        );
        assert_eq!(
            read("SSL2_DES_192_EDE3_CBC_WITH_MD5"),
            (K::Rsa, A::Rsa, Cipher::TripleDes, 112, Mac::Md5, false)
        );
        assert_eq!(
            read("ECDHE_SM4_CBC_SM3"),
            (K::Ecdhe, A::Gm, Cipher::Sm4, 128, Mac::Sm3, false)
        );
        assert_eq!(
            read("TLS_NULL_WITH_NULL_NULL"),
            (K::Null, A::Anonymous, Cipher::Null, 0, Mac::Null, false)
        );
    }

    #[test]
    fn signals_are_no_suites() {
        assert_eq!(profile("TLS_FALLBACK_SCSV"), None);
    }
}
