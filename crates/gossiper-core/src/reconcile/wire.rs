//! Numbers and pieces as bytes, of which there is one way each.

use alloc::vec::Vec;

use thiserror::Error;

/// Why bytes stand for no piece. Nothing has happened; the peer is broken,
/// hostile or of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PieceError {
    /// The bytes end before the piece does, or announce more than they have.
    #[error("the piece ends after {bytes} bytes, before all that it announces")]
    Truncated {
        /// How many bytes there are.
        bytes: usize,
    },
    /// Bytes follow on the piece.
    #[error("{bytes} bytes follow on the piece")]
    TrailingBytes {
        /// How many of them.
        bytes: usize,
    },
    /// No encoder writes this.
    #[error("the piece is not encoded as this version encodes it")]
    NotCanonical,
}

/// Appends `number`, seven bits a byte, the low ones first.
pub(super) fn put_u32(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What is left to read.
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    all: usize,
}

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, all: bytes.len() }
    }

    pub(super) const fn truncated(&self) -> PieceError {
        PieceError::Truncated { bytes: self.all }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PieceError> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or(self.truncated())?;
        self.bytes = rest;
        Ok(*array)
    }

    pub(super) fn slice(&mut self, len: usize) -> Result<&'b [u8], PieceError> {
        let (slice, rest) = self.bytes.split_at_checked(len).ok_or(self.truncated())?;
        self.bytes = rest;
        Ok(slice)
    }

    /// A number as [`put_u32`] writes it.
    pub(super) fn u32(&mut self) -> Result<u32, PieceError> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let shortest = byte != 0 || shift == 0;
                let number = u32::try_from(number).map_err(|_| PieceError::NotCanonical)?;
                return if shortest { Ok(number) } else { Err(PieceError::NotCanonical) };
            }
        }
        Err(PieceError::NotCanonical)
    }

    /// `count`, if so many things of at least `least` bytes each can follow.
    pub(super) fn room_for(&self, count: u32, least: usize) -> Result<usize, PieceError> {
        let count = count as usize;
        if count > self.bytes.len() / least { Err(self.truncated()) } else { Ok(count) }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'b [u8] {
        self.bytes
    }

    pub(super) fn end(&self) -> Result<(), PieceError> {
        match self.bytes.len() {
            0 => Ok(()),
            bytes => Err(PieceError::TrailingBytes { bytes }),
        }
    }
}

/// serde for a type with `to_bytes` and `from_bytes`: a byte buffer.
macro_rules! serde_as_bytes {
    ($piece:ty, $what:literal) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $piece {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.to_bytes())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $piece {
            fn deserialize<D: serde::Deserializer<'de>>(decoder: D) -> Result<Self, D::Error> {
                let visitor = $crate::reconcile::wire::PieceVisitor {
                    what: $what,
                    from_bytes: <$piece>::from_bytes,
                };
                decoder.deserialize_bytes(visitor)
            }
        }
    };
}
pub(super) use serde_as_bytes;

/// Makes a piece of the bytes that a decoder finds.
#[cfg(feature = "serde")]
pub(super) struct PieceVisitor<P> {
    pub(super) what: &'static str,
    pub(super) from_bytes: fn(&[u8]) -> Result<P, PieceError>,
}

#[cfg(feature = "serde")]
impl<'de, P> serde::de::Visitor<'de> for PieceVisitor<P> {
    type Value = P;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.what)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<P, E> {
        (self.from_bytes)(bytes).map_err(E::custom)
    }

    /// Formats for people have lists of numbers instead.
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut numbers: A) -> Result<P, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = numbers.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
