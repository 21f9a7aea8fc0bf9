//! The epidemics of Demers et al., *Epidemic algorithms for replicated database
//! maintenance*, PODC 1987, section 1.4, as machines, and the tables that they
//! are measured against.
//!
//! A thousand sites, one update, one contact of each site a cycle. The contacts
//! of a cycle happen at once: each finds a site as it was when the cycle began.
//! If they happen one by one instead, the residue of a push is that of the
//! paper's differential equations, `s = e^-(k+1)(1-s)`, which for `k` = 1 is a
//! seventh more.

#![allow(dead_code, reason = "a test and a bench use a part each")]

use gossiper_core::{
    DeterministicRng, Effect, NodeId, Peers, PhysicalTime, RandomSource, ReplicaId, Round,
};
use gossiper_sim::{Cluster, EffectOf, Machine, MessageKind};

pub(crate) const SITES: usize = 1_000;

/// Who sends the update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Direction {
    /// An infective site to one that it chooses.
    Push,
    /// An infective site to those that choose it.
    Pull,
}

/// When a site loses interest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Interest {
    /// Feedback and counter: after so many cycles in a row in which all that it
    /// sent was known. One that was of use begins the count anew.
    Counter(u32),
    /// Blind and coin: after each cycle, with one chance in so many.
    Coin(u32),
}

/// Whether a site that hears the update twice in a cycle knew it the second
/// time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Contacts {
    AtOnce,
    OneByOne,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Epidemic {
    pub(crate) direction: Direction,
    pub(crate) interest: Interest,
    pub(crate) contacts: Contacts,
}

/// One line of a table, or of what was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// The share of sites that the update missed.
    pub(crate) residue: f64,
    /// Updates sent, for each site.
    pub(crate) traffic: f64,
    /// Cycles until a site heard the update, on average over those that did.
    pub(crate) average_delay: f64,
    /// Cycles until the last of them heard it.
    pub(crate) last_delay: f64,
}

