//! Engine 3: every history of a small scope.
//!
//! *Random histories found nothing; is there nothing to find?* All histories of
//! at most so many operations on so many replicas are tried, with every order
//! of delivery, loss, repetition, pull, backup and one crash: restarted with
//! what was stored, with a backup, or with nothing. Equal situations are
//! visited once. The verdict "no counterexample" is then a fact about that
//! scope.
//!
//! A *situation* is all that the future depends on: of each replica its state,
//! its id, dots and clock, what it has seen, and its backup; of each message the
//! delta, its operation, and what that had seen; and how many replicas crashed.
//! Time is in it: what a clock shows depends on the replica and on the number
//! of operations before, as in every history of this crate. Other courses of
//! time are left to the fault schedules.
//!
//! Two limits. What a type does must depend on what it is given: hash order,
//! global state and the like are left to the law of determinism. And states that
//! compare equal, print alike and have equal bytes are one state.
//!
//! Replicas are not taken for interchangeable, which would halve the work: many
//! types break ties by replica id, and clocks differ.
//!
//! Cost: see [`Scope::default`]. A situation of two replicas takes 32 to 40
//! bytes; states, deltas and verdicts come on top, each once.

mod explore;
mod table;
mod verdicts;
mod world;

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Debug};

use crate::engine::kind;
use crate::history::{History, Step};
use crate::lab::Lab;
use crate::law::Law;
use crate::laws::{Finding, broken_by_step, broken_here, quietly};
use crate::ops::runner;
use crate::report::{Counterexample, brief};
use crate::subject::{Check, Subject};
use crate::values::words;
use explore::Explorer;

/// How large the scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Replicas.
    pub replicas: usize,
    /// Operations in a history, at most.
    pub operations: usize,
    /// Different operations to choose from: simple ones of each kind that the
    /// source makes, about the same values.
    pub alphabet: usize,
    /// Crashes in a history, at most.
    pub crashes: usize,
    /// Situations to visit, at most; reaching the limit is reported.
    pub max_situations: usize,
}

impl Default for Scope {
    /// Two replicas, three operations out of two, one crash: some thousands to
    /// tens of thousands of situations, the more the fewer operations a type
    /// refuses, and seconds in a debug build.
    fn default() -> Self {
        Self { replicas: 2, operations: 3, alphabet: 2, crashes: 1, max_situations: 200_000 }
    }
}

