//! How a message becomes bytes: the one place that decides.
//!
//! *What if the encoding has to change?* Only [`Codec`] and its one
//! implementation, [`BincodeCodec`], know it. bincode itself is finished and no
//! longer maintained (RUSTSEC-2025-0141), so no public signature of this
//! workspace names it, and replacing it means one new implementation and a new
//! [protocol version](crate::frame::PROTOCOL_VERSION).
//!
//! *What may a hostile peer's bytes cost?* Time in proportion to their number,
//! memory for at most one element a byte, and a bounded stack. The decoder
//! refuses a message whose sequences and maps, nested ones included, announce
//! more elements than the message has bytes; one that nests too deeply; and one
//! whose strings are longer than the input. Decoding gives a whole value or an
//! error.
//!
//! Cost of [`BincodeCodec`] in bytes (bincode 2, standard configuration):
//!
//! | value | bytes |
//! |---|---|
//! | integer of 16 to 128 bits | 1 up to 250; else 1 and the smallest of 2, 4, 8, 16 that holds it, little endian; signed ones zigzag first |
//! | `u8`, `i8`, `bool` | 1 |
//! | `f32`, `f64` | 4, 8 |
//! | string, byte buffer, sequence, map | the length as an integer, then the content |
//! | `Option` | 1, then the content |
//! | enum | the variant's index as an integer, then the content |
//! | struct, tuple, unit | the fields, nothing else |
//!
//! A random 64-bit id thus takes 9 bytes, a small count 1.
//!
//! Known limits. The encoding does not describe itself, so message types cannot
//! use `#[serde(flatten)]`, `tag` and `untagged`, which fail when the first
//! message is decoded, or `skip_serializing_if`, which makes a decoder misread
//! what follows. A sequence of elements without content, such as `Vec<()>`, is
//! refused once the message has more elements than bytes: send the count
//! instead. An integer has one encoding that encoders write and longer ones
//! that decoders accept too, so bytes that differ may decode to equal values.

use std::error::Error as StdError;
use std::marker::PhantomData;

use bincode::config;
use bincode::enc::write::{SizeWriter, Writer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::bounded::{Bounded, Budget, Refusal};

/// Turns messages into bytes and back.
///
/// Laws, for every message `m` that encodes:
///
/// * *round trip*: decoding exactly what `m` encodes to gives `m` again, as
///   long as `m` is within the codec's documented limits;
/// * *determinism*: equal messages encode to equal bytes, if what they hold is
///   iterated in order;
/// * *length*: `encoded_len` is the number of bytes that `encode` appends.
///
/// `decode` must take any bytes without panicking, and must bound the time and
/// memory that it spends on them.
pub trait Codec {
    /// Appends the bytes of `message` to `buffer`.
    ///
    /// # Errors
    ///
    /// If the message has no encoding; `buffer` is as it was then.
    fn encode<M: Serialize + ?Sized>(
        &self,
        message: &M,
        buffer: &mut Vec<u8>,
    ) -> Result<(), EncodeError>;

    /// How many bytes `message` takes, without storing them.
    ///
    /// # Errors
    ///
    /// If the message has no encoding.
    fn encoded_len<M: Serialize + ?Sized>(&self, message: &M) -> Result<usize, EncodeError>;

    /// The message that `bytes`, all of them, stand for.
    ///
    /// # Errors
    ///
    /// If they stand for none.
    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<M, DecodeError>;
}

/// bincode 2 in its standard configuration, decoding within bounds.
///
/// ```
/// use gossiper_transport::{BincodeCodec, Codec};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let codec = BincodeCodec::default();
/// let mut bytes = Vec::new();
/// codec.encode(&("seven", 7_u64), &mut bytes)?;
/// assert_eq!(bytes, b"\x05seven\x07");
/// assert_eq!(codec.decode::<(String, u64)>(&bytes)?, ("seven".to_owned(), 7));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BincodeCodec {
    max_depth: usize,
}

