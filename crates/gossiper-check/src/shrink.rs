//! From a history that breaks a law to the smallest one that does.
//!
//! A local minimum: no step and no replica can be taken from it, no restart be
//! made milder and no operation simpler, without the violation going away.

use std::fmt::Debug;

use crate::draft::Draft;
use crate::history::{History, Restart, Step};
use crate::subject::{Check, Subject};
use crate::values::Values;

/// Attempts at most: shrinking a long history of large operations must end.
const ATTEMPTS: usize = 20_000;

/// Shrinks the history of `case`, which must break a law as `breaks` tells.
pub(crate) fn shrink<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    case: u64,
    breaks: impl Fn(&History<O>) -> bool,
) -> History<O> {
    let mut values = Values::new(|| Draft::random(check, case).into_ops());
    let mut skeleton = Draft::random(check, case).skeleton();
    let mut left = ATTEMPTS;
    let mut breaks = |skeleton: &History<usize>, ops: &[O]| {
        left = left.saturating_sub(1);
        left > 0 && breaks(&filled(skeleton, ops))
    };
    loop {
        let mut try_it = |skeleton: &History<usize>| breaks(skeleton, values.now());
        let fewer_steps = drop_steps(&mut skeleton, &mut try_it);
        let fewer_replicas = drop_replicas(&mut skeleton, &mut try_it);
        let milder = milder_restarts(&mut skeleton, &mut try_it);
        let used: Vec<usize> = skeleton.steps.iter().filter_map(op_of).collect();
        let simpler = values.simplify(&used, |ops| breaks(&skeleton, ops));
        if !(fewer_steps || fewer_replicas || milder || simpler) {
            return renumbered(filled(&skeleton, values.now()));
        }
    }
}

/// The history whose operations are those that `skeleton` numbers.
fn filled<O: Clone>(skeleton: &History<usize>, ops: &[O]) -> History<O> {
    let steps = skeleton.steps.iter().map(|step| step.as_ref().map(|op| ops[*op].clone()));
    History { replicas: skeleton.replicas, steps: steps.collect() }
}

const fn op_of(step: &Step<usize>) -> Option<usize> {
    match step {
        Step::Op { op, .. } => Some(*op),
        _ => None,
    }
}

/// Takes away runs of steps, long ones first, as long as the rest still breaks
/// the law.
fn drop_steps(
    history: &mut History<usize>,
    breaks: &mut impl FnMut(&History<usize>) -> bool,
) -> bool {
    let mut dropped = false;
    let mut run = history.steps.len();
    while run > 0 {
        let mut end = history.steps.len();
        while end > 0 {
            let start = end.saturating_sub(run);
            let taken: Vec<Step<usize>> = history.steps.drain(start..end).collect();
            if breaks(history) {
                dropped = true;
            } else {
                history.steps.splice(start..start, taken);
            }
            end = start;
        }
        run /= 2;
    }
    dropped
}

/// Lets another replica do what the last one did, as long as that breaks the
/// law, and forgets replicas that do nothing.
fn drop_replicas(
    history: &mut History<usize>,
    breaks: &mut impl FnMut(&History<usize>) -> bool,
) -> bool {
    let mut dropped = false;
    for gone in (1..history.replicas).rev() {
        for instead in 0..gone {
            let before = history.clone();
            let rename = |place: usize| match place {
                _ if place == gone => instead,
                _ if place > gone => place - 1,
                _ => place,
            };
            for step in &mut history.steps {
                let (a, b) = places(step);
                set_places(step, (rename(a), rename(b)));
            }
            history.replicas -= 1;
            if breaks(history) {
                dropped = true;
                break;
            }
            *history = before;
        }
    }
    dropped
}

/// Lets a crashed replica come back with all that it had, or else with nothing,
/// which needs no backup, where that breaks the law as well.
fn milder_restarts(
    history: &mut History<usize>,
    breaks: &mut impl FnMut(&History<usize>) -> bool,
) -> bool {
    let mut milder = false;
    for place in 0..history.steps.len() {
        let Step::Crash { at, restart } = history.steps[place] else { continue };
        for instead in milder_than(restart) {
            history.steps[place] = Step::Crash { at, restart: *instead };
            if breaks(history) {
                milder = true;
                break;
            }
            history.steps[place] = Step::Crash { at, restart };
        }
    }
    milder
}

/// The restarts that are simpler to understand, the simplest first.
pub(crate) const fn milder_than(restart: Restart) -> &'static [Restart] {
    match restart {
        Restart::Durable => &[],
        Restart::Empty => &[Restart::Durable],
        Restart::Backup => &[Restart::Durable, Restart::Empty],
    }
}

/// The replicas that a step names, one of them twice if it names one.
const fn places<O>(step: &Step<O>) -> (usize, usize) {
    match step {
        Step::Op { at, .. } | Step::Backup { at } | Step::Crash { at, .. } => (*at, *at),
        Step::Deliver { to, .. } => (*to, *to),
        Step::Pull { from, to } => (*from, *to),
    }
}

const fn set_places<O>(step: &mut Step<O>, (a, b): (usize, usize)) {
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