/// What was found in a small scope.
#[derive(Clone, Debug)]
pub struct ScopeReport<O> {
    /// The scope.
    pub scope: Scope,
    /// The operations that were used.
    pub alphabet: Vec<O>,
    /// Different situations visited.
    pub situations: usize,
    /// Different states that replicas were in, or that laws led to from there.
    pub states: usize,
    /// Steps tried, those that led nowhere new among them.
    pub steps: u64,
    /// Whether all was visited.
    pub exhausted: bool,
    /// A shortest history that breaks a law.
    pub counterexample: Option<Counterexample<O>>,
}

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Visits every situation of a small scope, shortest histories first.
    #[must_use]
    pub fn small_scope(&self, scope: Scope) -> ScopeReport<O> {
        let alphabet = self.alphabet(scope.alphabet);
        let mut explorer = Explorer::new(self, &alphabet, scope);
        let visited = quietly(|| explorer.run());
        let exhausted = matches!(visited, Ok(Ok(true)));
        let found = match visited {
            Ok(Ok(_)) => None,
            Ok(Err(broken)) => Some(*broken),
            // A panic breaks whatever is checked first.
            Err(message) => {
                let law = explorer.verdicts.laws.first().copied();
                Some((law.unwrap_or(Law::Convergence), Finding::panic(&message)))
            }
        };
        let counterexample =
            found.map(|found| self.judged(explorer.history(), &explorer.verdicts.laws, found));
        ScopeReport {
            scope,
            situations: explorer.situations.len(),
            states: explorer.world.states(),
            steps: explorer.steps,
            exhausted,
            counterexample,
            alphabet,
        }
    }

    /// The history carried out again, step by step, for what it breaks first
    /// and in which words.
    fn judged(
        &self,
        history: History<O>,
        laws: &[Law],
        (law, finding): (Law, Finding),
    ) -> Counterexample<O> {
        let last = history.steps.len().saturating_sub(1);
        let again = quietly(|| {
            let mut lab = Lab::new(self, history.replicas);
            let mut moment = None;
            for step in &history.steps {
                moment = lab.step(step);
            }
            let by_step = moment.and_then(|moment| broken_by_step(&lab, &moment, last, laws));
            by_step.or_else(|| broken_here(&lab, &history, laws))
        });
        let broken = again.ok().flatten().unwrap_or_else(|| finding.at(law, Some(last)));
        self.told(history, broken, 0)
    }

    /// Visits every situation of a small scope, and panics with what it finds.
    ///
    /// # Panics
    ///
    /// If a law is broken.
    pub fn assert_small_scope(&self, scope: Scope) {
        let report = self.small_scope(scope);
        assert!(report.counterexample.is_none(), "\n{report}");
    }

    /// Different operations, each simple of its kind, that are about the same
    /// values: operations on different keys never meet. All kinds come first,
    /// then others that differ from those in as little as there is.
    fn alphabet(&self, size: usize) -> Vec<O> {
        let mut kinds: Vec<String> = Vec::new();
        let mut candidates: Vec<Candidate<O>> = Vec::new();
        let mut names = HashSet::new();
        let mut runner = runner(self.settings.seed);
        for _ in 0..DRAWS {
            let mut tree = self.ops.generate(&mut runner);
            let own = kind(&tree.current());
            if !kinds.contains(&own) {
                kinds.push(own.clone());
            }
            for _ in 0..SIMPLER {
                let op = tree.current();
                if kind(&op) != own {
                    break;
                }
                let shown = format!("{op:?}");
                let words = words(&op);
                if names.insert(shown.clone()) {
                    candidates.push(Candidate { op, kind: own.clone(), words, shown });
                }
                if !tree.simplify() {
                    break;
                }
            }
        }
        let mut chosen: Vec<O> = Vec::new();
        let mut known = BTreeSet::new();
        while chosen.len() < size && !candidates.is_empty() {
            // Those that change something first: removals need what was added.
            let mut left: Vec<&String> = kinds.iter().collect();
            while !left.is_empty() && chosen.len() < size {
                let best = |own: &&String| self.closest(&candidates, own, &known, &chosen);
                let found: Vec<_> = left.iter().map(best).collect();
                let acts = found.iter().position(|found| matches!(found, Some((_, true))));
                // All kinds are there: what does nothing may stay away.
                let covered = chosen.len() >= kinds.len();
                let any = found.iter().position(Option::is_some);
                let useless = covered && acts.is_none() && left.len() < kinds.len();
                let Some(turn) = acts.or(any).filter(|_| !useless) else { break };
                left.remove(turn);
                if let Some((place, _)) = found[turn] {
                    let Candidate { op, words, .. } = candidates.remove(place);
                    known.extend(words);
                    chosen.push(op);
                }
            }
        }
        chosen
    }

    /// The candidate of a kind that has most in common with what was chosen and
    /// is the simplest. One that changes nothing after those, as adding 0 does,
    /// is taken only if there is no other, and then said to be one.
    fn closest(
        &self,
        candidates: &[Candidate<O>],
        own: &str,
        known: &BTreeSet<String>,
        chosen: &[O],
    ) -> Option<(usize, bool)> {
        let of_kind = candidates.iter().enumerate().filter(|(_, candidate)| candidate.kind == own);
        let mut ranked: Vec<(usize, &Candidate<O>)> = of_kind.collect();
        ranked.sort_by_cached_key(|(_, candidate)| {
            (
                candidate.words.difference(known).count(),
                candidate.shown.len(),
                candidate.shown.clone(),
            )
        });
        let changes = ranked.iter().take(TRIED).find(|(_, next)| self.changes(chosen, &next.op));
        let first = || ranked.first().map(|(place, _)| (*place, false));
        changes.map(|(place, _)| (*place, true)).or_else(first)
    }

    /// Whether an operation changes the state of a replica that performed others.
    fn changes(&self, others: &[O], op: &O) -> bool {
        let changed = quietly(|| {
            let mut lab = Lab::new(self, 1);
            for (message, op) in others.iter().enumerate() {
                lab.step(&Step::Op { at: 0, message, op: op.clone() });
            }
            let before = lab.nodes[0].state.clone();
            lab.step(&Step::Op { at: 0, message: others.len(), op: op.clone() });
            lab.nodes[0].state != before
        });
        // One that panics is worth a visit.
        changed.unwrap_or(true)
    }
}

