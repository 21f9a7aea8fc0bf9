//! From a plan that breaks a law to the smallest one that does.

use std::fmt::Debug;

use super::plan::{Action, Plan, current};
use crate::law::Law;
use crate::ops::OpTree;
use crate::shrink::simplify_op;
use crate::subject::{Check, Subject};

/// Attempts at most: a run under faults takes longer than a history.
const ATTEMPTS: usize = 3_000;

/// A local minimum of a plan that breaks `law`: no action, replica or fault of
/// the network can be taken from it, and no operation be made simpler.
pub(super) fn shrink<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    mut draft: Plan<OpTree<O>>,
    law: Law,
) -> Plan<O> {
    let mut left = ATTEMPTS;
    let mut breaks = |draft: &Plan<OpTree<O>>| {
        left = left.saturating_sub(1);
        left > 0 && check.replay_faults(&current(draft)).is_some_and(|found| found.law == law)
    };
    loop {
        let mut smaller = false;
        for weaken in [
            |plan: &mut Plan<OpTree<O>>| plan.loss = 0,
            |plan: &mut Plan<OpTree<O>>| plan.duplication = 0,
            |plan: &mut Plan<OpTree<O>>| plan.reordering = 0,
            |plan: &mut Plan<OpTree<O>>| plan.delay = 0,
            |plan: &mut Plan<OpTree<O>>| plan.replicas = plan.replicas.saturating_sub(1).max(2),
        ] {
            let old =
                (draft.loss, draft.duplication, draft.reordering, draft.delay, draft.replicas);
            weaken(&mut draft);
            let new =
                (draft.loss, draft.duplication, draft.reordering, draft.delay, draft.replicas);
            if old != new && breaks(&draft) {
                smaller = true;
            } else {
                (draft.loss, draft.duplication, draft.reordering, draft.delay, draft.replicas) =
                    old;
            }
        }
        for place in (0..draft.actions.len()).rev() {
            let action = draft.actions.remove(place);
            if breaks(&draft) {
                smaller = true;
            } else {
                draft.actions.insert(place, action);
            }
        }
        smaller |= simplify(&mut draft, &mut breaks);
        if !smaller {
            return current(&draft);
        }
    }
}

fn simplify<O: Clone + Debug + 'static>(
    draft: &mut Plan<OpTree<O>>,
    breaks: &mut impl FnMut(&Plan<OpTree<O>>) -> bool,
) -> bool {
    let mut simplified = false;
    for place in 0..draft.actions.len() {
        simplified |= simplify_op(
            draft,
            |draft: &mut Plan<OpTree<O>>, change| match &mut draft.actions[place].1 {
                Action::Op { op, .. } => change(op),
                _ => false,
            },
            breaks,
        );
    }
    simplified
}
