//! The bytes that stand for one message on a connection or in a datagram.
//!
//! *How does a node know that bytes are meant for it, and that it will read
//! them as they were written, before it keeps any of them?* Every frame begins
//! with a header of fixed size that says so, and the header is checked as far
//! as it has come:
//!
//! | bytes | content | if it is wrong |
//! |---|---|---|
//! | 0..4 | magic, `GSPR` | not gossiper at all |
//! | 4 | protocol version, 1 | another generation of frames |
//! | 5..13 | schema of the state type, little endian | another type, or an older one |
//! | 13..17 | length of the body in bytes, little endian | more than the limit |
//! | 17.. | the body, from the [codec](crate::codec) | |
//!
//! A history of two replicas: `a` still runs with the state type of last year
//! and sends to `b`. After 13 bytes `b` answers with
//! [`FrameError::ForeignSchema`], which names both fingerprints; no body is
//! read, no state has changed, and `b` drops the connection.
//!
//! Cost: 17 bytes a message. A length of variable size would save three of
//! them, and cost the fixed header. Two equal replicas, of whatever size, find out
//! by one frame of 59 bytes and one of 20.
//!
//! Known limits. A frame has no checksum and no signature: bytes that change on
//! their way may decode to another message. Use a transport that protects them,
//! such as QUIC or TCP with TLS. The schema keeps honest peers apart and is no
//! secret.

use gossiper_core::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::{BincodeCodec, Codec, DecodeError, EncodeError};

/// The first bytes of every frame.
pub const MAGIC: [u8; 4] = *b"GSPR";

/// The version of header and encoding that this crate speaks.
pub const PROTOCOL_VERSION: u8 = 1;

/// Bytes before the body.
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + size_of::<u64>() + size_of::<u32>();

/// Bytes in a body, unless set otherwise: 16 MiB. A guess.
const MAX_BODY_BYTES: u32 = 16 << 20;

/// Puts messages into frames and takes them out again, for one state type.
///
/// ```
/// use gossiper_core::{GossipMessage, NodeId, Schema};
/// use gossiper_transport::{FrameCodec, Streamed};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// type Message = GossipMessage<String>;
/// let message = Message { sender: NodeId::from("a"), batch: Default::default() };
///
/// let frames = FrameCodec::new(Schema::named("chat v1"));
/// let frame = frames.encode(&message)?;
/// assert_eq!(frame.len(), frames.encoded_len(&message)?);
///
/// // One datagram is one frame.
/// assert_eq!(frames.decode::<Message>(&frame)?, message);
///
/// // On a stream a frame comes in pieces.
/// let (piece, _) = frame.split_at(10);
/// assert_eq!(frames.decode_first::<Message>(piece)?, Streamed::Incomplete { needed: 17 });
/// let whole = Streamed::Complete { message, consumed: frame.len() };
/// assert_eq!(frames.decode_first::<Message>(&frame)?, whole);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FrameCodec<C = BincodeCodec> {
    schema: Schema,
    max_body_bytes: u32,
    codec: C,
}

/// What the beginning of a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streamed<M> {
    /// No whole frame yet, and nothing wrong with what is there.
    Incomplete {
        /// The bytes there must be, those that are there included, before it is
        /// worth asking again. Never more than the largest frame.
        needed: usize,
    },
    /// A frame.
    Complete {
        /// What it says.
        message: M,
        /// How many bytes it took. The next frame begins behind them.
        consumed: usize,
    },
}

impl FrameCodec {
    /// Frames for messages about a state of this schema, in bincode, with
    /// bodies of up to 16 MiB.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        Self::with_codec(schema, BincodeCodec::default())
    }
}

impl<C> FrameCodec<C> {
    /// Frames with bodies in an encoding of the host's choice.
    #[must_use]
    pub const fn with_codec(schema: Schema, codec: C) -> Self {
        Self { schema, max_body_bytes: MAX_BODY_BYTES, codec }
    }

    /// Takes bodies of up to `bytes` bytes, in both directions. Default 16 MiB.
    ///
    /// A decoder holds one body and what it decodes to, so this bounds the
    /// memory that a connection can take. All peers need the same limit. Over
    /// datagrams, set what fits in one of them besides the header.
    #[must_use]
    pub fn with_max_body_bytes(self, bytes: u32) -> Self {
        Self { max_body_bytes: bytes, ..self }
    }