/// Draws from the source that an alphabet is chosen from.
const DRAWS: usize = 200;

/// Simpler forms of one draw, at most.
const SIMPLER: usize = 64;

/// Candidates that are asked whether they change anything.
const TRIED: usize = 32;

/// An operation that may become one of an alphabet.
struct Candidate<O> {
    op: O,
    kind: String,
    words: BTreeSet<String>,
    shown: String,
}

/// What is now a fact, in one sentence.
impl<O: Debug> fmt::Display for ScopeReport<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scope { replicas, operations, crashes, max_situations, .. } = self.scope;
        let verdict = match &self.counterexample {
            Some(found) => format!("\"{}\" is broken", found.violation.law),
            None if self.exhausted => "no counterexample".to_owned(),
            None => {
                let limit = grouped(max_situations as u64);
                format!("nothing found before the limit of {limit} situations was reached,")
            }
        };
        let shown: Vec<String> = self.alphabet.iter().map(|op| format!("{op:?}")).collect();
        let alphabet = brief(&shown.join(", "));
        let crashes = match crashes {
            0 => "loss and repetition".to_owned(),
            1 => "loss, repetition and one crash".to_owned(),
            many => format!("loss, repetition and {many} crashes"),
        };
        write!(
            f,
            "{verdict} with at most {operations} operations out of {} ({alphabet}) on {replicas} \
             replicas, with every order of delivery, {crashes}: {} situations, {} steps",
            self.alphabet.len(),
            grouped(self.situations as u64),
            grouped(self.steps)
        )?;
        match &self.counterexample {
            Some(found) => write!(f, "\n{found}"),
            None => Ok(()),
        }
    }
}

/// A number with commas between the thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let place = |at: usize| (at > 0 && (digits.len() - at).is_multiple_of(3)).then_some(',');
    digits
        .chars()
        .enumerate()
        .flat_map(|(at, digit)| place(at).into_iter().chain([digit]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gossiper_core::{Delta, UpdateContext};
    use gossiper_crdts::GSet;
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Op {
        See { user: String, page: u8 },
        Forget(String),
    }

    /// Additions and no removals will do: only the operations matter.
    fn see(
        op: &Op,
        set: &GSet<(String, u8)>,
        _: &mut UpdateContext,
    ) -> Option<Delta<GSet<(String, u8)>>> {
        Some(match op {
            Op::See { user, page } => set.insert((user.clone(), *page)),
            Op::Forget(user) => set.insert((user.clone(), 255)),
        })
    }

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![
            ("[a-e]", 0..9_u8).prop_map(|(user, page)| Op::See { user, page }),
            "[a-e]".prop_map(Op::Forget),
        ]
    }

    #[test]
    fn an_alphabet_has_all_kinds_and_is_about_the_same_values() {
        let check = Check::<GSet<(String, u8)>, Op>::new(ops(), see);
        let alphabet = check.alphabet(4);
        let shown: Vec<String> = alphabet.iter().map(|op| format!("{op:?}")).collect();
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), 4, "{shown:?}");
        assert!(shown[..2].iter().all(|op| op.contains("\"a\"")), "{shown:?}");
        assert!(shown[..2].iter().any(|op| op.starts_with("Forget")), "{shown:?}");
        let pages = shown.iter().filter(|op| op.starts_with("See"));
        assert_eq!(pages.collect::<Vec<_>>().len(), 2, "{shown:?}");
    }

    #[test]
    fn an_operation_that_does_nothing_gives_way_to_one_that_does() {
        let numbers = Check::<GSet<u8>, u8>::new(0..9_u8, |number, set, _| {
            (*number > 1).then(|| set.insert(*number))
        });
        assert_eq!(numbers.alphabet(2), [2, 3]);
    }
}
