//! From a plan that breaks a law to the smallest one that does.

use std::fmt::Debug;
use std::ops::{Div, Sub};

use super::plan::{Action, Plan, draft};
use crate::law::Law;
use crate::shrink::milder_than;
use crate::subject::{Check, Subject};
use crate::values::Values;

/// Attempts at most: a run under faults takes longer than a history.
const ATTEMPTS: usize = 10_000;

/// A local minimum of the plan of `case`, which breaks `law`: no action, replica
/// or fault of the network can be taken from it or made weaker, and no operation
/// be made simpler.
pub(super) fn shrink<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    case: u64,
    law: Law,
) -> Plan<O> {
    let mut values = Values::new(|| draft(check, case).into_ops());
    let mut skeleton = draft(check, case).skeleton();
    let mut left = ATTEMPTS;
    let mut breaks = |skeleton: &Plan<usize>, ops: &[O]| {
        left = left.saturating_sub(1);
        let plan = || skeleton.clone().map_ops(|op| ops[op].clone());
        left > 0 && check.replay_faults(&plan()).is_some_and(|found| found.law == law)
    };
    loop {
        let mut smaller = drop_actions(&mut skeleton, |plan| breaks(plan, values.now()));
        // What is tried first makes the most simpler.
        while let Some(next) =
            simpler(&skeleton).into_iter().find(|plan| breaks(plan, values.now()))
        {
            skeleton = next;
            smaller = true;
        }
        let used = skeleton.actions.iter().filter_map(|(_, action)| match action {
            Action::Op { op, .. } => Some(*op),
            _ => None,
        });
        let used: Vec<usize> = used.collect();
        smaller |= values.simplify(&used, |ops| breaks(&skeleton, ops));
        if !smaller {
            return skeleton.map_ops(|op| values.now()[op].clone());
        }
    }
}

/// Takes away runs of actions, long ones first.
fn drop_actions(plan: &mut Plan<usize>, mut breaks: impl FnMut(&Plan<usize>) -> bool) -> bool {
    let mut dropped = false;
    let mut run = plan.actions.len();
    while run > 0 {
        let mut end = plan.actions.len();
        while end > 0 {
            let start = end.saturating_sub(run);
            let taken: Vec<_> = plan.actions.drain(start..end).collect();
            if breaks(plan) {
                dropped = true;
            } else {
                plan.actions.splice(start..start, taken);
            }
            end = start;
        }
        run /= 2;
    }
    dropped
}

/// All plans that are one step simpler than `plan`.
fn simpler(plan: &Plan<usize>) -> Vec<Plan<usize>> {
    let mut all = Vec::new();
    fewer_replicas(plan, &mut all);
    weaker_network(plan, &mut all);
    for place in 0..plan.actions.len() {
        let (round, action) = &plan.actions[place];
        let mut put = |round, action| {
            let mut next = plan.clone();
            next.actions[place] = (round, action);
            all.push(next);
        };
        for action in simpler_actions(action) {
            put(*round, action);
        }
        // As early as the order of the actions allows, which makes runs short.
        let earliest = place.checked_sub(1).map_or(0, |before| plan.actions[before].0);
        for earlier in [earliest, (earliest + *round) / 2, round.saturating_sub(1)] {
            if (earliest..*round).contains(&earlier) {
                put(earlier, action.clone());
            }
        }
    }
    // A plan that needs no luck is better than one that does.
    all.extend((0..plan.seed.min(SEEDS)).map(|seed| Plan { seed, ..plan.clone() }));
    all
}

/// Small seeds that are tried instead of a large one.
const SEEDS: u64 = 4;

/// One replica less: the others do what it did, or it did nothing.
fn fewer_replicas(plan: &Plan<usize>, all: &mut Vec<Plan<usize>>) {
    if plan.replicas <= 2 {
        return;
    }
    for gone in (0..plan.replicas).rev() {
        // Not all pairs: attempts are few, and neighbours do as well.
        let neighbours = [Some(0), gone.checked_sub(1), Some(gone + 1)];
        let others = neighbours.into_iter().flatten();
        for instead in others.filter(|other| *other != gone && *other < plan.replicas) {
            let rename = |place: usize| {
                let place = if place == gone { instead } else { place };
                if place > gone { place - 1 } else { place }
            };
            let mut next = plan.clone();
            next.replicas -= 1;
            for (_, action) in &mut next.actions {
                action.rename(rename);
            }
            all.push(next);
        }
    }
}

fn weaker_network(plan: &Plan<usize>, all: &mut Vec<Plan<usize>>) {
    let Plan { loss, duplication, reordering, delay, .. } = *plan;
    all.extend(weaker(loss).map(|loss| Plan { loss, ..plan.clone() }));
    all.extend(weaker(duplication).map(|duplication| Plan { duplication, ..plan.clone() }));
    all.extend(weaker(reordering).map(|reordering| Plan { reordering, ..plan.clone() }));
    all.extend(weaker(delay).map(|delay| Plan { delay, ..plan.clone() }));
}

/// Nothing, half, or one less.
fn weaker<N>(strength: N) -> impl Iterator<Item = N>
where
    N: Copy + PartialOrd + From<u8> + Div<Output = N> + Sub<Output = N>,
{
    let (none, one) = (N::from(0), N::from(1));
    let less = if strength > none { strength - one } else { none };
    [none, strength / N::from(2), less].into_iter().filter(move |weaker| *weaker < strength)
}

fn simpler_actions(action: &Action<usize>) -> Vec<Action<usize>> {
    match *action {
        Action::Crash { at, down, restart } => {
            let milder = milder_than(restart).iter();
            let milder = milder.map(|restart| Action::Crash { at, down, restart: *restart });
            let shorter = weaker(down).filter(|down| *down > 0);
            milder.chain(shorter.map(|down| Action::Crash { at, down, restart })).collect()
        }
        Action::Skew { at, millis } => {
            let closer = [0, millis / 2, millis - millis.signum()];
            let closer = closer.into_iter().filter(|closer| closer.abs() < millis.abs());
            closer.map(|millis| Action::Skew { at, millis }).collect()
        }
        _ => Vec::new(),
    }
}
