//! A block of cases, and what it comes to.

use std::fmt::{self, Debug};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::summary::Finding;
use crate::coverage::{Coverage, Tally};
use crate::draft::Draft;
use crate::faults::Bites;
use crate::lab::Lab;
use crate::law::Law;
use crate::laws::{quietly, violation};
use crate::replay::Regression;
use crate::report::Counterexample;
use crate::scope::Scope;
use crate::subject::{Check, Subject};

/// What a campaign runs of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Laws,
    Faults,
    Scope,
}

impl Engine {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Laws => "laws",
            Self::Faults => "fault schedules",
            Self::Scope => "small scope",
        }
    }
}

/// What a block came to.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) cases: u64,
    pub(super) coverage: Coverage,
    pub(super) states: Sketch,
    pub(super) bites: Bites,
    /// Situations of a small scope, and whether they are all.
    pub(super) situations: u64,
    pub(super) exhausted: bool,
    pub(super) found: Option<Finding>,
    pub(super) seconds: f64,
}

/// A check with its types forgotten.
pub(super) trait Job {
    fn type_name(&self) -> &'static str;
    /// What the verdict depends on besides the type.
    fn settings(&self) -> String;
    /// What the first cases come to, by which a changed type is recognised;
    /// empty if they do not come to the same twice.
    fn mark(&self) -> String;
    fn block(&self, engine: Engine, cases: Range<u64>, scope: Option<Scope>) -> Block;
}

impl<S: Subject, O: Clone + Debug + 'static> Job for Check<S, O> {
    fn type_name(&self) -> &'static str {
        std::any::type_name::<S>()
    }

    fn settings(&self) -> String {
        let crate::Settings { seed, replicas, steps, .. } = self.settings;
        let skipped = Law::ALL.into_iter().filter(|law| self.cannot_check(*law).is_some());
        let skipped: Vec<&str> = skipped.map(Law::name).collect();
        format!(
            "seed {seed}, at most {replicas} replicas and {steps} steps, not checked: {}",
            skipped.join(", ")
        )
    }

    fn mark(&self) -> String {
        /// Cases that are looked at.
        const FIRST: u64 = 8;
        let mark = || {
            let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
            for case in 0..FIRST {
                let history = Draft::random(self, case).history();
                let states = quietly(|| {
                    let lab = Lab::after(self, &history);
                    lab.nodes.iter().map(|node| format!("{:?}", node.state)).collect::<String>()
                });
                hash.add(states.unwrap_or_else(|panic| panic).as_bytes());
            }
            format!("{:016x}", hash.0)
        };
        let first = mark();
        if first == mark() { first } else { String::new() }
    }

    fn block(&self, engine: Engine, cases: Range<u64>, scope: Option<Scope>) -> Block {
        match (engine, scope) {
            (Engine::Laws, _) => laws(self, cases),
            (Engine::Faults, _) => faults(self, cases),
            (Engine::Scope, Some(scope)) => small_scope(self, scope),
            (Engine::Scope, None) => Block::default(),
        }
    }
}

fn laws<S: Subject, O: Clone + Debug + 'static>(check: &Check<S, O>, cases: Range<u64>) -> Block {
    let mut block = Block::default();
    let mut tally = Tally::default();
    let laws = Law::ALL.into_iter().filter(|law| check.cannot_check(*law).is_none());
    let laws: Vec<Law> = laws.collect();
    for case in cases {
        block.cases += 1;
        let history = Draft::random(check, case).history();
        check.observe(&history, &mut tally);
        let broken = laws.iter().find(|law| violation(check, &history, **law).is_some());
        if let Some(law) = broken {
            let mut report = check.untried(*law);
            check.try_history(&mut report, case, &history);
            // What does not happen every time may not happen again.
            block.found = report.counterexample.as_ref().map(found);
            if block.found.is_some() {
                break;
            }
        }
    }
    block.tallied(tally)
}

