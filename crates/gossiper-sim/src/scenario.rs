//! A named experiment: a cluster, what happens to it and when, and what it is
//! to reach.
//!
//! *Does a cluster get over this, and is it luck?* A scenario runs from any
//! seed, with the same actions in the same rounds; so it can be run from many
//! seeds, and compared with another ([`Comparison`](crate::Comparison)). A run
//! is repeated exactly by its seed.

use std::error::Error;
use std::fmt;

use thiserror::Error as ThisError;

use crate::machine::Machine;
use crate::{BuildError, Cluster, ClusterBuilder, RunReport, Trace};

/// A cluster and a plan for it.
///
/// ```
/// use gossiper_sim::{GossipCluster, Scenario};
///
/// # fn main() -> Result<(), gossiper_sim::ScenarioError> {
/// let split = Scenario::new("split for 5 rounds", GossipCluster::<&str>::builder(6))
///     .at(0, |cluster| cluster.partition(&[&[0, 1, 2], &[3, 4, 5]]))
///     .at(0, |cluster| cluster.publish(0, "hello").map(drop))
///     .at(5, |cluster| { cluster.heal(); Ok::<_, gossiper_sim::ClusterError>(()) })
///     .until_converged(20);
///
/// let report = split.run_seeds(0..10)?;
/// assert_eq!(report.finished(), 10);
/// # Ok(())
/// # }
/// ```
pub struct Scenario<M: Machine> {
    name: String,
    builder: ClusterBuilder<M>,
    /// In order of their rounds.
    actions: Vec<(u64, Action<M>)>,
    goal: Goal<M>,
    max_rounds: u64,
}

type Action<M> = Box<dyn Fn(&mut Cluster<M>) -> Result<(), ActionError> + Send + Sync>;

/// Why an action of a scenario failed: the error that it returned.
pub type ActionError = Box<dyn Error + Send + Sync>;

/// When a scenario is over.
enum Goal<M: Machine> {
    /// After its rounds.
    Rounds,
    /// When the running nodes agree.
    Converged,
    /// When this holds.
    When(View<M>),
}

type View<M> = Box<dyn Fn(&Cluster<M>) -> bool + Send + Sync>;

/// The rounds that a scenario runs for where nothing is chosen.
const DEFAULT_ROUNDS: u64 = 20;

impl<M: Machine> Scenario<M> {
    /// A scenario in which nothing happens, for 20 rounds. The seed of
    /// `cluster` does not matter: every run has its own.
    #[must_use]
    pub fn new(name: impl Into<String>, cluster: ClusterBuilder<M>) -> Self {
        Self {
            name: name.into(),
            builder: cluster,
            actions: Vec::new(),
            goal: Goal::Rounds,
            max_rounds: DEFAULT_ROUNDS,
        }
    }

    /// Does something at the beginning of a round, before the nodes tick, and
    /// after what was planned for that round earlier.
    #[must_use]
    pub fn at<E: Into<ActionError>>(
        mut self,
        round: u64,
        action: impl Fn(&mut Cluster<M>) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let place = self.actions.partition_point(|(other, _)| *other <= round);
        let action: Action<M> = Box::new(move |cluster| action(cluster).map_err(Into::into));
        self.actions.insert(place, (round, action));
        self
    }

    /// Runs for exactly so many rounds.
    #[must_use]
    pub fn for_rounds(self, rounds: u64) -> Self {
        Self { goal: Goal::Rounds, max_rounds: rounds, ..self }
    }

    /// Runs until all that is planned has happened and the running nodes
    /// agree ([`Cluster::is_converged`]), for at most `max_rounds`.
    #[must_use]
    pub fn until_converged(self, max_rounds: u64) -> Self {
        Self { goal: Goal::Converged, max_rounds, ..self }
    }

    /// Runs until all that is planned has happened and `done` holds, for at
    /// most `max_rounds`.
    #[must_use]
    pub fn until(
        self,
        max_rounds: u64,
        done: impl Fn(&Cluster<M>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { goal: Goal::When(Box::new(done)), max_rounds, ..self }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs it once, from `seed`.
    ///
    /// # Errors
    ///
    /// If the cluster cannot be built, or an action fails.
    pub fn run(&self, seed: u64) -> Result<Finished<M>, ScenarioError> {
        self.play(self.builder.build_with(seed, false)?)
    }

    /// Runs it once more from a seed that showed something, and records what
    /// happens: [`Finished::trace`].
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn replay(&self, seed: u64) -> Result<Finished<M>, ScenarioError> {
        self.play(self.builder.build_with(seed, true)?)
    }

    /// Runs it once from each seed.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), for the first seed that fails.
    pub fn run_seeds(
        &self,
        seeds: impl IntoIterator<Item = u64>,
    ) -> Result<ScenarioReport, ScenarioError> {
        let runs = seeds.into_iter().map(|seed| self.run(seed).map(|run| run.outcome));
        Ok(ScenarioReport { name: self.name.clone(), outcomes: runs.collect::<Result<_, _>>()? })
    }

    fn play(&self, mut cluster: Cluster<M>) -> Result<Finished<M>, ScenarioError> {
        let mut planned = self.actions.iter().peekable();
        let mut finished = false;
        for round in 0..=self.max_rounds {
            while let Some((_, action)) = planned.next_if(|(planned, _)| *planned <= round) {
                action(&mut cluster).map_err(|source| ScenarioError::Action {
                    scenario: self.name.clone(),
                    round,
                    seed: cluster.seed(),
                    source,
                })?;
            }
            finished = planned.peek().is_none()
                && match &self.goal {
                    Goal::Rounds => round == self.max_rounds,
                    Goal::Converged => cluster.is_converged(),
                    Goal::When(done) => done(&cluster),
                };
            if finished || round == self.max_rounds {
                break;
            }
            cluster.step();
        }
        let run = RunReport {
            rounds: cluster.round().as_u64(),
            nodes: cluster.members(),
            traffic: cluster.traffic(),
        };
        Ok(Finished { outcome: Outcome { seed: cluster.seed(), finished, run }, cluster })
    }
}

/// A scenario that has run.
pub struct Finished<M: Machine> {
    /// The cluster as it was in the end.
    pub cluster: Cluster<M>,
    /// What came of it.
    pub outcome: Outcome,
}

impl<M: Machine> Finished<M> {
    /// What happened, if this was a [replay](Scenario::replay).
    #[must_use]
    pub const fn trace(&self) -> Option<&Trace> {
        self.cluster.trace()
    }
}

impl<M: Machine> fmt::Debug for Finished<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cluster, outcome } = self;
        f.debug_struct("Finished").field("outcome", outcome).field("cluster", cluster).finish()
    }
}

