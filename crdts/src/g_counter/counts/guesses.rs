//! Where writers were last found.

use alloc::boxed::Box;
use alloc::vec;
use core::hash::BuildHasher;

use foldhash::fast::RandomState;
use gossiper_core::lattice::ReplicaId;

/// Guesses where a writer is in a list, which has to be checked: a wrong one
/// costs a search, and is then put right.
///
/// Many writers who take turns are each found at once, without a search of
/// log w steps that no branch predictor foresees. Guesses have 16 to 32 bytes for a
/// writer, from the first time that one of many is raised; which of two writers
/// is found faster is all that depends on their hashes.
pub(super) struct Guesses(Option<Box<Table>>);

struct Table {
    hasher: RandomState,
    /// A power of two of places.
    places: Box<[u32]>,
}

/// So few are searched as fast.
const FEW: usize = 16;

impl Guesses {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    #[inline]
    pub(super) fn of(&self, writer: ReplicaId) -> usize {
        self.0.as_ref().map_or(0, |table| table.places[table.slot(writer)] as usize)
    }

    /// Notes where a writer was found among so many.
    #[inline]
    pub(super) fn note(&mut self, writer: ReplicaId, place: usize, writers: usize) {
        match &mut self.0 {
            Some(table) if 4 * writers <= table.places.len() => {
                let slot = table.slot(writer);
                // Beyond 2^32 writers there are no guesses.
                table.places[slot] = u32::try_from(place).unwrap_or(0);
            }
            _ if writers <= FEW => {}
            _ => self.grow(writers),
        }
    }

    #[cold]
    fn grow(&mut self, writers: usize) {
        let places = vec![0; (4 * writers).next_power_of_two()].into_boxed_slice();
        self.0 = Some(Box::new(Table { hasher: RandomState::default(), places }));
    }
}

impl Table {
    #[expect(clippy::cast_possible_truncation, reason = "the mask takes low bits only")]
    #[inline]
    fn slot(&self, writer: ReplicaId) -> usize {
        self.hasher.hash_one(writer) as usize & (self.places.len() - 1)
    }
}
