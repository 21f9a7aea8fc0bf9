//! Engine 3: every history of a small scope.
//!
//! *Random histories found nothing; is there nothing to find?* All histories of
//! at most so many operations on so many replicas are tried, with every order
//! of delivery, loss, pull and one crash, and equal situations are visited once.
//! The verdict "no counterexample" is then a fact about that scope.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt::Debug;

use crate::engine::{fingerprint, kind};
use crate::history::{History, Restart, Step};
use crate::lab::Lab;
use crate::law::Law;
use crate::laws::{Finding, broken_by_step, broken_here, quietly};
use crate::ops::runner;
use crate::report::Counterexample;
use crate::subject::{Check, Subject};

/// How large the scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Replicas.
    pub replicas: usize,
    /// Operations in a history, at most.
    pub operations: usize,
    /// Different operations to choose from: the first that the source makes.
    pub alphabet: usize,
    /// Crashes in a history, at most.
    pub crashes: usize,
    /// Situations to visit, at most; reaching the limit is reported.
    pub max_situations: usize,
}

impl Default for Scope {
    /// Two replicas, two operations out of two, one crash: some thousand
    /// situations, a few seconds in a debug build.
    fn default() -> Self {
        Self { replicas: 2, operations: 2, alphabet: 2, crashes: 1, max_situations: 20_000 }
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
    /// Steps tried.
    pub steps: u64,
    /// Whether all was visited.
    pub exhausted: bool,
    /// A shortest history that breaks a law.
    pub counterexample: Option<Counterexample<O>>,
}

/// The laws that are checked in every situation.
const LAWS: [Law; 15] = [
    Law::Inflation,
    Law::Idempotence,
    Law::MergeOutcome,
    Law::NoResurrection,
    Law::DeltaIsMutation,
    Law::DigestSoundness,
    Law::Invariant,
    Law::Model,
    Law::Commutativity,
    Law::DigestCompleteness,
    Law::DeltaMinimality,
    Law::Decomposition,
    Law::CanonicalEncoding,
    Law::NoLoss,
    Law::Convergence,
];

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Visits every situation of a small scope, shortest histories first.
    #[must_use]
    pub fn small_scope(&self, scope: Scope) -> ScopeReport<O> {
        let alphabet = self.alphabet(scope.alphabet);
        let mut report = ScopeReport {
            scope,
            situations: 0,
            steps: 0,
            exhausted: true,
            counterexample: None,
            alphabet,
        };
        let laws: Vec<Law> =
            LAWS.into_iter().filter(|law| self.cannot_check(*law).is_none()).collect();
        let mut visited = HashSet::new();
        let mut queue = VecDeque::from([History::new(scope.replicas)]);
        while let Some(history) = queue.pop_front() {
            let lab = Lab::after(self, &history);
            for step in next_steps(&lab, &history, &report.alphabet, scope) {
                report.steps += 1;
                let mut longer = history.clone();
                longer.steps.push(step);
                let mut next = lab.clone();
                let stepped = longer.steps.last().map(|step| quietly(|| next.step(step)));
                let mut broken = match stepped {
                    // A panic breaks whatever is checked first.
                    Some(Err(message)) => {
                        laws.first().map(|law| Finding::panic(&message).at(*law, None))
                    }
                    Some(Ok(Some(moment))) => {
                        broken_by_step(&next, &moment, longer.steps.len() - 1, &laws)
                    }
                    Some(Ok(None)) | None => None,
                };
                if broken.is_none() {
                    // Steps differ, but what is checked where they lead to
                    // depends on the situation alone.
                    if !visited.insert(next.situation(&longer)) {
                        continue;
                    }
                    broken = broken_here(&next, &longer, &laws);
                }
                if let Some(violation) = broken {
                    report.situations = visited.len();
                    report.exhausted = false;
                    report.counterexample = Some(self.told(longer, violation, 0));
                    return report;
                }
                if visited.len() >= scope.max_situations {
                    report.exhausted = false;
                    report.situations = visited.len();
                    return report;
                }
                queue.push_back(longer);
            }
        }
        report.situations = visited.len();
        report
    }

    /// Visits every situation of a small scope, and panics with what it finds.
    ///
    /// # Panics
    ///
    /// If a law is broken.
    pub fn assert_small_scope(&self, scope: Scope) {
        if let Some(counterexample) = self.small_scope(scope).counterexample {
            panic!("\n{counterexample}");
        }
    }

    /// The first different operations that the source makes, the kinds in turn,
    /// so that a small alphabet has them all.
    pub(crate) fn alphabet(&self, size: usize) -> Vec<O> {
        const DRAWS: usize = 200;
        let mut runner = runner(self.settings.seed);
        let mut names = HashSet::new();
        let mut of_kind = BTreeMap::<String, usize>::new();
        let drawn = (0..DRAWS).map(|_| self.ops.generate(&mut runner).current());
        let different = drawn.filter(|op| names.insert(format!("{op:?}")));
        let mut ranked: Vec<(usize, O)> = different
            .map(|op| {
                let before = of_kind.entry(kind(&op)).or_default();
                *before += 1;
                (*before, op)
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, op)| op).take(size).collect()
    }
}

fn next_steps<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    history: &History<O>,
    alphabet: &[O],
    scope: Scope,
) -> Vec<Step<O>> {
    let replicas = 0..scope.replicas;
    let made = lab.performed.len();
    let crashed = history.steps.iter().filter(|step| matches!(step, Step::Crash { .. })).count();
    let backed_up = history.steps.iter().any(|step| matches!(step, Step::Backup { .. }));
    let mut steps = Vec::new();
    for at in replicas.clone() {
        if made < scope.operations {
            steps.extend(alphabet.iter().map(|op| Step::Op { at, message: made, op: op.clone() }));
        }
        let unmerged = (0..made).filter(|message| !lab.nodes[at].merged.contains(*message));
        steps.extend(unmerged.map(|message| Step::Deliver { message, to: at }));
        let others = replicas.clone().filter(|from| *from != at);
        steps.extend(others.map(|from| Step::Pull { from, to: at }));
        if crashed < scope.crashes && made > 0 {
            steps.push(Step::Crash { at, restart: Restart::Empty });
            if backed_up {
                steps.push(Step::Crash { at, restart: Restart::Backup });
            } else {
                steps.push(Step::Backup { at });
            }
        }
    }
    steps
}

impl<S: Subject, O: Clone + Debug> Lab<'_, S, O> {
    /// All that the future depends on, as a hash.
    fn situation(&self, history: &History<O>) -> u128 {
        let crashed =
            history.steps.iter().filter(|step| matches!(step, Step::Crash { .. })).count();
        let nodes: Vec<_> = self.nodes.iter().map(crate::lab::Node::shown).collect();
        let messages: Vec<_> =
            self.made().map(|(number, message)| (number, &message.delta)).collect();
        fingerprint(&(nodes, messages, crashed))
    }
}
