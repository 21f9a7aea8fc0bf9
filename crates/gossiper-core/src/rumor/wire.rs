//! A batch as bytes: which parts it has, and these.
//!
//! Most batches have one or two of six parts: some rumors with their number, or an
//! acknowledgement. A byte that says which spares a byte for each of the others.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple as _, Serializer};

use super::RumorBatch;

/// The bits of the parts, in the order in which they follow.
const NUMBER: u8 = 1;
const RUMORS: u8 = 1 << 1;
const ACKNOWLEDGED: u8 = 1 << 2;
const KNOWN: u8 = 1 << 3;
const ANNOUNCED: u8 = 1 << 4;
const WANTED: u8 = 1 << 5;

/// The byte, and six parts.
const MOST: usize = 7;

impl<T> RumorBatch<T> {
    fn parts(&self) -> u8 {
        let part = |bit, there: bool| if there { bit } else { 0 };
        part(NUMBER, self.number != 0)
            | part(RUMORS, !self.rumors.is_empty())
            | part(ACKNOWLEDGED, self.acknowledged != 0)
            | part(KNOWN, !self.known.is_empty())
            | part(ANNOUNCED, !self.announced.is_empty())
            | part(WANTED, !self.wanted.is_empty())
    }
}

impl<T: Serialize> Serialize for RumorBatch<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let parts = self.parts();
        let mut tuple = to.serialize_tuple(1 + parts.count_ones() as usize)?;
        tuple.serialize_element(&parts)?;
        if parts & NUMBER != 0 {
            tuple.serialize_element(&self.number)?;
        }
        if parts & RUMORS != 0 {
            tuple.serialize_element(&self.rumors)?;
        }
        if parts & ACKNOWLEDGED != 0 {
            tuple.serialize_element(&self.acknowledged)?;
        }
        let lists = [(KNOWN, &self.known), (ANNOUNCED, &self.announced), (WANTED, &self.wanted)];
        for (_, ids) in lists.into_iter().filter(|(bit, _)| parts & bit != 0) {
            tuple.serialize_element(ids)?;
        }
        tuple.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RumorBatch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_tuple(MOST, Parts(PhantomData))
    }
}

struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = RumorBatch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("which parts a batch of rumors has, and these")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RumorBatch<T>, A::Error> {
        let parts: u8 = next(&mut access)?;
        let mut batch = RumorBatch::default();
        if parts & NUMBER != 0 {
            batch.number = next(&mut access)?;
        }
        if parts & RUMORS != 0 {
            batch.rumors = next(&mut access)?;
        }
        if parts & ACKNOWLEDGED != 0 {
            batch.acknowledged = next(&mut access)?;
        }
        for (bit, ids) in [
            (KNOWN, &mut batch.known),
            (ANNOUNCED, &mut batch.announced),
            (WANTED, &mut batch.wanted),
        ] {
            *ids = if parts & bit != 0 { next(&mut access)? } else { Vec::new() };
        }
        // One encoding for each batch: unknown bits, and parts that are there and empty.
        if batch.parts() != parts {
            return Err(A::Error::custom("a batch of rumors has other parts than it says"));
        }
        Ok(batch)
    }
}

fn next<'de, V: Deserialize<'de>, A: SeqAccess<'de>>(access: &mut A) -> Result<V, A::Error> {
    access.next_element()?.ok_or_else(|| A::Error::custom("a batch of rumors ends early"))
}
