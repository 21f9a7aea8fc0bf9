//! What a campaign came to, as text and as JSON.

use std::fmt;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::block::Engine;
use super::state::Counted;
use crate::coverage::Coverage;
use crate::faults::Bites;
use crate::report::short;

/// What a campaign came to. All but the seconds is the same on every machine.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Each engine of each type, in the order of the types.
    pub engines: Vec<EngineSummary>,
    /// How long the last run took, of those that the campaign was stopped and
    /// went on in.
    pub seconds: f64,
}

/// What one engine found of one type.
#[derive(Clone, Debug)]
pub struct EngineSummary {
    /// What the campaign calls the type.
    pub name: String,
    /// What the compiler calls it.
    pub type_name: String,
    /// The engine: `laws`, `fault schedules` or `small scope`.
    pub engine: &'static str,
    /// Cases asked for; a small scope is one.
    pub cases: u64,
    /// Cases that were done: all, or those before the block in which a law was
    /// found broken.
    pub cases_done: u64,
    /// What they took, added up over threads.
    pub seconds: f64,
    /// What they tried. The number of states is an estimate. Empty for a small
    /// scope.
    pub coverage: Coverage,
    /// The faults that bit.
    pub faults: Option<Bites>,
    /// Situations of a small scope, and whether they are all.
    pub situations: Option<(u64, bool)>,
    /// What the verdict says nothing about.
    pub warnings: Vec<String>,
    /// The broken law, of the lowest case that breaks one.
    pub counterexample: Option<Finding>,
}

/// A broken law, as printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The law.
    pub law: String,
    /// What it means.
    pub meaning: String,
    /// The case.
    pub case: u64,
    /// The counterexample, for a person to read.
    pub printed: String,
    /// A test that replays it.
    pub test: String,
}

impl EngineSummary {
    pub(super) fn new(cases: u64, engine: Engine, counted: Counted) -> Self {
        let coverage = match engine {
            Engine::Scope => Coverage::default(),
            _ => counted.coverage(),
        };
        let faults = (engine == Engine::Faults).then_some(counted.bites);
        let situations =
            (engine == Engine::Scope).then_some((counted.situations, counted.exhausted));
        let mut warnings = Vec::new();
        if cases == 0 {
            warnings.push("no case was asked for".to_owned());
        }
        if counted.found.is_none() && counted.cases < cases {
            warnings.push(format!("stopped after {} of {cases} cases", counted.cases));
        }
        if counted.found.is_none() && counted.cases > 0 {
            match engine {
                Engine::Scope if !counted.exhausted => {
                    warnings.push("not all situations of the scope were visited".to_owned());
                }
                Engine::Scope => {}
                _ => warnings.extend(coverage.warnings()),
            }
            warnings.extend(faults.iter().flat_map(Bites::never).map(str::to_owned));
        }
        Self {
            name: counted.name,
            type_name: counted.type_name,
            engine: engine.name(),
            cases,
            cases_done: counted.cases,
            seconds: counted.seconds,
            coverage,
            faults,
            situations,
            warnings,
            counterexample: counted.found,
        }
    }

    /// Cases a second, on one thread.
    #[must_use]
    pub fn cases_a_second(&self) -> f64 {
        if self.seconds > 0.0 { self.cases_done as f64 / self.seconds } else { 0.0 }
    }

    fn to_json(&self) -> Value {
        let Coverage { histories, states, operations, refused, concurrent } = &self.coverage;
        let concurrent: Vec<Value> = concurrent
            .iter()
            .map(|((one, other), times)| json!({ "one": one, "other": other, "times": times }))
            .collect();
        json!({
            "name": self.name,
            "type": self.type_name,
            "engine": self.engine,
            "cases": self.cases,
            "cases_done": self.cases_done,
            "seconds": self.seconds,
            "cases_a_second": self.cases_a_second(),
            "coverage": {
                "histories": histories,
                "states_about": states,
                "operations": operations,
                "refused": refused,
                "concurrent": concurrent,
            },
            "faults": self.faults,
            "situations": self.situations.map(|(visited, all)| json!({ "visited": visited, "all": all })),
            "warnings": self.warnings,
            "counterexample": self.counterexample,
        })
    }
}

impl Summary {
    /// Whether no law was broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.engines.iter().all(|engine| engine.counterexample.is_none())
    }

    /// Success, or failure if a law was broken: what a program ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// The summary as JSON. Fields are added in later versions, and none is
    /// renamed or removed without another `version`.
    ///
    /// ```text
    /// { "version": 1, "clean": bool, "seconds": number, "engines": [ {
    ///     "name": string, "type": string,
    ///     "engine": "laws" | "fault schedules" | "small scope",
    ///     "cases": number, "cases_done": number,
    ///     "seconds": number, "cases_a_second": number,     of one thread
    ///     "coverage": {
    ///       "histories": number, "states_about": number,
    ///       "operations": { kind: times }, "refused": { kind: times },
    ///       "concurrent": [ { "one": kind, "other": kind, "times": number } ] },
    ///     "faults": { fault: times } | null,
    ///     "situations": { "visited": number, "all": bool } | null,
    ///     "warnings": [ string ],
    ///     "counterexample": { "law": string, "meaning": string, "case": number,
    ///                         "printed": string, "test": string } | null } ] }
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let engines: Vec<Value> = self.engines.iter().map(EngineSummary::to_json).collect();
        let (clean, seconds) = (self.is_clean(), self.seconds);
        let all = json!({ "version": 1, "clean": clean, "seconds": seconds, "engines": engines });
        format!("{all:#}")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engines.iter().try_for_each(|engine| write!(f, "{engine}"))?;
        let verdict = if self.is_clean() { "no law broken" } else { "a law is BROKEN" };
        writeln!(f, "{verdict}, in {:.1} s", self.seconds)
    }
}

impl fmt::Display for EngineSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, engine, cases, cases_done, .. } = self;
        write!(f, "{name} ({}), {engine}: ", short(&self.type_name))?;
        match (&self.counterexample, self.situations) {
            (Some(found), None) => {
                writeln!(f, "\"{}\" is BROKEN in case {}", found.law, found.case)?;
            }
            (Some(found), Some(_)) => writeln!(f, "\"{}\" is BROKEN", found.law)?,
            (None, _) if *cases_done == 0 => writeln!(f, "not tried")?,
            (None, Some((visited, all))) => {
                let all = if all { "all" } else { "the first" };
                writeln!(f, "no law broken in {all} {visited} situations")?;
            }
            (None, None) => writeln!(
                f,
                "no law broken in {cases_done} of {cases} cases, {:.0} a second on one thread",
                self.cases_a_second()
            )?,
        }
        if self.situations.is_none() && self.counterexample.is_none() && *cases_done > 0 {
            let Coverage { states, operations, concurrent, .. } = &self.coverage;
            let performed: u64 = operations.values().sum();
            let met: u64 = concurrent.values().sum();
            writeln!(
                f,
                "  about {states} different states, {performed} operations of {} kinds, {met} \
                 concurrent pairs",
                operations.len()
            )?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        if let Some(found) = &self.counterexample {
            writeln!(f, "\n{}", found.printed.trim_end())?;
            writeln!(f)?;
        }
        Ok(())
    }
}
