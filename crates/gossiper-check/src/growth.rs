//! Engine 4: what a type costs as it is used.
//!
//! *Does it keep what is no longer there?* A replica performs more and more
//! operations out of a small, fixed set of them: what can be live is bounded,
//! so whatever goes on growing is history: marks of removed elements, contexts
//! with gaps, logs. A second curve follows the number of writers, who may cost
//! something each, but only once.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Debug};

use gossiper_core::{DeltaOf, DigestOf, Replicated, StateOf};

use crate::engine::kind;
use crate::history::{History, MAX_EVENTS, Step};
use crate::lab::{Lab, whole};
use crate::ops::runner;
use crate::report::short;
use crate::subject::{Check, Subject};

/// How one size grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// What is measured, and over what.
    pub what: &'static str,
    /// The number of operations or writers, and the bytes.
    pub points: Vec<(usize, usize)>,
}

impl Curve {
    /// Whether the size grows with the history: whether the last doubling added
    /// at least half of what the size was before it.
    #[must_use]
    pub fn grows(&self) -> bool {
        match self.points[..] {
            [.., (_, before), (_, after)] => after > before + before / 2 && after > SMALL_BYTES,
            _ => false,
        }
    }
}

/// Sizes below this are nobody's concern, however they grow.
const SMALL_BYTES: usize = 64;

/// What the cost engine found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrowthReport {
    /// The type, as the compiler names it.
    pub type_name: &'static str,
    /// Over operations out of a fixed set, by one writer.
    pub over_operations: Vec<Curve>,
    /// Over writers, each with one operation.
    pub over_writers: Vec<Curve>,
}

impl GrowthReport {
    /// The sizes that grow with the history.
    pub fn growing(&self) -> impl Iterator<Item = &Curve> {
        self.over_operations.iter().filter(|curve| curve.grows())
    }
}

/// Different operations: what can be live is bounded by them.
const ALPHABET: usize = 8;

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Measures sizes as functions of operations and of writers. In bytes of
    /// the encoding, or of what `Debug` prints for types without one.
    #[must_use]
    pub fn growth(&self) -> GrowthReport {
        let operations = [16, 32, 64, MAX_EVENTS].map(|count| (count, self.sizes(1, count)));
        let writers = [1, 2, 4, 8, 16].map(|count| (count, self.sizes(count, count)));
        GrowthReport {
            type_name: std::any::type_name::<S>(),
            over_operations: curves(&operations),
            over_writers: curves(&writers),
        }
    }

    /// Measures growth, and panics if something grows with the history and
    /// [`with_bounded_growth`](Check::with_bounded_growth) says that nothing
    /// may.
    ///
    /// # Panics
    ///
    /// If something grows that may not.
    pub fn assert_growth(&self) {
        let report = self.growth();
        assert!(!self.bounded_growth || report.growing().count() == 0, "\n{report}");
    }

    /// The first different operations that the source makes, the kinds in turn.
    fn different(&self, size: usize) -> Vec<O> {
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

    /// The sizes of state, digest, delta of one operation, and whole delta
    /// after `operations` operations by `writers` replicas in turn, each of
    /// which has heard of the one before.
    fn sizes(&self, writers: usize, operations: usize) -> [usize; 4] {
        let alphabet = self.different(ALPHABET);
        let mut lab = Lab::new(self, writers);
        let mut history = History::new(writers);
        for message in 0..operations {
            let at = message % writers;
            if writers > 1 {
                let from = (at + writers - 1) % writers;
                history.steps.push(Step::Pull { from, to: at });
            }
            if let Some(op) = alphabet.get(message * 7 % alphabet.len().max(1)) {
                history.steps.push(Step::Op { at, message, op: op.clone() });
            }
        }
        for step in &history.steps {
            lab.step(step);
        }
        let state = &lab.nodes[(operations.max(1) - 1) % writers].state;
        // Of every kind of operation, so that a large kind is not taken for growth.
        let made: Vec<_> = lab.made().map(|(_, message)| &message.delta).collect();
        let last = made[made.len().saturating_sub(ALPHABET)..].iter();
        [
            self.state_bytes(state),
            self.digest_bytes(&state.digest()),
            last.map(|delta| self.delta_bytes(delta)).max().unwrap_or(0),
            whole::<S>(state).map_or(0, |delta| self.delta_bytes(&delta)),
        ]
    }

    fn state_bytes(&self, state: &StateOf<S>) -> usize {
        match &self.wire {
            Some(wire) => (wire.encode)(state).len(),
            None => format!("{state:?}").len(),
        }
    }

    fn digest_bytes(&self, digest: &DigestOf<S>) -> usize {
        self.wire.as_ref().map_or(0, |wire| (wire.encode_digest)(digest).len())
    }

    fn delta_bytes(&self, delta: &DeltaOf<S>) -> usize {
        match &self.wire {
            Some(wire) => (wire.encode_delta)(delta).len(),
            None => format!("{delta:?}").len(),
        }
    }
}

fn curves(points: &[(usize, [usize; 4])]) -> Vec<Curve> {
    let what = ["state", "digest", "delta of one operation", "delta for a new replica"];
    let curve = |(place, what): (usize, &'static str)| Curve {
        what,
        points: points.iter().map(|(count, sizes)| (*count, sizes[place])).collect(),
    };
    what.into_iter().enumerate().map(curve).collect()
}

impl fmt::Display for GrowthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: bytes", short(self.type_name))?;
        for (over, curves) in
            [("operations out of 8", &self.over_operations), ("writers", &self.over_writers)]
        {
            writeln!(f, "  over {over}:")?;
            for curve in curves {
                write!(f, "    {:24}", curve.what)?;
                for (count, bytes) in &curve.points {
                    write!(f, " {count}: {bytes},")?;
                }
                let grows = curve.grows() && over != "writers";
                writeln!(f, "{}", if grows { " grows with the history" } else { "" })?;
            }
        }
        Ok(())
    }
}
