//! From a history that breaks a law to the smallest one that does.
//!
//! A local minimum: no step, no replica and no simpler operation can be taken
//! from it without the violation going away.

use std::fmt::Debug;

use proptest::strategy::ValueTree;

use crate::draft::Draft;
use crate::history::{History, Step};
use crate::ops::OpTree;

/// Attempts at most: shrinking a long history of large operations must end.
const ATTEMPTS: usize = 20_000;

/// Shrinks `draft`, which must break a law as `breaks` tells.
pub(crate) fn shrink<O: Clone + Debug + 'static>(
    mut draft: Draft<O>,
    breaks: impl Fn(&History<O>) -> bool,
) -> History<O> {
    let mut left = ATTEMPTS;
    let mut try_it = |draft: &Draft<O>| {
        left = left.saturating_sub(1);
        left > 0 && breaks(&draft.history())
    };
    loop {
        let fewer_steps = drop_steps(&mut draft, &mut try_it);
        let fewer_replicas = drop_replicas(&mut draft, &mut try_it);
        let simpler = simplify_ops(&mut draft, &mut try_it);
        if !(fewer_steps || fewer_replicas || simpler) {
            return renumbered(draft.history());
        }
    }
}

/// Takes away runs of steps, long ones first, as long as the rest still breaks
/// the law.
fn drop_steps<O: Clone + Debug + 'static>(
    draft: &mut Draft<O>,
    breaks: &mut impl FnMut(&Draft<O>) -> bool,
) -> bool {
    let mut dropped = false;
    let mut run = draft.steps.len();
    while run > 0 {
        let mut end = draft.steps.len();
        while end > 0 {
            let start = end.saturating_sub(run);
            let tail = draft.steps.split_off(end);
            let taken = draft.steps.split_off(start);
            draft.steps.extend(tail);
            if breaks(draft) {
                dropped = true;
            } else {
                let tail = draft.steps.split_off(start);
                draft.steps.extend(taken);
                draft.steps.extend(tail);
            }
            end = start;
        }
        run /= 2;
    }
    dropped
}

/// Lets another replica do what the last one did, as long as that breaks the
/// law, and forgets replicas that do nothing.
fn drop_replicas<O: Clone + Debug + 'static>(
    draft: &mut Draft<O>,
    breaks: &mut impl FnMut(&Draft<O>) -> bool,
) -> bool {
    let mut dropped = false;
    for gone in (1..draft.replicas).rev() {
        for instead in 0..gone {
            let before: Vec<_> = draft.steps.iter().map(places).collect();
            let rename = |place: usize| match place {
                _ if place == gone => instead,
                _ if place > gone => place - 1,
                _ => place,
            };
            for step in &mut draft.steps {
                let (a, b) = places(step);
                set_places(step, (rename(a), rename(b)));
            }
            draft.replicas -= 1;
            if breaks(draft) {
                dropped = true;
                break;
            }
            draft.replicas += 1;
            for (step, old) in draft.steps.iter_mut().zip(before) {
                set_places(step, old);
            }
        }
    }
    dropped
}

/// Makes one operation after the other simpler, by the rules of the strategy
/// that it comes from.
fn simplify_ops<O: Clone + Debug + 'static>(
    draft: &mut Draft<O>,
    breaks: &mut impl FnMut(&Draft<O>) -> bool,
) -> bool {
    let mut simplified = false;
    for place in 0..draft.steps.len() {
        simplified |= simplify_op(draft, |draft, change| op_at(draft, place, change), breaks);
    }
    simplified
}

fn op_at<O>(
    draft: &mut Draft<O>,
    place: usize,
    change: &mut dyn FnMut(&mut OpTree<O>) -> bool,
) -> bool {
    match &mut draft.steps[place] {
        Step::Op { op, .. } => change(op),
        _ => false,
    }
}

/// Makes one operation of a draft simpler. `at` applies a change to it, if it
/// is one.
pub(crate) fn simplify_op<D, O: Clone + Debug + 'static>(
    draft: &mut D,
    at: impl Fn(&mut D, &mut dyn FnMut(&mut OpTree<O>) -> bool) -> bool,
    breaks: &mut impl FnMut(&D) -> bool,
) -> bool {
    let mut simplest = None;
    let mut keep = |draft: &mut D| {
        at(draft, &mut |tree| {
            simplest = Some(tree.current());
            true
        });
    };
    keep(draft);
    let mut simplified = false;
    while at(draft, &mut |tree| tree.simplify()) {
        let mut broke = breaks(draft);
        while !broke && at(draft, &mut |tree| tree.complicate()) {
            broke = breaks(draft);
        }
        if !broke {
            break;
        }
        simplified = true;
        keep(draft);
    }
    // The search ends on a value that is too simple.
    if let Some(simplest) = simplest {
        at(draft, &mut |tree| {
            *tree = Box::new(Fixed(simplest.clone()));
            true
        });
    }
    simplified
}

/// An operation that is as simple as it gets.
#[derive(Debug)]
struct Fixed<O>(O);

impl<O: Clone + Debug> ValueTree for Fixed<O> {
    type Value = O;

    fn current(&self) -> O {
        self.0.clone()
    }

    fn simplify(&mut self) -> bool {
        false
    }

    fn complicate(&mut self) -> bool {
        false
    }
}

/// The replicas that a step names, one of them twice if it names one.
fn places<O>(step: &Step<O>) -> (usize, usize) {
    match step {
        Step::Op { at, .. } | Step::Backup { at } | Step::Crash { at, .. } => (*at, *at),
        Step::Deliver { to, .. } => (*to, *to),
        Step::Pull { from, to } => (*from, *to),
    }
}

fn set_places<O>(step: &mut Step<O>, (a, b): (usize, usize)) {
    match step {
        Step::Op { at, .. } | Step::Backup { at } | Step::Crash { at, .. } => *at = a,
        Step::Deliver { to, .. } => *to = a,
        Step::Pull { from, to } => (*from, *to) = (a, b),
    }
}

/// Numbers the messages in the order in which they are made.
fn renumbered<O>(mut history: History<O>) -> History<O> {
    let made = history.steps.iter().filter_map(|step| match step {
        Step::Op { message, .. } => Some(*message),
        _ => None,
    });
    let order: Vec<usize> = made.collect();
    for step in &mut history.steps {
        if let Step::Op { message, .. } | Step::Deliver { message, .. } = step
            && let Some(place) = order.iter().position(|old| old == message)
        {
            *message = place;
        }
    }
    history
}
