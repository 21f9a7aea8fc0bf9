//! Everything that was seen is in.

use std::collections::BTreeSet;

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{Delta, UpdateContext};
use gossiper_crdts::GSet;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Insert(String);

impl Operation<GSet<String>> for Insert {
    fn apply(&self, set: &GSet<String>, _: &mut UpdateContext) -> Option<Delta<GSet<String>>> {
        Some(set.insert(self.0.clone()))
    }
}

fn view(set: &GSet<String>) -> BTreeSet<String> {
    set.iter().cloned().collect()
}

/// Everything that was seen is in.
fn inserted(seen: &Seen<'_, Insert>) -> BTreeSet<String> {
    seen.iter().map(|one| one.op().0.clone()).collect()
}

check!(GSet<String>, ops = "[a-f]{0,2}".prop_map(Insert), with_model(view, inserted));
