//! Numbers below a bound, shuffled by a key: no two become the same, and no table is needed.
//!
//! A Feistel network over two halves of unequal size whose rounds add instead of exclusive-or, and
//! that is walked until the result is small enough again: the construction of Black and Rogaway,
//! "Ciphers with Arbitrary Finite Domains" (CT-RSA 2002), section 5.

use super::key::Key;

/// Rounds; FF1 of NIST SP 800-38G takes as many for domains as small.
const ROUNDS: u8 = 10;

/// A shuffling of the numbers below `size`.
pub struct Permutation<'a> {
    key: &'a Key,
    /// Another shuffling for every tweak.
    tweak: &'a [u8],
    size: u128,
}

impl<'a> Permutation<'a> {
    /// Of the numbers below `size`, which is from 1 to 2^120.
    pub fn new(key: &'a Key, tweak: &'a [u8], size: u128) -> Self {
        Self { key, tweak, size }
    }

    /// What a number below `size` becomes.
    pub fn of(&self, number: u128) -> u128 {
        let left = self.size.saturating_sub(1).isqrt() + 1;
        let right = self.size.div_ceil(left).max(1);
        let mut number = number;
        loop {
            let (mut high, mut low) = (number / right % left, number % right);
            for round in 0..ROUNDS / 2 {
                high = (high + self.round(2 * round, low) % left) % left;
                low = (low + self.round(2 * round + 1, high) % right) % right;
            }
            number = high * right + low;
            if number < self.size {
                return number;
            }
        }
    }

    fn round(&self, round: u8, half: u128) -> u128 {
        let size = self.size.to_be_bytes();
        let parts = [self.tweak, &size, &[round], &half.to_be_bytes()];
        let mac = self.key.mac("permutation", &parts);
        let first = mac.iter().take(16);
        first.fold(0, |it, &byte| it << 8 | u128::from(byte))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nothing_is_lost_and_nothing_doubled() {
        let key = Key::new(b"a secret");
        for size in [1, 2, 3, 9, 10, 15, 26, 90, 156, 676, 1000] {
            let shuffled: BTreeSet<u128> = (0..size)
                .map(|number| Permutation::new(&key, b"", size).of(number))
                .collect();
            assert_eq!(shuffled, (0..size).collect(), "{size}");
        }
    }

    #[test]
    fn key_and_tweak_change_it() {
        let shuffled = |secret: &[u8], tweak: &[u8]| {
            let key = Key::new(secret);
            Permutation::new(&key, tweak, 1 << 110).of(7)
        };
        let results = [
            shuffled(b"a", b""),
            shuffled(b"b", b""),
            shuffled(b"a", b"x"),
        ];
        assert!(results.iter().all(|&it| it < 1 << 110));
        assert!(results[0] != results[1] && results[0] != results[2]);
        assert_eq!(results[0], shuffled(b"a", b""));
    }
}
