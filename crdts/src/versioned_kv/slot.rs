//! One writer's last word on one key.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::num::NonZeroU64;

use gossiper_core::lattice::{Dot, ReplicaId};

use super::Versioned;
use super::by_writer::ByWriter;

/// The last put of one writer to one key, live or dead.
///
/// The slots that one writer can have for one key form a chain, in the order of
/// the fields: a later put beats an earlier one, and of the same put, dead
/// beats live. So the join of two slots is the greater of the two whatever they
/// hold, and a slot is join-irreducible.
///
/// Two slots that differ in version or value alone come only from an id that
/// two writers use; the greater one wins, so that they still join alike
/// everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Slot<V> {
    /// The sequence of the dot that the put spent.
    pub(super) sequence: NonZeroU64,
    pub(super) content: Content<V>,
}

/// The declaration order matters: dead is greater than live.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Content<V> {
    Live {
        version: NonZeroU64,
        value: V,
    },
    /// Deleted, or replaced by another writer's put. The version stays, so that
    /// the next put gets a higher one.
    Dead {
        version: NonZeroU64,
    },
}

/// What a digest tells of a slot. Marks are ordered as their slots are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Mark {
    sequence: NonZeroU64,
    fate: Fate,
}

/// The declaration order matters: dead is greater than live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Fate {
    Live,
    Dead,
}

impl<V> Slot<V> {
    /// The slot of a put that spends `dot`.
    pub(super) fn put(dot: Dot, version: NonZeroU64, value: V) -> Self {
        let sequence = NonZeroU64::new(dot.sequence()).expect("sequences of dots start at 1");
        Self { sequence, content: Content::Live { version, value } }
    }

    pub(super) const fn version(&self) -> NonZeroU64 {
        match self.content {
            Content::Live { version, .. } | Content::Dead { version } => version,
        }
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self.content, Content::Live { .. })
    }

    /// This slot, dead.
    pub(super) const fn killed(&self) -> Self {
        Self { sequence: self.sequence, content: Content::Dead { version: self.version() } }
    }

    pub(super) const fn mark(&self) -> Mark {
        let fate = if self.is_live() { Fate::Live } else { Fate::Dead };
        Mark { sequence: self.sequence, fate }
    }
}

impl<V> ByWriter<Slot<V>> {
    /// What the key reads as: of the live slots, the one with the highest
    /// version, and of those the one of the highest writer.
    pub(super) fn winner(&self) -> Option<Versioned<'_, V>> {
        self.iter()
            .filter_map(|(writer, slot)| match &slot.content {
                Content::Live { version, value } => {
                    Some(Versioned { version: version.get(), writer, value })
                }
                Content::Dead { .. } => None,
            })
            .max_by_key(|entry| (entry.version, entry.writer))
    }

    pub(super) fn is_live(&self) -> bool {
        self.iter().any(|(_, slot)| slot.is_live())
    }

    /// The highest version of any put known here, dead ones included.
    pub(super) fn max_version(&self) -> Option<NonZeroU64> {
        self.iter().map(|(_, slot)| slot.version()).max()
    }

    /// The live slots, dead.
    pub(super) fn killed(&self) -> impl Iterator<Item = (ReplicaId, Slot<V>)> {
        let live = self.iter().filter(|(_, slot)| slot.is_live());
        live.map(|(writer, slot)| (writer, slot.killed()))
    }

    pub(super) fn marks(&self) -> ByWriter<Mark> {
        ByWriter::from_distinct(self.iter().map(|(writer, slot)| (writer, slot.mark())))
            .expect("the slots of a key are not empty")
    }

    /// The slots that are above those of `known`; `None` when there is none.
    pub(super) fn above(&self, known: Option<&ByWriter<Mark>>) -> Option<Self>
    where
        V: Clone,
    {
        let news = self.iter().filter(|(writer, slot)| {
            known.and_then(|known| known.of(*writer)).is_none_or(|mark| slot.mark() > *mark)
        });
        ByWriter::from_distinct(news.map(|(writer, slot)| (writer, slot.clone())))
    }
}

/// Reads as `live #3`.
impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self.fate {
            Fate::Live => "live",
            Fate::Dead => "dead",
        };
        write!(f, "{fate} #{}", self.sequence)
    }
}

/// The slots of a key for people: what is read first, then what it hides, then
/// the marks.
pub(super) struct Shown<'a, V>(pub(super) &'a ByWriter<Slot<V>>);

impl<V: fmt::Debug> fmt::Debug for Shown<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut slots: Vec<_> = self.0.iter().collect();
        slots.sort_by_key(|(writer, slot)| Reverse((slot.is_live(), slot.version(), *writer)));
        for (i, (writer, slot)) in slots.into_iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            match &slot.content {
                Content::Live { value, .. } => value.fmt(f)?,
                Content::Dead { .. } => f.write_str("dead")?,
            }
            write!(f, " @{} by {writer}", slot.version())?;
        }
        Ok(())
    }
}
