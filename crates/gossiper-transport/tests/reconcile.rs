//! What reconciles two sets crosses a wire, and arrives as it was or not at all.

use std::fmt::Debug;

use gossiper_core::Schema;
use gossiper_core::reconcile::{Filter, ReconcileKey, Sketch, Symbols, SymbolsQuestion, Wanted};
use gossiper_transport::frame::HEADER_BYTES;
use gossiper_transport::{BincodeCodec, Codec, FrameCodec};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of the body, all of which are needed.
fn cross<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: &M) -> usize {
    let frames = FrameCodec::new(Schema::named("sets"));
    let frame = frames.encode(message).expect("it has an encoding");
    assert_eq!(frames.decode::<M>(&frame).expect("its own frame"), *message);
    let body = &frame[HEADER_BYTES..];
    for end in 0..body.len() {
        assert!(BincodeCodec::default().decode::<M>(&body[..end]).is_err(), "{end} bytes");
    }
    body.len()
}

#[test]
fn questions_and_pieces_cross_a_wire() {
    let key = ReconcileKey::new([7; 16]);
    let mut words: Vec<u64> = (0..1_000_u64).map(|atom| key.word(&atom.to_le_bytes())).collect();
    words.sort_unstable();
    let sketch = Sketch::of(key, 64, words.iter().copied());
    let question = SymbolsQuestion::first(&sketch);
    assert!(cross(&question) <= 11);
    // A length in front, three bytes at most.
    let symbols = sketch.symbols(0..32);
    assert!(cross(&symbols) <= symbols.to_bytes().len() + 3);
    let filter = Filter::of(&key, &words, 0..4);
    assert!(cross(&filter) <= filter.to_bytes().len() + 3);
    let wanted = Wanted::of(&words[..50], 1_000);
    assert!(cross(&wanted) <= wanted.to_bytes().len() + 3);
}

#[test]
fn bytes_that_are_no_piece_are_malformed() {
    let codec = BincodeCodec::default();
    for bytes in [&[][..], &[0], &[1, 7], &[3, 0xff, 0xff, 0xff]] {
        assert!(codec.decode::<Symbols>(bytes).is_err(), "{bytes:?}");
        assert!(codec.decode::<Filter>(bytes).is_err(), "{bytes:?}");
        assert!(codec.decode::<Wanted>(bytes).is_err(), "{bytes:?}");
    }
}
