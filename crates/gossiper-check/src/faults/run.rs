//! A plan carried out by real replicas in the simulator.

use std::fmt::Debug;
use std::sync::Arc;

use gossiper_core::{
    DeltaOf, DeterministicRng, DigestOf, Dot, FirstQuestion, RandomSource as _, Replica,
    ReplicaConfig, ReplicaId, ReplicaMessage, Snapshot, StateOf,
};
use gossiper_sim::{NetworkConditions, Ratio, ReplicaCluster, Restart as Comeback, Status};

use super::plan::{Action, Plan};
use super::report::{Bites, FaultReport};
use crate::coverage::Tally;
use crate::history::{Events, MAX_EVENTS, Performed, Restart, Seen, stamped};
use crate::lab::{taught, whole};
use crate::law::Law;
use crate::laws::{Finding, Violation};
use crate::subject::{Apply, Check, Subject};

/// Rounds between two questions of a replica: often, so that little time is
/// much.
const ANTI_ENTROPY_INTERVAL: u64 = 3;

/// Rounds between two looks at what replicas have seen against what they show,
/// which costs a merge for each operation.
const OUTCOME_INTERVAL: u64 = 4;

/// What a faulty protocol does to a message; false swallows it.
pub(crate) type Tamper<S> =
    Arc<dyn Fn(&mut ReplicaMessage<DigestOf<S>, DeltaOf<S>>) -> bool + Send + Sync>;

/// A plan being carried out.
pub(super) struct Run<'a, S: Subject, O> {
    check: &'a Check<S, O>,
    pub(super) cluster: ReplicaCluster<S>,
    pub(super) performed: Vec<Performed<O>>,
    /// The event and the delta of each operation.
    events: Vec<(Dot, DeltaOf<S>)>,
    backups: Vec<Option<Snapshot<StateOf<S>>>>,
    /// Who is down, until when, and how it comes back.
    down: Vec<(usize, u64, Restart)>,
    /// Each running replica's state after the last round.
    before: Vec<Option<StateOf<S>>>,
    crashes: [u64; 3],
    /// Joins, leaves and changes of clocks.
    changes: [u64; 3],
    tally: Option<&'a mut Tally>,
    /// What the simulator does not record, each before which record.
    pub(super) notes: Vec<Note>,
    /// Readable names for random identities.
    pub(super) names: Vec<(ReplicaId, String)>,
}

/// What happened at a replica besides what the trace says.
pub(super) struct Note {
    pub(super) record: usize,
    pub(super) at: usize,
    pub(super) what: String,
}

/// One schedule in two opens its exchanges as replicas do, the others with one
/// of the questions, with or without a log, in pieces of one atom or whole: every
/// way to be told something must lead to the same states. Where deltas are measured,
/// here as equally large, events are joined from the second one on.
///
/// Not in pieces if there is an invariant: replicas cut a transaction only where
/// an answer exceeds its bytes, and an invariant may rely on that.
fn questions<S: Subject, O>(
    check: &Check<S, O>,
    config: ReplicaConfig,
    seed: u64,
) -> (ReplicaConfig, bool) {
    use FirstQuestion::{Cheapest, Digest, Equal, Filter, Outline, Sketch, Unseen};

    let mut rng = DeterministicRng::stream(seed, u64::MAX);
    let first = [
        Cheapest, Cheapest, Cheapest, Cheapest, Cheapest, Cheapest, Equal, Unseen, Outline, Sketch,
        Digest, Filter,
    ];
    let first = first[rng.below(first.len() as u64) as usize];
    let config = config.with_first_question(first);
    let config = if rng.below(2) == 0 { config.with_logged_events(0) } else { config };
    let smallest = rng.below(2) == 0 && check.invariant.is_none();
    let bytes = if smallest { 1 } else { config.answer_bytes() };
    (config.with_answer_bytes(bytes).expect("it is not 0"), rng.below(2) == 0)
}

/// A broken law, and where in the trace.
pub(super) struct Found {
    pub(super) violation: Violation,
    pub(super) record: usize,
}