    /// The schema that frames carry.
    #[must_use]
    pub const fn schema(&self) -> Schema {
        self.schema
    }

    /// The largest body, in bytes.
    #[must_use]
    pub const fn max_body_bytes(&self) -> u32 {
        self.max_body_bytes
    }

    /// How many bytes the frame at the beginning of `received` has, or
    /// [`HEADER_BYTES`] while its header is not all there.
    ///
    /// For hosts that read exactly as much as they need: read so many bytes,
    /// ask again, read the rest, then [`decode`](Self::decode).
    ///
    /// # Errors
    ///
    /// As soon as a field of the header is there and is not what it should be.
    pub fn frame_len(&self, received: &[u8]) -> Result<usize, FrameError> {
        let Some((&magic, rest)) = received.split_first_chunk() else {
            return Ok(HEADER_BYTES);
        };
        if magic != MAGIC {
            return Err(FrameError::ForeignMagic { got: magic });
        }
        let Some((&version, rest)) = rest.split_first() else {
            return Ok(HEADER_BYTES);
        };
        if version != PROTOCOL_VERSION {
            let supported = PROTOCOL_VERSION;
            return Err(FrameError::UnsupportedVersion { got: version, supported });
        }
        let Some((&schema, rest)) = rest.split_first_chunk() else {
            return Ok(HEADER_BYTES);
        };
        let schema = Schema::from_u64(u64::from_le_bytes(schema));
        if schema != self.schema {
            return Err(FrameError::ForeignSchema { got: schema, expected: self.schema });
        }
        let Some((&body_bytes, _)) = rest.split_first_chunk() else {
            return Ok(HEADER_BYTES);
        };
        let body_bytes = u32::from_le_bytes(body_bytes);
        if body_bytes > self.max_body_bytes {
            return Err(FrameError::Oversized { got: body_bytes, max: self.max_body_bytes });
        }
        Ok(HEADER_BYTES + body_bytes as usize)
    }
}

impl<C: Codec> FrameCodec<C> {
    /// The frame of `message`.
    ///
    /// # Errors
    ///
    /// If the message has no encoding, or one that is larger than the limit.
    ///
    /// # Panics
    ///
    /// As [`encode_into`](Self::encode_into).
    pub fn encode<M: Serialize + ?Sized>(&self, message: &M) -> Result<Vec<u8>, EncodeError> {
        let mut frame = Vec::new();
        self.encode_into(message, &mut frame)?;
        Ok(frame)
    }

    /// Appends the frame of `message` to `buffer`.
    ///
    /// The message is measured first, so the buffer grows at most once, and not
    /// at all for a message that is too large.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode); `buffer` is as it was then.
    ///
    /// # Panics
    ///
    /// If the codec, or the message's `Serialize`, gives another length the
    /// second time.
    pub fn encode_into<M: Serialize + ?Sized>(
        &self,
        message: &M,
        buffer: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let body_bytes = self.body_len(message)?;
        let before = buffer.len();
        buffer.reserve(HEADER_BYTES + body_bytes as usize);
        buffer.extend_from_slice(&MAGIC);
        buffer.push(PROTOCOL_VERSION);
        buffer.extend_from_slice(&self.schema.as_u64().to_le_bytes());
        buffer.extend_from_slice(&body_bytes.to_le_bytes());
        self.codec.encode(message, buffer).inspect_err(|_| buffer.truncate(before))?;
        assert_eq!(
            buffer.len() - before,
            HEADER_BYTES + body_bytes as usize,
            "a message is encoded to the length that its codec counted"
        );
        Ok(())
    }

