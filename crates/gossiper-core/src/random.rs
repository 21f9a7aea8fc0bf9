//! Randomness, always handed in.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::ReplicaId;

/// A source of random words.
///
/// Everything random in the protocol is drawn from the source that the host
/// passes in: a [`DeterministicRng`] in tests and simulations, one seeded from
/// the operating system in production.
pub trait RandomSource {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// A uniform number below `bound`; 0 if `bound` is 0.
    ///
    /// Unbiased, by multiplication and rejection (Lemire, *Fast random integer
    /// generation in an interval*, ACM TOMACS 2019).
    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }
}

impl<R: RandomSource + ?Sized> RandomSource for &mut R {
    fn next_u64(&mut self) -> u64 {
        (**self).next_u64()
    }
}

impl ReplicaId {
    /// A fresh id for a new incarnation of a writer.
    #[must_use]
    pub fn random<R: RandomSource + ?Sized>(rng: &mut R) -> Self {
        Self::new(rng.next_u64())
    }
}

/// A reproducible random source: ChaCha with 8 rounds, keyed by the seed.
///
/// The same seed gives the same stream on every platform and in every version
/// of this crate; the first words are pinned by a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeterministicRng(ChaCha8Rng);

impl DeterministicRng {
    /// The stream of `seed`. The key is the seed in little-endian bytes,
    /// followed by zeros.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// An independent stream of the same seed, by its number: one for each
    /// part of a simulation, so that one part's draws do not shift another's.
    #[must_use]
    pub fn stream(seed: u64, number: u64) -> Self {
        let mut rng = Self::new(seed);
        rng.0.set_stream(number);
        rng
    }
}

impl RandomSource for DeterministicRng {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keystream of ChaCha8 with a zero key and nonce, as published in
    /// draft-strombergson-chacha-test-vectors-01, TC1: 3e00ef2f895f40d6…
    #[test]
    fn the_stream_of_a_seed_is_the_published_keystream() {
        let mut rng = DeterministicRng::new(0);
        assert_eq!(rng.next_u64().to_le_bytes(), [0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]);
        assert_eq!(rng.next_u64().to_le_bytes(), [0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09, 0xa5, 0xa1]);
    }

    #[test]
    fn bounded_numbers_are_uniform_and_in_bounds() {
        let mut rng = DeterministicRng::new(1);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[rng.below(6) as usize] += 1;
        }
        // The standard deviation of a count is 91.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 500), "{counts:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(
            DeterministicRng::stream(1, 1).next_u64(),
            DeterministicRng::stream(1, 2).next_u64()
        );
        assert_eq!(DeterministicRng::stream(1, 0), DeterministicRng::new(1));
    }
}
