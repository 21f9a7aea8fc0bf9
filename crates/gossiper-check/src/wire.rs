//! States, deltas and digests as bytes, for the laws about encodings.

use std::fmt;

use gossiper_core::{DeltaOf, DigestOf, StateOf};
use gossiper_transport::{BincodeCodec, Codec};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::subject::{Check, Subject};

/// The bytes of one type, with serde forgotten.
pub(crate) struct Wire<S: Subject> {
    pub(crate) encode: fn(&StateOf<S>) -> Vec<u8>,
    pub(crate) decode: fn(&[u8]) -> Option<StateOf<S>>,
    pub(crate) encode_delta: fn(&DeltaOf<S>) -> Vec<u8>,
    pub(crate) decode_delta: fn(&[u8]) -> Option<DeltaOf<S>>,
    pub(crate) encode_digest: fn(&DigestOf<S>) -> Vec<u8>,
    pub(crate) decode_digest: fn(&[u8]) -> Option<DigestOf<S>>,
}

impl<S: Subject, O> Check<S, O>
where
    StateOf<S>: Serialize + DeserializeOwned,
    DeltaOf<S>: Serialize + DeserializeOwned,
    DigestOf<S>: Serialize + DeserializeOwned,
{
    /// Checks the type's bytes as well.
    #[must_use]
    pub fn with_wire(mut self) -> Self {
        self.wire = Some(Wire {
            encode: encode::<StateOf<S>>,
            decode: decode::<StateOf<S>>,
            encode_delta: encode::<DeltaOf<S>>,
            decode_delta: decode::<DeltaOf<S>>,
            encode_digest: encode::<DigestOf<S>>,
            decode_digest: decode::<DigestOf<S>>,
        });
        self
    }
}

/// A value that does not encode has no bytes; decoding then shows it.
fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    match BincodeCodec::default().encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    BincodeCodec::default().decode(bytes).ok()
}

impl<S: Subject> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}