    /// How many bytes the frame of `message` has, without storing it.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encoded_len<M: Serialize + ?Sized>(&self, message: &M) -> Result<usize, EncodeError> {
        Ok(HEADER_BYTES + self.body_len(message)? as usize)
    }

    /// The message of a frame that is exactly `bytes`, as a datagram is.
    ///
    /// # Errors
    ///
    /// If `bytes` are not one whole frame for this schema.
    pub fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<M, FrameError> {
        match self.decode_first(bytes)? {
            Streamed::Complete { message, consumed } => match bytes.len() - consumed {
                0 => Ok(message),
                trailing => Err(FrameError::TrailingBytes { trailing }),
            },
            Streamed::Incomplete { needed } => {
                Err(FrameError::Truncated { got: bytes.len(), needed })
            }
        }
    }

    /// The message of the first frame of a stream, of which `received` has come
    /// so far.
    ///
    /// # Errors
    ///
    /// If `received` does not begin with a frame for this schema, as soon as
    /// that shows. A stream is of no more use then.
    pub fn decode_first<M: DeserializeOwned>(
        &self,
        received: &[u8],
    ) -> Result<Streamed<M>, FrameError> {
        let needed = self.frame_len(received)?;
        // Nothing is left to read while the header is incomplete, and then
        // `needed` is more than what came.
        let Some(body) = received.get(HEADER_BYTES..needed) else {
            return Ok(Streamed::Incomplete { needed });
        };
        let message =
            self.codec.decode(body).map_err(|source| FrameError::MalformedBody { source })?;
        Ok(Streamed::Complete { message, consumed: needed })
    }

    fn body_len<M: Serialize + ?Sized>(&self, message: &M) -> Result<u32, EncodeError> {
        let got = self.codec.encoded_len(message)?;
        let max = self.max_body_bytes;
        u32::try_from(got)
            .ok()
            .filter(|bytes| *bytes <= max)
            .ok_or(EncodeError::TooLarge { got, max: max as usize })
    }
}

