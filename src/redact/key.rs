//! The secret behind the pseudonyms: who has it can tell which name a pseudonym stands for.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Key of HMAC-SHA-256 (RFC 2104).
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// From a secret of any length.
    pub fn new(secret: &[u8]) -> Self {
        /// Bytes that SHA-256 takes at once; a key of this length is used as it is.
        const BLOCK: usize = 64;
        let mut block = [0; BLOCK];
        for (to, from) in block.iter_mut().zip(Sha256::digest(secret)) {
            *to = from;
        }
        Self(Hmac::new(&block.into()))
    }

    /// A key that nobody knows, and that is gone with this run.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self::new(&secret))
    }

    /// What the key makes of some bytes. No two `kinds` of use share an answer.
    pub fn mac(&self, kind: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        for part in parts {
            // With its length, so that no two lists of parts read the same.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A name for the key that does not give it away: reports with the same one share pseudonyms.
    pub fn name(&self) -> String {
        let [a, b, c, d, ..] = self.mac("name", &[]);
        format!("{:08X}", u32::from_be_bytes([a, b, c, d]))
    }
}
