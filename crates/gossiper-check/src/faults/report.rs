//! What the fault engine found, for a person to read.

use std::fmt::{self, Debug};

use super::plan::{Action, Plan};
use crate::coverage::Coverage;
use crate::diagram::Picture;
use crate::laws::Violation;
use crate::replay::{rust, snake, write_test};
use crate::report::{brief, short, write_sides};
use crate::svg;

/// What was found under faults.
#[derive(Clone, Debug)]
pub struct FaultReport<O> {
    /// The type, as the compiler names it.
    pub type_name: &'static str,
    /// Plans carried out.
    pub plans: u64,
    /// The faults that bit: how often each.
    pub bites: Bites,
    /// What was tried.
    pub coverage: Coverage,
    /// The smallest plan found that breaks a law, and how.
    pub counterexample: Option<(Plan<O>, Violation)>,
    /// The case that it was shrunk from.
    pub case: u64,
    /// The run of that plan.
    pub(crate) picture: Picture,
    /// Readable names for the identities in it.
    pub(crate) names: Vec<(String, String)>,
    /// How the check was made, as Rust, if that is known.
    pub(crate) source: Option<String>,
}

impl<O> FaultReport<O> {
    /// Rounds that replicas get to become equal once the network has healed.
    pub const LIVENESS_ROUNDS: u64 = 100;

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.counterexample.is_none()
    }

    /// What the verdict says nothing about, in words: operations that never met,
    /// and faults that never bit.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        if !self.is_clean() {
            return Vec::new();
        }
        let mut warnings = self.coverage.warnings();
        warnings.extend(self.bites.never().into_iter().map(str::to_owned));
        warnings
    }

    /// The diagram of the counterexample as an SVG document.
    #[must_use]
    pub fn to_svg(&self) -> Option<String> {
        let (_, violation) = self.counterexample.as_ref()?;
        Some(svg::draw(self.type_name, &self.readable_picture(), &self.readable(violation)))
    }

    /// A test that replays the counterexample.
    pub(crate) const fn regression(&self) -> Regression<'_, O> {
        Regression(self)
    }

    /// Gives identities their readable names.
    fn named(&self, text: &str) -> String {
        let mut named = text.to_owned();
        for (id, name) in &self.names {
            named = named.replace(id, name);
        }
        named
    }

    fn readable(&self, violation: &Violation) -> Violation {
        let Violation { law, step, what, sides } = violation;
        let sides = sides.as_ref().map(|sides| {
            sides.each_ref().map(|(left, right)| (self.named(left), self.named(right)))
        });
        Violation { law: *law, step: *step, what: self.named(what), sides }
    }

    fn readable_picture(&self) -> Picture {
        let mut picture = self.picture.clone();
        for row in &mut picture.rows {
            row.label = self.named(&row.label);
            row.state = row.state.as_ref().map(|state| self.named(state));
        }
        picture
    }
}

/// Faults that did something, over all plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "campaign", derive(serde::Serialize, serde::Deserialize))]
pub struct Bites {
    /// Messages lost by the network.
    pub lost: u64,
    /// Messages lost because the way was cut.
    pub cut: u64,
    /// Messages lost because the receiver was down.
    pub down: u64,
    /// Messages repeated.
    pub duplicated: u64,
    /// Messages delayed.
    pub delayed: u64,
    /// Messages reordered.
    pub reordered: u64,
    /// Crashes after which a replica kept its state.
    pub crashes_durable: u64,
    /// Crashes after which a replica had an older state.
    pub crashes_backup: u64,
    /// Crashes after which a replica had nothing.
    pub crashes_empty: u64,
    /// Replicas that joined.
    pub joins: u64,
    /// Replicas that left for good.
    pub leaves: u64,
    /// Clocks that were set wrong.
    pub clocks: u64,
}

impl Bites {
    #[cfg(feature = "campaign")]
    pub(crate) const fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.cut += other.cut;
        self.down += other.down;
        self.duplicated += other.duplicated;
        self.delayed += other.delayed;
        self.reordered += other.reordered;
        self.crashes_durable += other.crashes_durable;
        self.crashes_backup += other.crashes_backup;
        self.crashes_empty += other.crashes_empty;
        self.joins += other.joins;
        self.leaves += other.leaves;
        self.clocks += other.clocks;
    }

    /// The faults that never bit, in words.
    #[must_use]
    pub fn never(&self) -> Vec<&'static str> {
        let all = [
            (self.lost, "no message was lost"),
            (self.cut, "no message was cut off"),
            (self.down, "no message reached a crashed replica"),
            (self.duplicated, "no message was repeated"),
            (self.delayed, "no message was delayed"),
            (self.reordered, "no message was reordered"),
            (self.crashes_durable, "no replica crashed and kept its state"),
            (self.crashes_backup, "no replica came back from a backup"),
            (self.crashes_empty, "no replica came back with nothing"),
            (self.joins, "no replica joined"),
            (self.leaves, "no replica left"),
            (self.clocks, "no clock was wrong"),
        ];
        all.into_iter().filter(|(count, _)| *count == 0).map(|(_, what)| what).collect()
    }
}

