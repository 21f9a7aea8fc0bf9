//! Where writers were last found.

use alloc::vec;
use alloc::vec::Vec;

use gossiper_core::lattice::ReplicaId;

/// Guesses where a writer is in a list, which has to be checked: a wrong one
/// costs a search, and is then put right.
///
/// Many writers who take turns are each found at once, without a search of
/// log w steps that no branch predictor foresees. Guesses have 16 to 32 bytes for
/// a writer, from the first time that one of many is searched for.
pub(super) struct Guesses {
    /// A power of two of places, or none.
    places: Vec<u32>,
}

/// So few are searched as fast.
const FEW: usize = 16;

impl Guesses {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new() }
    }

    #[inline]
    pub(super) fn of(&self, writer: ReplicaId) -> usize {
        self.places.get(self.slot(writer)).map_or(0, |place| *place as usize)
    }

    /// Notes where a writer was found among so many.
    pub(super) fn note(&mut self, writer: ReplicaId, place: usize, writers: usize) {
        if writers <= FEW {
            return;
        }
        if self.places.len() < 4 * writers {
            self.places = vec![0; (4 * writers).next_power_of_two()];
        }
        let slot = self.slot(writer);
        if let (Some(own), Ok(place)) = (self.places.get_mut(slot), u32::try_from(place)) {
            *own = place;
        }
    }

    /// Fibonacci hashing (Knuth, *The Art of Computer Programming*, volume 3, 1998,
    /// section 6.4): ids that were chosen to meet in one slot only cost searches.
    #[inline]
    fn slot(&self, writer: ReplicaId) -> usize {
        let hash = writer.as_u64().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        hash as usize & self.places.len().wrapping_sub(1)
    }
}
