//! Whether a counterexample is a local minimum, told without the code that
//! shrinks: everything that is one step smaller keeps the law.

use std::fmt::Debug;

use gossiper_check::{Action, Check, History, Law, Plan, Restart, Step, Subject};

/// What is one step smaller than the counterexample of `law` and breaks it too.
pub(crate) fn smaller_history<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    law: Law,
) -> Option<String> {
    let found = check.law(law).counterexample?.history;
    let smaller = histories(&found).into_iter().find(|next| check.replay(law, next).is_some());
    smaller.map(|smaller| format!("{smaller:?}\nis smaller than\n{found:?}"))
}

/// What is one step smaller than the fault schedule that was found, and breaks
/// the same law. The law of the schedule, if one was found.
pub(crate) fn smaller_plan<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
) -> (Option<Law>, Option<String>) {
    let Some((found, violation)) = check.faults().counterexample else { return (None, None) };
    let law = violation.law;
    let breaks = |plan: &Plan<O>| check.replay_faults(plan).is_some_and(|other| other.law == law);
    let smaller = plans(&found).into_iter().find(breaks);
    (Some(law), smaller.map(|smaller| format!("{smaller}\nis smaller than\n{found}")))
}

fn histories<O: Clone>(found: &History<O>) -> Vec<History<O>> {
    let mut all = Vec::new();
    for place in 0..found.steps.len() {
        let mut next = found.clone();
        let step = next.steps.remove(place);
        all.push(next);
        let Step::Crash { at, restart } = step else { continue };
        for restart in milder(restart) {
            let mut next = found.clone();
            next.steps[place] = Step::Crash { at, restart };
            all.push(next);
        }
    }
    // The last replica did nothing, or another did what it did.
    for instead in 0..found.replicas.saturating_sub(1) {
        let name = |place: usize| if place == found.replicas - 1 { instead } else { place };
        let mut next = History { replicas: found.replicas - 1, ..found.clone() };
        for step in &mut next.steps {
            match step {
                Step::Op { at, .. } | Step::Backup { at } | Step::Crash { at, .. } => {
                    *at = name(*at);
                }
                Step::Deliver { to, .. } => *to = name(*to),
                Step::Pull { from, to } => (*from, *to) = (name(*from), name(*to)),
            }
        }
        all.push(next);
    }
    all
}

fn milder(restart: Restart) -> Vec<Restart> {
    match restart {
        Restart::Durable => vec![],
        Restart::Empty => vec![Restart::Durable],
        Restart::Backup => vec![Restart::Durable, Restart::Empty],
    }
}

fn plans<O: Clone>(found: &Plan<O>) -> Vec<Plan<O>> {
    let mut all = Vec::new();
    if found.replicas > 2 {
        all.push(Plan { replicas: found.replicas - 1, ..found.clone() });
    }
    for share in [0, 2] {
        let weaker = |strength: u32| strength.checked_div(share).unwrap_or(0);
        all.push(Plan { loss: weaker(found.loss), ..found.clone() });
        all.push(Plan { duplication: weaker(found.duplication), ..found.clone() });
        all.push(Plan { reordering: weaker(found.reordering), ..found.clone() });
        let delay = found.delay.checked_div(share.into()).unwrap_or(0);
        all.push(Plan { delay, ..found.clone() });
    }
    all.retain(|next| {
        (next.replicas, next.loss, next.duplication, next.reordering, next.delay)
            != (found.replicas, found.loss, found.duplication, found.reordering, found.delay)
    });
    for place in 0..found.actions.len() {
        let mut next = found.clone();
        let (round, action) = next.actions.remove(place);
        all.push(next);
        let mut put = |action| {
            let mut next = found.clone();
            next.actions[place] = (round, action);
            all.push(next);
        };
        match action {
            Action::Crash { at, down, restart } => {
                for restart in milder(restart) {
                    put(Action::Crash { at, down, restart });
                }
                if down > 1 {
                    put(Action::Crash { at, down: down - 1, restart });
                }
            }
            Action::Skew { at, millis } => put(Action::Skew { at, millis: millis / 2 }),
            _ => {}
        }
    }
    all
}