impl<'a, S: Subject, O: Clone + Debug> Run<'a, S, O> {
    pub(super) fn new(
        check: &'a Check<S, O>,
        plan: &Plan<O>,
        tally: Option<&'a mut Tally>,
        trace: bool,
    ) -> Self {
        let network = NetworkConditions::perfect()
            .with_loss(Ratio::per_mille(plan.loss))
            .with_duplication(Ratio::per_mille(plan.duplication))
            .with_reordering(Ratio::per_mille(plan.reordering))
            .with_delay(0..=plan.delay);
        let config = ReplicaConfig::for_cluster(plan.replicas)
            .with_anti_entropy_interval(ANTI_ENTROPY_INTERVAL)
            .expect("the interval is not 0");
        let (config, measures) = questions(check, config, plan.seed);
        let mut builder = ReplicaCluster::<S>::builder(plan.replicas)
            .network(network)
            .config(config)
            .prepare(move |replica| {
                if measures {
                    replica.measure_updates(|_| 64);
                }
            })
            .seed(plan.seed)
            .trace(trace)
            .watch(|replica| format!("{:?}", replica.state()));
        if let Some(tamper) = check.tamper.clone() {
            builder = builder.tamper(move |message| tamper(message));
        }
        let cluster = builder.build().expect("a plan has replicas and a possible network");
        Self {
            check,
            cluster,
            performed: Vec::new(),
            events: Vec::new(),
            backups: Vec::new(),
            down: Vec::new(),
            before: Vec::new(),
            crashes: [0; 3],
            changes: [0; 3],
            tally,
            notes: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Carries out the plan, and goes on when a law is broken: what comes later
    /// may say more. Of each law, the first violation of each phase is `found`.
    pub(super) fn all(&mut self, plan: &Plan<O>, found: &mut Vec<Found>) {
        let end = plan.actions.iter().map(|(round, _)| *round).max().unwrap_or(0);
        for round in 0..=end {
            self.come_back(Some(round));
            self.learn_names();
            for (_, action) in plan.actions.iter().filter(|(when, _)| *when == round) {
                self.act(round, action);
            }
            self.cluster.step();
            for violation in self.safety(round).into_iter().flatten() {
                if found.iter().all(|earlier| earlier.violation.law != violation.law) {
                    found.push(Found { violation, record: self.record() });
                }
            }
        }
        let violations = self.liveness();
        let record = self.record();
        found.extend(violations.into_iter().map(|violation| Found { violation, record }));
        let ops = plan.actions.iter().filter_map(|(_, action)| match action {
            Action::Op { op, .. } => Some(op),
            _ => None,
        });
        if let Some(tally) = &mut self.tally {
            tally.run(ops, &self.performed);
        }
    }

    /// How much has been recorded.
    fn record(&self) -> usize {
        self.cluster.trace().map_or(0, |trace| trace.records().len())
    }

    fn note(&mut self, at: usize, what: impl Into<String>) {
        self.notes.push(Note { record: self.record(), at, what: what.into() });
    }

    /// Gives the identities of all replicas readable names: r0 for replica 0,
    /// r0′ for it after it lost its state, and so on.
    fn learn_names(&mut self) {
        for (node, replica) in self.cluster.running() {
            let id = replica.id();
            if self.names.iter().all(|(known, _)| *known != id) {
                let base = format!("r{node}");
                let earlier = self.names.iter().filter(|(_, name)| {
                    name.strip_prefix(&base).is_some_and(|rest| rest.chars().all(|c| c == '′'))
                });
                let name = base.clone() + &"′".repeat(earlier.count());
                self.names.push((id, name));
            }
        }
    }

    /// Does what a plan says, as far as it is possible.
    fn act(&mut self, round: u64, action: &Action<O>) {
        match action {
            Action::Op { at, op } => self.perform(*at, op),
            Action::Partition { first } => {
                let running: Vec<usize> = self.cluster.running().map(|(node, _)| node).collect();
                let (left, right): (Vec<_>, Vec<_>) =
                    running.iter().partition(|node| *node < first);
                // A partition of one part is none, and refused.
                let _ = self.cluster.partition(&[&left, &right]);
            }
            Action::Block { from, to } => {
                let _ = self.cluster.block(&[*from], &[*to]);
            }
            Action::Heal => self.cluster.heal(),
            Action::Backup { at } => {
                if let Ok(backup) = self.cluster.backup(*at) {
                    self.backups.resize(self.backups.len().max(at + 1), None);
                    self.backups[*at] = Some(backup);
                    self.note(*at, "backup");
                }
            }
            Action::Crash { at, down, restart } => {
                if self.cluster.crash(*at).is_ok() {
                    self.down.push((*at, round + down, *restart));
                }
            }
            Action::Join => {
                self.cluster.add_node();
                self.changes[0] += 1;
            }
            Action::Leave { at } => {
                let others = self.cluster.running().filter(|(node, _)| node != at).count();
                if others >= 2 && self.cluster.status(*at) == Ok(Status::Up) {
                    let _ = self.cluster.remove_node(*at);
                    self.changes[1] += 1;
                }
            }
            Action::Skew { at, millis } => {
                if self.cluster.set_clock_skew_ms(*at, *millis).is_ok() {
                    self.changes[2] += 1;
                    self.note(*at, format!("clock {millis:+} ms"));
                }
            }
        }
    }

    fn perform(&mut self, at: usize, op: &O) {
        let message = self.performed.len();
        let Ok(replica) = self.cluster.node(at) else { return };
        let before = self.known(replica);
        let exact = self.is_join_of(replica.state(), before);
        if message >= MAX_EVENTS {
            return;
        }
        let mut made = None;
        let event = self.cluster.update(at, |state, ctx| {
            let clock = ctx.clock();
            let delta = match &self.check.apply {
                Apply::Delta(apply) => apply(op, state, ctx),
                Apply::InPlace(apply) => apply(op, &mut state.clone(), ctx),
            };
            made = delta.clone().map(|delta| (delta, stamped(clock, ctx.clock())));
            delta.ok_or(())
        });
        if let (Ok(Some(event)), Some((delta, stamp))) = (event, made) {
            let (dot, op) = (event.last(), op.clone());
            self.events.push((dot, delta));
            self.performed.push(Performed { message, at, op, dot, stamp, before, exact });
        }
    }

    /// Restarts those whose time has come, or all.
    fn come_back(&mut self, round: Option<u64>) {
        let due = |until: u64| round.is_none_or(|round| until <= round);
        let (back, down) = self.down.drain(..).partition(|(_, until, _)| due(*until));
        self.down = down;
        let back: Vec<(usize, u64, Restart)> = back;
        for (at, _, restart) in back {
            let backup = self.backups.get(at).cloned().flatten();
            let (with, kind) = match (restart, backup) {
                (Restart::Durable, _) => (Comeback::Durable, 0),
                (Restart::Backup, Some(backup)) => (Comeback::Backup(backup), 1),
                (Restart::Backup | Restart::Empty, _) => (Comeback::Nothing, 2),
            };
            if self.cluster.restart(at, with).is_ok() {
                self.crashes[kind] += 1;
            }
            if let Some(before) = self.before.get_mut(at) {
                // What it lost, it may lose.
                *before = None;
            }
        }
    }

    /// The operations that a replica has seen.
    fn known(&self, replica: &Replica<S>) -> Events {
        let mut events = Events::default();
        for (message, (dot, _)) in self.events.iter().enumerate() {
            if replica.seen().contains(*dot) {
                events.insert(message);
            }
        }
        events
    }

    /// Whether a state is the join of what `events` told, and nothing else.
    fn is_join_of(&self, state: &StateOf<S>, events: Events) -> bool {
        let deltas = events.iter().map(|message| self.events[message].1.clone());
        self.check.same(&taught::<S>(&StateOf::<S>::default(), deltas), state)
    }

    /// What no fault excuses.
    fn safety(&mut self, round: u64) -> [Option<Violation>; 5] {
        let invariant = self.cluster.running().find_map(|(node, replica)| {
            let broken = self.check.invariant.as_ref()?(replica.state()).err()?;
            let what = format!("replica {node} has {:?}: {broken}", replica.state());
            Some(Finding::new(what).at(Law::Invariant, None))
        });
        let inflation = self.cluster.running().find_map(|(node, replica)| {
            let (before, state) = (self.before.get(node)?.as_ref()?, replica.state());
            let reminded = taught::<S>(state, whole::<S>(before));
            (!self.check.same(state, &reminded)).then(|| {
                let finding = Finding::differ::<S>(
                    format!("replica {node} knew more a round before"),
                    ("it has", state),
                    ("reminded of what it had", &reminded),
                );
                finding.at(Law::Inflation, None)
            })
        });
        let mut after = vec![None; self.cluster.len()];
        for (node, replica) in self.cluster.running() {
            let before = self.before.get(node).and_then(Option::as_ref);
            if let (Some(tally), true) = (&mut self.tally, before != Some(replica.state())) {
                tally.state(replica.state());
            }
            after[node] = Some(replica.state().clone());
        }
        self.before = after;
        let outcome = round.is_multiple_of(OUTCOME_INTERVAL);
        let [lost, model, beyond] =
            if outcome { [self.lost(), self.model(), self.beyond()] } else { [const { None }; 3] };
        [invariant, inflation, lost, model, beyond]
    }

    /// What must come about once the network has healed.
    fn liveness(&mut self) -> Vec<Violation> {
        self.come_back(None);
        self.learn_names();
        self.cluster.heal();
        self.cluster
            .set_network(NetworkConditions::perfect())
            .expect("a perfect network is possible");
        let mut durable = Events::default();
        for (_, replica) in self.cluster.running() {
            durable.join(self.known(replica));
        }
        let check = self.check;
        self.cluster.run_until(FaultReport::<O>::LIVENESS_ROUNDS, |cluster| {
            let mut states = cluster.running().map(|(_, replica)| replica.state());
            let first = states.next();
            let equal = states.all(|state| first.is_some_and(|first| check.same(first, state)));
            let mut seen = cluster.running().map(|(_, replica)| replica.seen());
            let first = seen.next();
            equal && seen.all(|other| Some(other) == first)
        });
        let broken =
            [self.difference(), self.forgotten(durable), self.lost(), self.model(), self.beyond()];
        broken.into_iter().flatten().collect()
    }

    /// Whether all replicas are equal, and know it.
    fn difference(&self) -> Option<Violation> {
        let rounds = FaultReport::<O>::LIVENESS_ROUNDS;
        let ((one, first), check) = (self.cluster.running().next()?, self.check);
        let mut running = self.cluster.running();
        if let Some((node, replica)) =
            running.find(|(_, replica)| !check.same(replica.state(), first.state()))
        {
            let finding = Finding::differ::<S>(
                format!("{rounds} rounds after the network has healed"),
                (&format!("replica {one} has"), first.state()),
                (&format!("replica {node} has"), replica.state()),
            );
            return Some(finding.at(Law::Convergence, None));
        }
        let mut running = self.cluster.running();
        let (node, replica) = running.find(|(_, replica)| replica.seen() != first.seen())?;
        let what = format!(
            "{rounds} rounds after the network has healed, all states are equal, but replica \
             {node} has seen {:?} and replica {one} {:?}",
            replica.seen(),
            first.seen()
        );
        Some(Finding::new(what).at(Law::Convergence, None))
    }

    /// Whether all that was durable is in the state that all end with.
    fn forgotten(&self, durable: Events) -> Option<Violation> {
        let (_, first) = self.cluster.running().next()?;
        durable.iter().find_map(|message| {
            let (_, delta) = &self.events[message];
            let with = taught::<S>(first.state(), [delta.clone()]);
            (!self.check.same(&with, first.state())).then(|| {
                let finding = Finding::differ::<S>(
                    format!("{delta:?} was durable and is missing"),
                    ("all have", first.state()),
                    ("and should have", &with),
                );
                finding.at(Law::NoLoss, None)
            })
        })
    }

    /// Whether what a replica has seen is in its state.
    fn lost(&self) -> Option<Violation> {
        self.cluster.running().find_map(|(node, replica)| {
            let (state, events) = (replica.state(), self.known(replica));
            let deltas = events.iter().map(|message| self.events[message].1.clone());
            let with = taught::<S>(state, deltas);
            (!self.check.same(&with, state)).then(|| {
                let finding = Finding::differ::<S>(
                    format!("replica {node} has seen what is not in its state"),
                    ("it has", state),
                    ("and should have", &with),
                );
                finding.at(Law::NoLoss, None)
            })
        })
    }

    /// Whether a replica knows what no operation has told: mostly that something
    /// was removed which nobody removed.
    ///
    /// Whoever has heard of every operation, also of those that were lost with a
    /// crash, learns nothing from any replica.
    fn beyond(&self) -> Option<Violation> {
        let deltas = self.events.iter().map(|(_, delta)| delta.clone());
        let all = taught::<S>(&StateOf::<S>::default(), deltas);
        self.cluster.running().find_map(|(node, replica)| {
            let with = taught::<S>(&all, whole::<S>(replica.state()));
            (!self.check.same(&with, &all)).then(|| {
                let finding = Finding::differ::<S>(
                    format!("replica {node} has {:?}, which no operation led to", replica.state()),
                    ("all operations lead to", &all),
                    ("which becomes by merging the replica's state", &with),
                );
                finding.at(Law::NoLoss, None)
            })
        })
    }

    /// Whether the model agrees wherever a state is what was seen and nothing
    /// else.
    ///
    /// A state may hold more than what was seen: the answer to a question of an
    /// earlier run is merged and claims nothing.
    fn model(&self) -> Option<Violation> {
        let (view, model) = (self.check.view.as_ref()?, self.check.model.as_ref()?);
        self.cluster.running().find_map(|(node, replica)| {
            let (state, events) = (replica.state(), self.known(replica));
            let seen = Seen::closed(&self.performed, events)?;
            if !self.is_join_of(state, events) {
                return None;
            }
            let (shown, expected) = (view(state), model(&seen));
            (shown != expected).then(|| Violation {
                law: Law::Model,
                step: None,
                what: format!("replica {node} has seen all that its operations depend on"),
                sides: Some([
                    ("it shows".to_owned(), shown),
                    ("the model says".to_owned(), expected),
                ]),
            })
        })
    }

    pub(super) fn count(&self, bites: &mut Bites) {
        let traffic = self.cluster.traffic();
        bites.lost += traffic.lost_by_network;
        bites.cut += traffic.lost_by_partition;
        bites.down += traffic.lost_by_crash;
        bites.duplicated += traffic.duplicated;
        bites.delayed += traffic.delayed;
        bites.reordered += traffic.reordered;
        bites.crashes_durable += self.crashes[0];
        bites.crashes_backup += self.crashes[1];
        bites.crashes_empty += self.crashes[2];
        bites.joins += self.changes[0];
        bites.leaves += self.changes[1];
        bites.clocks += self.changes[2];
    }
}
