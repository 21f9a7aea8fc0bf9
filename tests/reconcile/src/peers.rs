//! What people would use instead. Bytes are those of the messages alone.

use std::collections::BTreeSet;

use merkle_search_tree::MerkleSearchTree;
use merkle_search_tree::diff::diff;
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use riblt::{RatelessIBLT, Symbol, UnmanagedRatelessIBLT};

pub type ElementId = [u8; 16];

/// Bytes both ways, round trips, and how many differences were found.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub bytes: usize,
    pub round_trips: usize,
    pub found: usize,
}

/// All ids one way, and what the other side lacks back.
pub mod naive {
    use super::*;

    pub fn build(ids: &[ElementId]) -> Vec<ElementId> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    }

    pub fn session(ours: &[ElementId], theirs: &[ElementId]) -> Cost {
        let (mut a, mut b) = (ours.iter().peekable(), theirs.iter().peekable());
        let (mut wanted, mut found) = (0, 0);
        loop {
            match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some(x), Some(y)) if x == y => {
                    a.next();
                    b.next();
                }
                (Some(x), y) if y.is_none_or(|y| x < y) => {
                    a.next();
                    (wanted, found) = (wanted + 1, found + 1);
                }
                _ => {
                    b.next();
                    found += 1;
                }
            }
        }
        Cost { bytes: 16 * (ours.len() + wanted), round_trips: 1, found }
    }
}

/// Range-based set reconciliation: ids of 32 bytes, one timestamp for all.
pub mod ranges {
    use super::*;

    pub fn build(ids: &[ElementId]) -> NegentropyStorageVector {
        let mut storage = NegentropyStorageVector::with_capacity(ids.len());
        for id in ids {
            let mut wide = [0; 32];
            wide[..16].copy_from_slice(id);
            storage.insert(0, Id::from_byte_array(wide)).expect("not sealed");
        }
        storage.seal().expect("not sealed");
        storage
    }

    pub fn session(ours: &NegentropyStorageVector, theirs: &NegentropyStorageVector) -> Cost {
        let mut client = Negentropy::borrowed(ours, 0).expect("no frame limit");
        let mut server = Negentropy::borrowed(theirs, 0).expect("no frame limit");
        let mut cost = Cost::default();
        let mut question = client.initiate().expect("once");
        let (mut have, mut need) = (Vec::new(), Vec::new());
        loop {
            let answer = server.reconcile(&question).expect("an honest question");
            cost.bytes += question.len() + answer.len();
            cost.round_trips += 1;
            let next = client.reconcile_with_ids(&answer, &mut have, &mut need);
            match next.expect("an honest answer") {
                Some(next) => question = next,
                None => break,
            }
        }
        cost.found = have.len() + need.len();
        cost
    }
}

/// A Merkle search tree: root hashes, one side's pages, and the keys of the
/// ranges in which they differ, both ways. Pages are counted with keys of 16
/// bytes and hashes of 16.
pub mod tree {
    use super::*;

    pub type Tree = MerkleSearchTree<ElementId, ()>;

    pub fn build(ids: &[ElementId]) -> (Tree, BTreeSet<ElementId>) {
        let mut tree = Tree::default();
        for id in ids {
            tree.upsert(*id, &());
        }
        tree.root_hash();
        (tree, ids.iter().copied().collect())
    }

    pub fn session(
        (ours, our_keys): &(Tree, BTreeSet<ElementId>),
        (theirs, their_keys): &(Tree, BTreeSet<ElementId>),
    ) -> Cost {
        if ours.root_hash_cached() == theirs.root_hash_cached() {
            return Cost { bytes: 16, round_trips: 1, found: 0 };
        }
        let our_pages = ours.serialise_page_ranges().expect("hashed");
        let their_pages = theirs.serialise_page_ranges().expect("hashed");
        let mut cost = Cost { bytes: 16 + 48 * their_pages.len(), round_trips: 2, found: 0 };
        // What differs either way: each side finds what it lacks of the other.
        let mut wanted = BTreeSet::new();
        let found = diff(our_pages.clone(), their_pages.clone());
        for range in found.iter().chain(&diff(their_pages, our_pages)) {
            wanted.insert((*range.start(), *range.end()));
        }
        let (mut a, mut b) = (BTreeSet::new(), BTreeSet::new());
        for (start, end) in wanted {
            cost.bytes += 32;
            a.extend(our_keys.range(start..=end).copied());
            b.extend(their_keys.range(start..=end).copied());
        }
        cost.bytes += 16 * (a.len() + b.len());
        cost.found = a.symmetric_difference(&b).count();
        cost
    }
}

/// The rateless IBLT of the crate `riblt`, with words of 64 bits, 24 bytes a
/// symbol. It is tried again when there are a quarter more symbols.
pub mod iblt {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Word(pub u64);

    impl Symbol for Word {
        const BYTE_ARRAY_LENGTH: usize = 8;

        fn encode_to_bytes(&self) -> Vec<u8> {
            self.0.to_le_bytes().to_vec()
        }

        fn decode_from_bytes(bytes: &Vec<u8>) -> Self {
            Self(u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")))
        }
    }

    pub type Table = RatelessIBLT<Word, Vec<Word>>;

    /// With as many symbols as `differences` will need.
    pub fn build(words: &[u64], differences: usize) -> Table {
        let mut table = RatelessIBLT::new(words.iter().copied().map(Word).collect());
        table.extend_coded_symbols(2 * differences + 64);
        table
    }

    pub fn session(ours: &mut Table, theirs: &mut Table) -> Cost {
        let mut received = UnmanagedRatelessIBLT::new();
        let mut cost = Cost::default();
        let mut next = 16;
        loop {
            while received.coded_symbols.len() < next {
                received.add_coded_symbol(&theirs.get_coded_symbol(received.coded_symbols.len()));
            }
            cost.round_trips += 1;
            let mut rest = ours.collapse(&received);
            let found = rest.peel_all_symbols().len();
            if rest.is_empty() {
                cost.bytes = 24 * next;
                cost.found = found;
                return cost;
            }
            next += next / 4;
        }
    }
}
