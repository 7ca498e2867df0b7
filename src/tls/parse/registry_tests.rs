//! Our registry against tls-parser's table, which is made from IANA's.

use tls_parser::{TlsCipherEnc, TlsCipherKx, TlsCipherMac, TlsCipherSuite};

use crate::tls::registry::{self, Cipher, KeyExchange, Mac};

/// The same names, and the same properties where that table is right.
#[test]
fn registry_agrees_with_tls_parser() {
    let mut seen = 0;
    for number in 0..=u16::MAX {
        let Some(theirs) = TlsCipherSuite::from_id(number) else {
            continue;
        };
        seen += 1;
        let ours = registry::tls_suite(number);
        assert_eq!(ours.name, Some(theirs.name));
        let Some(profile) = registry::profile(ours.code) else {
            assert!(theirs.name.ends_with("_SCSV"));
            continue;
        };
        let name = theirs.name;
        let cipher = match theirs.enc {
            TlsCipherEnc::Null => Cipher::Null,
            TlsCipherEnc::Des => Cipher::Des,
            TlsCipherEnc::TripleDes => Cipher::TripleDes,
            TlsCipherEnc::Rc2 => Cipher::Rc2,
            TlsCipherEnc::Rc4 => Cipher::Rc4,
            TlsCipherEnc::Aria => Cipher::Aria,
            TlsCipherEnc::Idea => Cipher::Idea,
            TlsCipherEnc::Seed => Cipher::Seed,
            TlsCipherEnc::Aes => Cipher::Aes,
            TlsCipherEnc::Camellia => Cipher::Camellia,
            TlsCipherEnc::Chacha20_Poly1305 => Cipher::Chacha20,
            TlsCipherEnc::Sm4 => Cipher::Sm4,
            TlsCipherEnc::Aegis => Cipher::Aegis,
        };
        assert_eq!(profile.cipher, cipher, "{name}");
        // Theirs has ChaCha20 with 128 bits and Triple DES with the nominal 168.
        if !matches!(cipher, Cipher::Chacha20 | Cipher::TripleDes) {
            assert_eq!(profile.bits, theirs.enc_size, "{name}");
        }
        let mac = match theirs.mac {
            TlsCipherMac::Null => Mac::Null,
            TlsCipherMac::HmacMd5 => Mac::Md5,
            TlsCipherMac::HmacSha1 => Mac::Sha1,
            TlsCipherMac::HmacSha256 => Mac::Sha256,
            TlsCipherMac::HmacSha384 => Mac::Sha384,
            TlsCipherMac::HmacSha512 | TlsCipherMac::Aead => Mac::Aead,
        };
        // Theirs has AEGIS, which is AEAD, with HMAC.
        if cipher != Cipher::Aegis {
            assert_eq!(profile.mac, mac, "{name}");
        }
        let agreed = match theirs.kx {
            // Theirs has the anonymous suites as static, and RSA_PSK of several kinds.
            TlsCipherKx::Dh => matches!(profile.key_exchange, KeyExchange::Dh | KeyExchange::Dhe),
            TlsCipherKx::Dhe => profile.key_exchange == KeyExchange::Dhe,
            TlsCipherKx::Ecdh => {
                matches!(profile.key_exchange, KeyExchange::Ecdh | KeyExchange::Ecdhe)
            }
            TlsCipherKx::Ecdhe | TlsCipherKx::Aecdh => profile.key_exchange == KeyExchange::Ecdhe,
            TlsCipherKx::Rsa => profile.key_exchange == KeyExchange::Rsa,
            TlsCipherKx::Krb5 => profile.key_exchange == KeyExchange::Krb5,
            TlsCipherKx::Srp => profile.key_exchange == KeyExchange::Srp,
            TlsCipherKx::Tls13 => profile.key_exchange == KeyExchange::Tls13,
            TlsCipherKx::Eccpwd => profile.key_exchange == KeyExchange::Eccpwd,
            TlsCipherKx::Psk | TlsCipherKx::Null => true,
        };
        assert!(agreed, "{name} {:?} {:?}", theirs.kx, profile.key_exchange);
    }
    assert!(seen > 340);
}