/// Levels of nesting in a message, unless set otherwise.
///
/// A guess. The messages of `gossiper_core` take up to five levels around what
/// they carry. A recursive enum of 160 bytes was measured to take less than
/// 4 KiB of stack a level in an unoptimized build, so 128 levels need less than
/// a quarter of the 2 MiB that a thread has by default.
const MAX_DEPTH: usize = 128;

impl BincodeCodec {
    /// Decodes messages of up to `levels` levels. Default 128.
    ///
    /// Each option, sequence, map, tuple, struct, newtype and enum opens a
    /// level inside the one around it. Every level takes room on the stack, as
    /// much as its type's `Deserialize` needs, which is up to a few KiB in an
    /// unoptimized build. Encoding does not count levels:
    /// peers refuse what is nested too deeply.
    #[must_use]
    pub const fn with_max_depth(self, levels: usize) -> Self {
        Self { max_depth: levels }
    }
}

impl Default for BincodeCodec {
    fn default() -> Self {
        Self { max_depth: MAX_DEPTH }
    }
}

impl Codec for BincodeCodec {
    fn encode<M: Serialize + ?Sized>(
        &self,
        message: &M,
        buffer: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let before = buffer.len();
        write(message, Appender(buffer)).inspect_err(|_| buffer.truncate(before))
    }

    fn encoded_len<M: Serialize + ?Sized>(&self, message: &M) -> Result<usize, EncodeError> {
        let mut counter = SizeWriter::default();
        write(message, &mut counter)?;
        Ok(counter.bytes_written)
    }

    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<M, DecodeError> {
        let mut budget = Budget::new(bytes.len(), self.max_depth);
        let seed = Bounded::new(PhantomData::<M>, &mut budget);
        let decoded = bincode::serde::seed_decode_from_slice(seed, bytes, config::standard());
        // First, for a refusal also shows as an error of the decoder.
        if let Some(refusal) = budget.refusal() {
            return Err(refusal.into());
        }
        let (message, read) =
            decoded.map_err(|error| DecodeError::Malformed { source: Box::new(error) })?;
        match bytes.len() - read {
            0 => Ok(message),
            trailing => Err(DecodeError::TrailingBytes { trailing }),
        }
    }
}

fn write<M: Serialize + ?Sized>(message: &M, writer: impl Writer) -> Result<(), EncodeError> {
    bincode::serde::encode_into_writer(message, writer, config::standard())
        .map_err(|error| EncodeError::Unencodable { source: Box::new(error) })
}

/// Appends to a buffer.
struct Appender<'a>(&'a mut Vec<u8>);

