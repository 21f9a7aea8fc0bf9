//! Remove wins.

use std::collections::BTreeSet;

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::RwSet;
use proptest::prelude::*;

/// More elements than small sets hold without an index.
const MANY: u8 = 20;

#[derive(Clone, Copy, Debug)]
enum Op {
    Insert(u8),
    Remove(u8),
    InsertMany,
    RemoveMany,
}

impl Op {
    fn changes(self, element: u8) -> bool {
        match self {
            Self::Insert(own) | Self::Remove(own) => own == element,
            Self::InsertMany | Self::RemoveMany => element < MANY,
        }
    }

    fn adds(self) -> bool {
        matches!(self, Self::Insert(_) | Self::InsertMany)
    }
}

impl Operation<RwSet<u8>> for Op {
    fn apply(
        &self,
        set: &StateOf<RwSet<u8>>,
        ctx: &mut UpdateContext,
    ) -> Option<DeltaOf<RwSet<u8>>> {
        let recorded = set.record(ctx, |set| {
            for element in (0..MANY).filter(|element| self.changes(*element)) {
                if self.adds() {
                    set.insert(element);
                } else {
                    set.remove(element);
                }
                assert_eq!(set.contains(&element), self.adds());
            }
            Ok(())
        });
        recorded.ok()
    }
}

/// An element is in if it was added, and every removal of it was seen by a later
/// change of it: what nothing has seen are additions, and at least one.
fn remove_wins(seen: &Seen<'_, Op>) -> BTreeSet<u8> {
    let is_in = |element: &u8| {
        let changes = |op: Op| op.changes(*element);
        let last = seen.iter().filter(|one| {
            changes(*one.op()) && !seen.after(*one).any(|later| changes(*later.op()))
        });
        last.map(|one| one.op().adds()).reduce(|all, adds| all && adds).unwrap_or(false)
    };
    (0..MANY).filter(is_in).collect()
}

fn view(set: &StateOf<RwSet<u8>>) -> BTreeSet<u8> {
    assert_eq!(set.iter().count(), set.len());
    set.iter().copied().collect()
}

mod a_few {
    use super::*;

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![(0..3_u8).prop_map(Op::Insert), (0..3_u8).prop_map(Op::Remove)]
    }

    check!(RwSet<u8>, ops = ops(), with_model(view, remove_wins), with_bounded_growth());
}

/// On either side of the threshold of the index.
mod many {
    use super::*;

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![
            2 => (0..MANY).prop_map(Op::Insert),
            2 => (0..MANY).prop_map(Op::Remove),
            1 => Just(Op::InsertMany),
            1 => Just(Op::RemoveMany),
        ]
    }

    check!(RwSet<u8>, ops = ops(), with_model(view, remove_wins), with_bounded_growth());
}