/// Why bytes are not a frame. Nothing was decoded, and nothing changed.
///
/// On a stream there is no way to find the next frame, so drop the connection;
/// a datagram can simply be ignored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The bytes do not begin as a frame does: the peer speaks something else.
    ///
    /// Check the address and the port.
    #[error("frame begins with bytes {got:02x?} instead of {MAGIC:02x?}")]
    ForeignMagic {
        /// The first bytes.
        got: [u8; 4],
    },
    /// The peer speaks another version of the protocol.
    ///
    /// Upgrade the older of the two.
    #[error("protocol version {got} is not supported, only {supported}")]
    UnsupportedVersion {
        /// The peer's version.
        got: u8,
        /// This node's version.
        supported: u8,
    },
    /// The peer replicates another type, or the type as it was or will be.
    ///
    /// Connect only replicas of one type; give a type that changed a new
    /// schema and upgrade all of them.
    #[error("schema {got} does not match this node's {expected}")]
    ForeignSchema {
        /// The peer's schema.
        got: Schema,
        /// This node's schema.
        expected: Schema,
    },
    /// The frame announces a body that is larger than the limit.
    ///
    /// If the peer is honest, set one limit at all peers.
    #[error("frame body of {got} bytes exceeds the {max}-byte limit")]
    Oversized {
        /// The announced length in bytes.
        got: u32,
        /// The limit in bytes.
        max: u32,
    },
    /// A datagram ends before its frame does.
    ///
    /// The network may have cut it: send smaller messages.
    #[error("frame of at least {needed} bytes ends after {got}")]
    Truncated {
        /// The bytes that came.
        got: usize,
        /// The length of the frame, or of its header if that is cut.
        needed: usize,
    },
    /// A datagram holds more than one frame.
    ///
    /// Send each frame in a datagram of its own.
    #[error("{trailing} bytes follow the frame")]
    TrailingBytes {
        /// How many bytes are too many.
        trailing: usize,
    },
    /// The body is no message, although the header is in order.
    ///
    /// The peer is faulty or hostile; see the source.
    #[error("frame body is no message")]
    MalformedBody {
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use gossiper_core::replica::{Answer, Lacking, Question};
    use gossiper_core::{Fingerprint, ReplicaMessage};

    use super::*;

    fn frames() -> FrameCodec {
        FrameCodec::new(Schema::named("test"))
    }

    fn refusal(frames: &FrameCodec, bytes: &[u8]) -> String {
        let streamed = frames.decode_first::<String>(bytes).unwrap_err().to_string();
        assert_eq!(frames.decode::<String>(bytes).unwrap_err().to_string(), streamed);
        streamed
    }

    #[test]
    fn a_header_is_refused_as_soon_as_a_field_of_it_is_wrong() {
        let frames = frames().with_max_body_bytes(6);
        let frame = frames.encode("hello").unwrap();
        for (field, change, message) in [
            (0..4, 0, "frame begins with bytes [00, 53, 50, 52] instead of [47, 53, 50, 52]"),
            (4..5, 2, "protocol version 2 is not supported, only 1"),
            (5..13, 0, "schema f9e6e6ef197c2b00 does not match this node's f9e6e6ef197c2b25"),
            (13..17, 7, "frame body of 7 bytes exceeds the 6-byte limit"),
        ] {
            let mut bytes = frame[..field.end].to_vec();
            bytes[field.start] = change;
            assert_eq!(refusal(&frames, &bytes), message);
            let before = frames.frame_len(&bytes[..field.end - 1]).unwrap();
            assert_eq!(before, HEADER_BYTES, "{message}");
        }
    }

    #[test]
    fn frames_are_taken_off_a_stream_one_by_one_however_they_are_cut() {
        let frames = frames();
        let sent = ["first", "", "third"];
        let mut stream = Vec::new();
        for message in sent {
            frames.encode_into(message, &mut stream).unwrap();
        }
        let (mut buffer, mut received) = (Vec::new(), Vec::new());
        let mut wanted = HEADER_BYTES;
        for byte in stream {
            buffer.push(byte);
            match frames.decode_first::<String>(&buffer).unwrap() {
                Streamed::Incomplete { needed } => {
                    assert!(buffer.len() < needed && wanted <= needed);
                    wanted = needed;
                }
                Streamed::Complete { message, consumed } => {
                    assert_eq!((buffer.len(), wanted), (consumed, consumed));
                    received.push(message);
                    buffer.clear();
                    wanted = HEADER_BYTES;
                }
            }
        }
        assert_eq!(received, sent);
        assert_eq!(buffer, []);
    }

    #[test]
    fn a_datagram_is_one_whole_frame() {
        let frames = frames();
        let mut bytes = frames.encode("hello").unwrap();
        let cut = frames.decode::<String>(&bytes[..20]).unwrap_err();
        assert_eq!(cut.to_string(), "frame of at least 23 bytes ends after 20");
        frames.encode_into("world", &mut bytes).unwrap();
        let long = frames.decode::<String>(&bytes).unwrap_err();
        assert_eq!(long.to_string(), "23 bytes follow the frame");
    }

    #[test]
    fn a_message_is_measured_before_it_is_written() {
        let frames = frames().with_max_body_bytes(5);
        let mut buffer = vec![9];
        let error = frames.encode_into("hello", &mut buffer).unwrap_err();
        assert_eq!(error.to_string(), "message of 6 bytes exceeds the 5-byte limit");
        assert_eq!(buffer, [9]);
        assert!(frames.encoded_len("hello").is_err());
        assert_eq!(frames.encoded_len("four").unwrap(), HEADER_BYTES + 5);
    }

    #[test]
    fn a_malformed_body_keeps_its_causes() {
        let mut frame = frames().encode("hello").unwrap();
        frame[HEADER_BYTES + 1] = 0xff;
        let error = frames().decode::<String>(&frame).unwrap_err();
        let causes: Vec<_> =
            std::iter::successors(error.source(), |&cause| cause.source()).collect();
        assert_eq!(causes.len(), 2, "{causes:?}");
        assert!(causes[1].to_string().contains("Utf8"), "{causes:?}");
    }

    #[test]
    fn an_idle_exchange_takes_less_than_64_bytes_each_way() {
        let word = u128::MAX;
        let fingerprint = Fingerprint { atoms: word, context: word };
        let question = Question::Equal { fingerprint, seen: u64::MAX };
        let answer = Answer { lacking: Lacking::Nothing, question: None };
        let messages: [ReplicaMessage<(), ()>; 2] =
            [ReplicaMessage::Question(question), ReplicaMessage::Answer(answer)];
        let bytes = messages.map(|message| frames().encoded_len(&message).unwrap());
        assert_eq!(bytes, [59, 20]);
    }
}
