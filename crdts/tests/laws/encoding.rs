//! The law of canonical encoding, by bincode.

use std::fmt::Debug;

use gossiper_core::{DeterministicRng, RandomSource};

use crate::world::{Encoded, Subject, World};

/// Integers of fixed size: bincode's variable ones have several encodings
/// of one number, which is its affair and not that of a state type.
const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
> = bincode::config::legacy();

fn encode<T: Encoded>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, CONFIG).expect("these types encode")
}

fn decode<T: Encoded>(bytes: &[u8]) -> Option<T> {
    let (value, read) = bincode::serde::decode_from_slice(bytes, CONFIG).ok()?;
    (read == bytes.len()).then_some(value)
}

fn assert_round_trip<T: Encoded + Debug + PartialEq>(value: &T) {
    let bytes = encode(value);
    assert_eq!(decode::<T>(&bytes).as_ref(), Some(value));
}

/// Equal states have equal bytes, whatever led to them, and
/// `decode(encode(x)) == x`.
pub(crate) fn canonical_encoding<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        assert_eq!(encode(&a.taught(b.whole())), encode(&b.taught(a.whole())));
        assert_eq!(encode(a) == encode(b), a == b);
        assert_round_trip(a);
        assert_round_trip(&a.digest());
        b.delta(&a.digest()).iter().for_each(assert_round_trip);
    }
    world.messages.iter().for_each(assert_round_trip);
}

/// Damaged bytes are refused, or they are the bytes of another value.
pub(crate) fn other_bytes_are_refused<S: Subject>(world: &World<S>) {
    fn assert_canonical<T: Encoded>(bytes: &[u8]) {
        if let Some(value) = decode::<T>(bytes) {
            assert_eq!(encode(&value), bytes);
        }
    }
    let mut rng = DeterministicRng::new(world.seed);
    for state in &world.replicas {
        let (of_state, of_digest) = (encode(state), encode(&state.digest()));
        for _ in 0..16 {
            assert_canonical::<S>(&damaged(&of_state, &mut rng));
            assert_canonical::<S::Digest>(&damaged(&of_digest, &mut rng));
        }
    }
}

fn damaged(bytes: &[u8], rng: &mut DeterministicRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.is_empty() {
        return bytes;
    }
    let at = rng.below(bytes.len() as u64) as usize;
    match rng.below(3) {
        0 => bytes[at] = rng.below(4) as u8,
        1 => bytes[at] ^= 1 << rng.below(8),
        _ => bytes.truncate(at),
    }
    bytes
}