impl<O: Debug> fmt::Display for FaultReport<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((plan, violation)) = &self.counterexample else {
            writeln!(
                f,
                "{}: no law broken in {} fault schedules",
                short(self.type_name),
                self.plans
            )?;
            self.coverage.write(f, "schedules")?;
            write!(f, "  faults that bit: {}", self.bites)?;
            return self
                .bites
                .never()
                .iter()
                .try_for_each(|fault| write!(f, "\n    warning: {fault}"));
        };
        let violation = self.readable(violation);
        let law = violation.law;
        writeln!(f, "{} breaks \"{law}\" under faults: {}", short(self.type_name), law.meaning())?;
        writeln!(f)?;
        writeln!(f, "the smallest schedule found (case {}):", self.case)?;
        write!(f, "{plan}")?;
        writeln!(f)?;
        write!(f, "{}", self.readable_picture())?;
        writeln!(f)?;
        writeln!(f, "{}", brief(&violation.what))?;
        write_sides(f, violation.sides.as_ref())?;
        writeln!(f, "usual cause: {}", law.usual_cause())?;
        writeln!(f, "an example, and the fix: gossiper_check::guide::{}", law.page())?;
        writeln!(f, "\nas a test that needs no other randomness:\n")?;
        write!(f, "{}", self.regression())
    }
}

/// The test that replays what was found.
pub(crate) struct Regression<'a, O>(&'a FaultReport<O>);

impl<O: Debug> fmt::Display for Regression<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((plan, violation)) = &self.0.counterexample else { return Ok(()) };
        let name = snake(&format!("{:?}", violation.law)) + "_under_faults";
        write_regression(f, (&name, self.0.source.as_deref()), plan)
    }
}

/// A plan as Rust.
fn write_regression<O: Debug>(
    f: &mut fmt::Formatter<'_>,
    test: (&str, Option<&str>),
    plan: &Plan<O>,
) -> fmt::Result {
    use std::fmt::Write as _;

    let Plan { replicas, seed, loss, duplication, reordering, delay, actions } = plan;
    let restarts = actions.iter().any(|(_, action)| matches!(action, Action::Crash { .. }));
    let names = ["Action", "Plan", "Restart"];
    let names = if restarts { &names[..] } else { &names[..2] };
    let ops = actions.iter().filter_map(|(_, action)| match action {
        Action::Op { op, .. } => Some(op),
        _ => None,
    });
    write_test(f, test, names, ops, |f| {
        writeln!(f, "let plan = Plan {{")?;
        writeln!(f, "    replicas: {replicas},")?;
        writeln!(f, "    seed: {seed},")?;
        writeln!(f, "    loss: {loss},")?;
        writeln!(f, "    duplication: {duplication},")?;
        writeln!(f, "    reordering: {reordering},")?;
        writeln!(f, "    delay: {delay},")?;
        writeln!(f, "    actions: vec![")?;
        for (round, action) in actions {
            match action {
                Action::Crash { at, down, restart } => writeln!(
                    f,
                    "        ({round}, Action::Crash {{ at: {at}, down: {down}, restart: Restart::{restart:?} }}),"
                )?,
                action => writeln!(f, "        ({round}, Action::{}),", rust(action))?,
            }
        }
        writeln!(f, "    ],")?;
        writeln!(f, "}};")?;
        writeln!(f, "check.assert_replay_faults(&plan);")
    })
}

impl fmt::Display for Bites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, cut, down, duplicated, delayed, reordered, .. } = self;
        let Self { crashes_durable, crashes_backup, crashes_empty, joins, leaves, clocks, .. } =
            self;
        write!(
            f,
            "{lost} messages lost, {cut} cut off, {down} to crashed replicas, {duplicated} \
             repeated, {delayed} delayed, {reordered} reordered; {crashes_durable} crashes with \
             durable state, {crashes_backup} with a backup, {crashes_empty} with nothing; {joins} \
             joins, {leaves} leaves, {clocks} wrong clocks"
        )
    }
}