/// What came of one run of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The seed that the run is repeated from.
    pub seed: u64,
    /// Whether all that was planned happened and the goal was reached. A
    /// scenario of a fixed number of rounds always is, unless more was
    /// planned than fits in them.
    pub finished: bool,
    /// What it cost.
    pub run: RunReport,
}

/// What came of a scenario, run from many seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScenarioReport {
    /// The name of the scenario.
    pub name: String,
    /// One outcome for each seed, in their order.
    pub outcomes: Vec<Outcome>,
}

impl ScenarioReport {
    /// How many runs reached the goal.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.finished).count()
    }

    /// The seeds of the runs that did not, to be replayed.
    pub fn failures(&self) -> impl Iterator<Item = u64> {
        self.outcomes.iter().filter(|outcome| !outcome.finished).map(|outcome| outcome.seed)
    }

    /// The average of a figure over all runs; 0 if there were none.
    #[must_use]
    pub fn average(&self, figure: impl Fn(&RunReport) -> u64) -> f64 {
        let total: u64 = self.outcomes.iter().map(|outcome| figure(&outcome.run)).sum();
        total as f64 / self.outcomes.len().max(1) as f64
    }

    /// The greatest value of a figure over all runs; 0 if there were none.
    #[must_use]
    pub fn greatest(&self, figure: impl Fn(&RunReport) -> u64) -> u64 {
        self.outcomes.iter().map(|outcome| figure(&outcome.run)).max().unwrap_or(0)
    }
}

/// A scenario could not be run.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ScenarioError {
    /// No cluster can be built with its settings.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// One of its actions failed, such as crashing a node that has crashed.
    #[error("an action of scenario {scenario:?} failed in round {round} with seed {seed}")]
    Action {
        /// The name of the scenario.
        scenario: String,
        /// The round.
        round: u64,
        /// The seed of the run.
        seed: u64,
        /// What the action returned.
        #[source]
        source: ActionError,
    },
}

impl<M: Machine> fmt::Debug for Scenario<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.actions.iter().map(|(round, _)| round).collect::<Vec<_>>();
        f.debug_struct("Scenario")
            .field("name", &self.name)
            .field("actions_at", &rounds)
            .field("max_rounds", &self.max_rounds)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterError, GossipCluster, Traffic};

    fn outcome(finished: bool, rounds: u64) -> Outcome {
        let run = RunReport { rounds, nodes: 2, traffic: Traffic::default() };
        Outcome { seed: rounds, finished, run }
    }

    #[test]
    fn averages_are_averages_and_failures_are_named() {
        let outcomes = vec![outcome(true, 2), outcome(false, 10), outcome(true, 3)];
        let report = ScenarioReport { name: "x".into(), outcomes };
        assert_eq!(report.average(|run| run.rounds), 5.0);
        assert_eq!(report.greatest(|run| run.rounds), 10);
        assert_eq!((report.finished(), report.failures().collect()), (2, vec![10]));
        let none = ScenarioReport { outcomes: Vec::new(), ..report };
        assert_eq!((none.average(|run| run.rounds), none.greatest(|run| run.rounds)), (0.0, 0));
    }

    #[test]
    fn a_plan_is_carried_out_in_its_order_before_the_goal_counts() {
        let scenario = Scenario::new("crash", GossipCluster::<u8>::builder(3))
            .at(4, |cluster| cluster.restart(1))
            .at(2, |cluster| cluster.crash(1))
            .until_converged(9);
        let run = scenario.replay(1).unwrap();
        assert_eq!((run.outcome.finished, run.outcome.run.rounds), (true, 4));
        assert_eq!(
            run.trace().unwrap().to_string(),
            "   2  node-1 crashes\n   4  node-1 restarts with nothing\n"
        );
    }

    #[test]
    fn a_failing_action_says_where_it_stood() {
        let scenario = Scenario::new("twice", GossipCluster::<u8>::builder(3))
            .at(1, |cluster| cluster.crash(1))
            .at(3, |cluster| cluster.crash(1));
        let error = scenario.run(8).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an action of scenario \"twice\" failed in round 3 with seed 8"
        );
        let source = error.source().unwrap().downcast_ref::<ClusterError>();
        assert_eq!(source, Some(&ClusterError::Crashed { node: 1 }));
    }

    #[test]
    fn what_is_planned_after_the_end_leaves_a_scenario_unfinished() {
        let late = Scenario::new("late", GossipCluster::<u8>::builder(2))
            .at(5, |cluster| cluster.crash(0))
            .for_rounds(3);
        assert!(!late.run(0).unwrap().outcome.finished);
        assert!(late.for_rounds(6).run(0).unwrap().outcome.finished);
    }
}