fn faults<S: Subject, O: Clone + Debug + 'static>(check: &Check<S, O>, cases: Range<u64>) -> Block {
    let mut block = Block::default();
    let mut tally = Tally::default();
    let mut report = check.no_faults();
    for case in cases {
        block.cases += 1;
        if check.try_plan(case, &mut report, &mut tally) {
            break;
        }
    }
    block.bites = report.bites;
    block.found = report.counterexample.as_ref().map(|(_, violation)| Finding {
        law: violation.law.name().to_owned(),
        meaning: violation.law.meaning().to_owned(),
        case: report.case,
        printed: report.to_string(),
        test: report.regression().to_string(),
    });
    block.tallied(tally)
}

fn small_scope<S: Subject, O: Clone + Debug + 'static>(check: &Check<S, O>, scope: Scope) -> Block {
    let report = check.small_scope(scope);
    Block {
        cases: 1,
        situations: report.situations as u64,
        exhausted: report.exhausted,
        found: report.counterexample.as_ref().map(found),
        ..Block::default()
    }
}

fn found<O: Debug>(counterexample: &Counterexample<O>) -> Finding {
    let law = counterexample.violation.law;
    Finding {
        law: law.name().to_owned(),
        meaning: law.meaning().to_owned(),
        case: counterexample.case,
        printed: counterexample.to_string(),
        test: Regression(counterexample).to_string(),
    }
}

impl Block {
    fn tallied(mut self, tally: Tally) -> Self {
        tally.states().for_each(|state| self.states.insert(state));
        self.coverage = tally.coverage();
        self
    }
}

/// FNV-1a: the same in every run, and with every compiler.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// About how many different states there were, in a kilobyte: a HyperLogLog,
/// since a night has more states than fit into memory. Flajolet, Fusy, Gandouet
/// and Meunier, *HyperLogLog*, AofA 2007; the error is about 3 %.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Sketch(Vec<u8>);

const REGISTERS: usize = 1024;

impl Default for Sketch {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Sketch {
    fn insert(&mut self, hash: u128) {
        let register = &mut self.0[(hash as u64 % REGISTERS as u64) as usize];
        *register = (*register).max(((hash >> 64) as u64).leading_zeros() as u8 + 1);
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own = (*own).max(*other);
        }
    }

    pub(super) fn estimate(&self) -> usize {
        let registers = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|rank| 0.5_f64.powi(i32::from(*rank))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
        let empty = self.0.iter().filter(|rank| **rank == 0).count();
        let estimate = if raw <= 2.5 * registers && empty > 0 {
            registers * (registers / empty as f64).ln()
        } else {
            raw
        };
        estimate.round() as usize
    }
}

impl From<Sketch> for String {
    fn from(sketch: Sketch) -> Self {
        sketch.0.iter().map(|rank| format!("{rank:02x}")).collect()
    }
}

impl TryFrom<String> for Sketch {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "a sketch of states has 1024 bytes in hexadecimal";
        if text.len() != 2 * REGISTERS || !text.is_ascii() {
            return Err(wrong);
        }
        let bytes = (0..REGISTERS).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16));
        bytes.collect::<Result<_, _>>().map(Self).map_err(|_| wrong)
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {}", self.estimate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_is_about_right_and_joins() {
        for count in [0_u64, 10, 1_000, 50_000] {
            let mut halves = [Sketch::default(), Sketch::default()];
            for value in 0..count {
                let hash = crate::engine::fingerprint(&value, &[]);
                halves[(value % 2) as usize].insert(hash);
                halves[0].insert(hash);
            }
            let [mut all, odd] = halves;
            all.join(&odd);
            let estimate = all.estimate();
            assert!(estimate.abs_diff(count as usize) <= count as usize / 10, "{estimate}");
            assert_eq!(Sketch::try_from(String::from(all.clone())), Ok(all));
        }
    }
}