impl Figures {
    pub(crate) const fn each(self) -> [(&'static str, f64); 4] {
        let Self { residue, traffic, average_delay, last_delay } = self;
        [
            ("residue", residue),
            ("traffic", traffic),
            ("average delay", average_delay),
            ("last delay", last_delay),
        ]
    }
}

/// A published line: the epidemic, what it gave, and half a unit of the last
/// digit that was printed of each figure that is compared.
pub(crate) struct Line {
    pub(crate) epidemic: Epidemic,
    pub(crate) published: Figures,
    pub(crate) rounding: Figures,
}

const fn figures([residue, traffic, average_delay, last_delay]: [f64; 4]) -> Figures {
    Figures { residue, traffic, average_delay, last_delay }
}

fn table<const K: usize>(
    direction: Direction,
    interest: fn(u32) -> Interest,
    lines: [([f64; 4], [f64; 4]); K],
) -> [Line; K] {
    let mut k = 0;
    lines.map(|(published, rounding)| {
        k += 1;
        let epidemic = Epidemic { direction, interest: interest(k), contacts: Contacts::AtOnce };
        Line { epidemic, published: figures(published), rounding: figures(rounding) }
    })
}

/// The averages printed for pushes are one to three cycles above those here, those
/// for pulls are not, and nothing in the paper tells why; last delays agree in all
/// three tables.
const NOT_COMPARED: f64 = f64::INFINITY;

/// Table 1: push, feedback and counter, `k` = 1…5.
pub(crate) fn table_1() -> [Line; 5] {
    table(
        Direction::Push,
        Interest::Counter,
        [
            ([0.18, 1.7, 11.0, 16.8], [0.005, 0.05, NOT_COMPARED, 0.05]),
            ([0.037, 3.3, 12.1, 16.9], [0.0005, 0.05, NOT_COMPARED, 0.05]),
            ([0.011, 4.5, 12.5, 17.4], [0.0005, 0.05, NOT_COMPARED, 0.05]),
            ([0.0036, 5.6, 12.7, 17.5], [0.00005, 0.05, NOT_COMPARED, 0.05]),
            ([0.0012, 6.7, 12.8, 17.7], [0.00005, 0.05, NOT_COMPARED, 0.05]),
        ],
    )
}

/// Table 2: push, blind and coin, `k` = 1…5.
pub(crate) fn table_2() -> [Line; 5] {
    table(
        Direction::Push,
        Interest::Coin,
        [
            ([0.96, 0.04, 19.0, 38.0], [0.005, 0.005, NOT_COMPARED, 0.5]),
            ([0.20, 1.6, 17.0, 33.0], [0.005, 0.05, NOT_COMPARED, 0.5]),
            ([0.060, 2.8, 15.0, 32.0], [0.0005, 0.05, NOT_COMPARED, 0.5]),
            ([0.021, 3.9, 14.1, 32.0], [0.0005, 0.05, NOT_COMPARED, 0.5]),
            ([0.008, 4.9, 13.8, 32.0], [0.0005, 0.05, NOT_COMPARED, 0.5]),
        ],
    )
}

/// Table 3: pull, feedback and counter, `k` = 1…3.
pub(crate) fn table_3() -> [Line; 3] {
    table(
        Direction::Pull,
        Interest::Counter,
        [
            ([3.1e-2, 2.7, 9.97, 17.6], [5e-4, 0.05, 0.005, 0.05]),
            ([5.8e-4, 4.5, 10.07, 15.4], [5e-6, 0.05, 0.005, 0.05]),
            ([4.0e-6, 6.1, 10.08, 14.0], [5e-8, 0.05, 0.005, 0.05]),
        ],
    )
}

/// The mean of some runs, and its standard error.
pub(crate) struct Measured {
    pub(crate) mean: Figures,
    pub(crate) standard_error: Figures,
}

pub(crate) fn measure(epidemic: Epidemic, runs: u64) -> Measured {
    let runs: Vec<[f64; 4]> =
        (0..runs).map(|seed| run(epidemic, seed).each().map(|(_, figure)| figure)).collect();
    let count = runs.len() as f64;
    let mean: [f64; 4] =
        std::array::from_fn(|i| runs.iter().map(|run| run[i]).sum::<f64>() / count);
    let standard_error = std::array::from_fn(|i| {
        let squares: f64 = runs.iter().map(|run| (run[i] - mean[i]).powi(2)).sum();
        (squares / (count - 1.0) / count).sqrt()
    });
    Measured { mean: figures(mean), standard_error: figures(standard_error) }
}

fn run(epidemic: Epidemic, seed: u64) -> Figures {
    let builder = Cluster::<Site>::builder(SITES).config(epidemic).seed(seed);
    let mut cluster = builder.build().expect("there are sites");
    let infect = |site: &mut Site, _: &mut DeterministicRng| {
        site.state = State::Infective { useless: 0 };
        Vec::new()
    };
    cluster.input(0, infect).expect("the first site runs");
    let infective = |site: &Site| matches!(site.state, State::Infective { .. });
    let report =
        cluster.run_until(1_000, |cluster| cluster.running().all(|(_, site)| !infective(site)));
    assert!(report.converged, "an epidemic ends");

    let heard = cluster.running().filter(|(_, site)| site.state != State::Susceptible).count();
    let delays = || cluster.running().filter_map(|(_, site)| site.heard).map(|cycle| cycle + 1);
    Figures {
        residue: (SITES - heard) as f64 / SITES as f64,
        traffic: cluster.traffic().pushes as f64 / SITES as f64,
        average_delay: delays().sum::<u64>() as f64 / heard as f64,
        last_delay: delays().max().unwrap_or(0) as f64,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Susceptible,
    Infective { useless: u32 },
    Removed,
}

struct Site {
    state: State,
    cycle: u64,
    /// The cycle in which it heard the update; the first site never did.
    heard: Option<u64>,
    /// What those that were sent the update in this cycle have said: whether
    /// any lacked it.
    feedback: Option<bool>,
    epidemic: Epidemic,
    peers: Peers,
}

impl Site {
    fn just_told(&self) -> bool {
        self.heard == Some(self.cycle)
    }

    /// What the last cycle has made of its interest.
    fn lose_interest(&mut self, k: u32) {
        if let (State::Infective { useless }, Some(useful)) = (self.state, self.feedback.take()) {
            let useless = if useful { 0 } else { useless + 1 };
            self.state = if useless == k { State::Removed } else { State::Infective { useless } };
        }
    }

    /// Takes in the update, and says whether it was known.
    fn hear(&mut self) -> Message {
        let susceptible = self.state == State::Susceptible;
        if susceptible {
            self.state = State::Infective { useless: 0 };
            self.heard = Some(self.cycle);
        }
        Message::Feedback {
            known: match self.epidemic.contacts {
                Contacts::AtOnce => !self.just_told(),
                Contacts::OneByOne => !susceptible,
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Message {
    Update,
    Request,
    Feedback { known: bool },
}

impl Machine for Site {
    type Message = Message;
    type Event = ();
    type Config = Epidemic;

    fn config_for(_: usize) -> Epidemic {
        Epidemic {
            direction: Direction::Push,
            interest: Interest::Counter(1),
            contacts: Contacts::AtOnce,
        }
    }

    fn start(_: &NodeId, _: ReplicaId, &epidemic: &Epidemic) -> Self {
        let (state, peers) = (State::Susceptible, Peers::default());
        Self { state, cycle: 0, heard: None, feedback: None, epidemic, peers }
    }

    fn set_peers(&mut self, peers: Peers) {
        self.peers = peers;
    }

    fn tick(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        _: PhysicalTime,
    ) -> Vec<EffectOf<Self>> {
        self.cycle = round.as_u64();
        if let Interest::Counter(k) = self.epidemic.interest {
            self.lose_interest(k);
        }
        let infective = matches!(self.state, State::Infective { .. });
        let message = match self.epidemic.direction {
            Direction::Push if !infective => return Vec::new(),
            Direction::Push => Message::Update,
            Direction::Pull => Message::Request,
        };
        if let (true, Interest::Coin(k)) = (infective, self.epidemic.interest)
            && rng.below(k.into()) == 0
        {
            self.state = State::Removed;
        }
        let targets = self.peers.sample(rng, 1).into_iter();
        targets.map(|target| Effect::Send { target, message }).collect()
    }

    fn receive(
        &mut self,
        _: &mut DeterministicRng,
        from: &NodeId,
        message: Message,
    ) -> Vec<EffectOf<Self>> {
        let answer = match (message, self.state) {
            (Message::Update, _) => self.hear(),
            (Message::Request, State::Infective { .. }) if !self.just_told() => Message::Update,
            (Message::Feedback { known }, _) => {
                self.feedback = Some(self.feedback == Some(true) || !known);
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        vec![Effect::Send { target: from.clone(), message: answer }]
    }

    fn agrees_with(&self, other: &Self) -> bool {
        (self.state == State::Susceptible) == (other.state == State::Susceptible)
    }

    fn kind(message: &Message) -> MessageKind {
        match message {
            Message::Update => MessageKind::Rumors,
            Message::Request => MessageKind::Question,
            Message::Feedback { .. } => MessageKind::Feedback,
        }
    }

    fn describe(message: &Message) -> String {
        format!("{:?}", Self::kind(message))
    }
}