impl Writer for Appender<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Why a message could not be encoded. Nothing was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The message takes more bytes than peers accept.
    ///
    /// Send less at once, or raise the limit at every peer.
    #[error("message of {got} bytes exceeds the {max}-byte limit")]
    TooLarge {
        /// The message's length in bytes.
        got: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The message's type cannot be encoded, or refuses to be: a sequence that
    /// does not know its length, or an error of the type's own.
    ///
    /// A mistake in the type's `Serialize`; see the source.
    #[error("message has no encoding")]
    Unencodable {
        /// The encoder's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// Why bytes are not a message. No part of a message was kept.
///
/// The sender is faulty or hostile, or has another version of the type. Drop
/// the bytes; if it happens again, drop the connection.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A sequence or map announces more elements than the message may still
    /// have; in all it may have as many as it has bytes.
    #[error("{announced} elements announced where at most {left} may still come")]
    TooManyElements {
        /// The announced number of elements.
        announced: usize,
        /// How many there may still be.
        left: usize,
    },
    /// The message is nested more deeply than the codec allows.
    ///
    /// If an honest message has so many levels, raise the limit at every peer.
    #[error("message exceeds the limit of {max} levels")]
    TooDeep {
        /// The limit, in levels.
        max: usize,
    },
    /// The message ends before its bytes do.
    #[error("{trailing} bytes follow the message")]
    TrailingBytes {
        /// How many bytes are too many.
        trailing: usize,
    },
    /// The bytes end early, or are no encoding of the type.
    #[error("bytes are no encoding of the message type")]
    Malformed {
        /// The decoder's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl From<Refusal> for DecodeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Elements { announced, left } => Self::TooManyElements { announced, left },
            Refusal::Depth { max } => Self::TooDeep { max },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gossiper_core::ReplicaMessage;
    use gossiper_core::replica::Update;
    use gossiper_core::rumor::{Rumor, RumorBatch};
    use gossiper_core::{Dot, ReplicaId};
    use serde::ser::{Error as _, SerializeSeq, Serializer};

    use super::*;

    fn bytes_of(message: &impl Serialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        BincodeCodec::default().encode(message, &mut bytes).unwrap();
        assert_eq!(BincodeCodec::default().encoded_len(message).unwrap(), bytes.len());
        bytes
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        enum Kind {
            Unit,
            Newtype(Option<u8>),
            Tuple(i128, char),
            Struct { f: f32, g: f64, bytes: Wrapper },
        }
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Wrapper(Vec<u8>);
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Unit;

        let kinds = vec![
            Kind::Unit,
            Kind::Newtype(None),
            Kind::Newtype(Some(250)),
            Kind::Tuple(i128::MIN, 'ß'),
            Kind::Struct { f: -0.5, g: f64::MAX, bytes: Wrapper(vec![0, 255]) },
        ];
        let names =
            BTreeMap::from([("a".to_owned(), (u64::MAX, true)), (String::new(), (0, false))]);
        let message = (kinds, names, Unit, (), [i16::MIN, i16::MAX], Box::new(u128::MAX));
        let bytes = bytes_of(&message);
        let decoded = BincodeCodec::default().decode::<(
            Vec<Kind>,
            BTreeMap<String, (u64, bool)>,
            Unit,
            (),
            [i16; 2],
            Box<u128>,
        )>(&bytes);
        assert_eq!(decoded.unwrap(), message);
    }

    #[test]
    fn a_failed_encoding_leaves_the_buffer_as_it_was() {
        struct Stops;
        impl Serialize for Stops {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut seq = serializer.serialize_seq(Some(2))?;
                seq.serialize_element(&1)?;
                Err(S::Error::custom("no more"))
            }
        }
        let mut buffer = vec![1, 2, 3];
        let error = BincodeCodec::default().encode(&Stops, &mut buffer).unwrap_err();
        assert_eq!(buffer, [1, 2, 3]);
        assert!(error.source().is_some_and(|source| source.to_string().contains("no more")));
    }

    #[test]
    fn elements_are_limited_by_bytes_over_the_whole_message() {
        let decode = |bytes: &[u8]| BincodeCodec::default().decode::<Vec<Vec<()>>>(bytes);
        assert_eq!(decode(&[2, 1, 0]).unwrap(), [vec![()], vec![]]);
        assert_eq!(decode(&[1, 1]).unwrap(), [[()]]);
        assert!(matches!(
            decode(&[2, 0, 2]),
            Err(DecodeError::TooManyElements { announced: 2, left: 1 })
        ));
    }

    #[test]
    fn levels_are_counted_up_to_the_limit() {
        let id = Dot::new(ReplicaId::new(1), 1).unwrap().into();
        let update = Update::of(7_u64);
        let message = ReplicaMessage::<(), u64>::Rumors(RumorBatch {
            rumors: vec![Rumor::new(id, update.into())],
            ..RumorBatch::default()
        });
        let bytes = bytes_of(&message);
        let decode = |levels| {
            let codec = BincodeCodec::default().with_max_depth(levels);
            codec.decode::<ReplicaMessage<(), u64>>(&bytes)
        };
        assert_eq!(decode(6).unwrap(), message);
        assert!(matches!(decode(5), Err(DecodeError::TooDeep { max: 5 })));
    }

    #[test]
    fn a_message_must_end_where_its_bytes_do() {
        let decode = |bytes: &[u8]| BincodeCodec::default().decode::<(u8, u8)>(bytes);
        assert_eq!(decode(&[1, 2]).unwrap(), (1, 2));
        assert!(matches!(decode(&[1, 2, 3, 4]), Err(DecodeError::TrailingBytes { trailing: 2 })));
        let short = decode(&[1]).unwrap_err();
        assert!(matches!(short, DecodeError::Malformed { .. }) && short.source().is_some());
    }
}
