//! What was tried: so that nobody takes comfort from what never happened.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Debug};
use std::io::Write as _;

use crate::engine::{fingerprint, kind};
use crate::history::Performed;
use crate::law::Law;
use crate::report::short;
use crate::subject::{Check, Subject};

/// What was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Histories, or fault schedules, carried out.
    pub histories: u64,
    /// Different states that replicas were in.
    pub states: usize,
    /// Operations performed, by kind.
    pub operations: BTreeMap<String, u64>,
    /// Operations that were not performed, by kind: the state refused them, or
    /// the replica was down.
    pub refused: BTreeMap<String, u64>,
    /// How often one kind of operation met another concurrently: neither
    /// replica had seen the other's.
    pub concurrent: BTreeMap<(String, String), u64>,
}

impl Coverage {
    /// Pairs of kinds of operation that never met concurrently: what the
    /// verdict says nothing about.
    #[must_use]
    pub fn vacuous(&self) -> Vec<(String, String)> {
        let kinds: Vec<&String> = self.operations.keys().collect();
        let pairs =
            kinds.iter().enumerate().flat_map(|(i, a)| kinds[..=i].iter().map(move |b| (*b, *a)));
        let never =
            pairs.filter(|(a, b)| !self.concurrent.contains_key(&((*a).clone(), (*b).clone())));
        never.map(|(a, b)| (a.clone(), b.clone())).collect()
    }

    /// Kinds of operation that were never performed.
    #[must_use]
    pub fn never_performed(&self) -> Vec<&str> {
        let never = self.refused.keys().filter(|kind| !self.operations.contains_key(*kind));
        never.map(String::as_str).collect()
    }

    /// What the verdict says nothing about, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.operations.is_empty() {
            warnings.push("no operation was ever performed".to_owned());
        }
        let never = self.never_performed().into_iter();
        warnings.extend(never.map(|kind| format!("{kind} was never performed")));
        let never = self.vacuous().into_iter();
        warnings.extend(never.map(|(a, b)| format!("{a} and {b} never met concurrently")));
        warnings
    }

    /// Adds what was tried besides; `states` is left alone, for nobody knows how
    /// many are the same.
    #[cfg(feature = "campaign")]
    pub(crate) fn add(&mut self, other: &Self) {
        fn add<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, count) in from {
                *to.entry(key.clone()).or_default() += count;
            }
        }
        self.histories += other.histories;
        add(&mut self.operations, &other.operations);
        add(&mut self.refused, &other.refused);
        add(&mut self.concurrent, &other.concurrent);
    }

    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, histories: &str) -> fmt::Result {
        writeln!(f, "  tried: {} {histories}, {} different states", self.histories, self.states)?;
        for (kind, count) in &self.operations {
            writeln!(f, "    {kind}: {count} times")?;
        }
        self.warnings().iter().try_for_each(|warning| writeln!(f, "    warning: {warning}"))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "histories")
    }
}

/// Counts what is tried.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    coverage: Coverage,
    states: HashSet<u128>,
}

impl Tally {
    pub(crate) fn state(&mut self, state: &impl Debug) {
        self.states.insert(fingerprint(state, &[]));
    }

    /// Counts a run that was to perform `ops` and performed some of them.
    pub(crate) fn run<'o, O: Debug + 'o>(
        &mut self,
        ops: impl Iterator<Item = &'o O>,
        performed: &[Performed<O>],
    ) {
        let Coverage { histories, operations, refused, concurrent, .. } = &mut self.coverage;
        *histories += 1;
        let kinds: Vec<String> = performed.iter().map(|one| kind(&one.op)).collect();
        let mut to_perform: BTreeMap<String, u64> = BTreeMap::new();
        for op in ops {
            *to_perform.entry(kind(op)).or_default() += 1;
        }
        for (i, (one, own)) in performed.iter().zip(&kinds).enumerate() {
            *operations.entry(own.clone()).or_default() += 1;
            if let Some(left) = to_perform.get_mut(own) {
                *left = left.saturating_sub(1);
            }
            for (earlier, other) in performed[..i].iter().zip(&kinds) {
                if !one.before.contains(earlier.message) {
                    let (a, b) = if own <= other { (own, other) } else { (other, own) };
                    *concurrent.entry((a.clone(), b.clone())).or_default() += 1;
                }
            }
        }
        for (kind, left) in to_perform.into_iter().filter(|(_, left)| *left > 0) {
            *refused.entry(kind).or_default() += left;
        }
    }

    pub(crate) fn coverage(self) -> Coverage {
        Coverage { states: self.states.len(), ..self.coverage }
    }

    /// The fingerprints of the states.
    #[cfg(feature = "campaign")]
    pub(crate) fn states(&self) -> impl Iterator<Item = u128> {
        self.states.iter().copied()
    }
}

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Prints what histories and fault schedules never tried, and which laws are
    /// not checked and why, on the standard error output, where it shows even if the test passes.
    ///
    /// # Panics
    ///
    /// If no operation was ever performed, so that every verdict is about
    /// nothing; or, after
    /// [`with_full_coverage`](Check::with_full_coverage), if a kind of operation
    /// was never performed or two kinds never met concurrently.
    pub fn assert_not_vacuous(&self) {
        let type_name = short(std::any::type_name::<S>());
        let faults = self.faults();
        let mut failures = Vec::new();
        let mut fail = |what: String, fails: bool| {
            // Directly: what a passing test prints by macro is not shown.
            let _ = writeln!(std::io::stderr(), "warning: {type_name}, {what}");
            if fails {
                failures.push(what);
            }
        };
        for (coverage, what) in
            [(self.coverage(), "histories"), (faults.coverage.clone(), "fault schedules")]
        {
            // A law that is broken ends the fault schedules early.
            if what == "fault schedules" && !faults.is_clean() {
                continue;
            }
            let fails = self.full_coverage || coverage.operations.is_empty();
            for warning in coverage.warnings() {
                fail(format!("{} {what}: {warning}", coverage.histories), fails);
            }
        }
        if faults.is_clean() {
            for fault in faults.bites.never() {
                fail(format!("{} fault schedules: {fault}", faults.plans), false);
            }
        }
        for law in Law::ALL.into_iter().filter(|law| *law != Law::Growth) {
            if let Some(reason) = self.cannot_check(law) {
                fail(format!("\"{law}\" is not checked: {reason}"), false);
            }
        }
        assert!(failures.is_empty(), "\n{type_name} was not tried:\n  {}", failures.join("\n  "));
    }
}
