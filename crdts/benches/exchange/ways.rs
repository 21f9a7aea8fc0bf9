//! The ways in which an exchange is settled.

use gossiper_core::{FirstQuestion, Replica, ReplicaConfig, ReplicaId, Snapshot, StateOf};
use gossiper_transport::{BincodeCodec, Codec as _};

use crate::session::{Bill, Wire};
use crate::states::Subject;

/// What is asked, and from what it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// *Are we equal?*, of a peer with which that was so before; from the log.
    Agreed,
    /// *What have I not seen?*, from the log.
    Log,
    /// The same, from the index by dot.
    Dots,
    /// *Where do we differ?*, by symbols.
    Sketch,
    /// The same, by the whole digest.
    Digest,
}

impl Way {
    pub(crate) const ALL: [Self; 5] =
        [Self::Agreed, Self::Log, Self::Dots, Self::Sketch, Self::Digest];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Agreed => "are we equal?",
            Self::Log => "log",
            Self::Dots => "dots",
            Self::Sketch => "sketch",
            Self::Digest => "digest",
        }
    }

    const fn first(self) -> FirstQuestion {
        match self {
            Self::Agreed => FirstQuestion::Equal,
            Self::Log => FirstQuestion::Unseen,
            Self::Dots => FirstQuestion::Outline,
            Self::Sketch => FirstQuestion::Sketch,
            Self::Digest => FirstQuestion::Digest,
        }
    }

    const fn needs_log(self) -> bool {
        matches!(self, Self::Agreed | Self::Log)
    }
}

/// As many as are missed at most.
const LOGGED: usize = 1 << 14;

/// The exchange with the median time; `None` if the type has no such way.
pub(crate) fn measure<S: Subject>(
    base: &Snapshot<StateOf<S>>,
    n: u64,
    d: u64,
    way: Way,
    runs: usize,
) -> Option<Bill> {
    if way == Way::Dots && !S::HAS_DOTS {
        return None;
    }
    let replica = |state: StateOf<S>, id: u64| {
        let id = ReplicaId::new(id);
        let (seen, sequence) = (base.seen.clone(), base.seen.max_sequence(id));
        let stored = Snapshot { id, sequence, clock: base.clock, seen, state };
        let config = ReplicaConfig::for_cluster(2)
            .with_first_question(way.first())
            .with_logged_events(if way.needs_log() { LOGGED } else { 0 });
        let mut replica = Replica::<S>::restore(stored, config).expect("the snapshot is sound");
        let bytes = |update: &_| BincodeCodec::default().encoded_len(update).unwrap_or(usize::MAX);
        replica.measure_updates(bytes);
        replica
    };
    let damaged = (way == Way::Sketch).then(|| S::damaged(&base.state, n, d)).flatten();
    let is_damaged = damaged.is_some();
    let mut wire = Wire::of::<S>();
    let mut other = replica(damaged.unwrap_or_else(|| base.state.clone()), 1);
    let mut asker = replica(base.state.clone(), 2);
    if way == Way::Agreed {
        wire.exchange(&mut [&mut asker, &mut other]);
    }
    if !is_damaged {
        (0..d).for_each(|step| S::write(&mut other, n + step));
    }
    // Where nothing is news the replicas stay as they are, and it takes no time.
    let runs = if d == 0 && way != Way::Digest { runs * 100 } else { runs };
    let mut bills = Vec::new();
    for run in 0..runs {
        if run > 0 && d > 0 {
            asker = replica(base.state.clone(), 2);
        }
        bills.push(wire.exchange(&mut [&mut asker, &mut other]));
        assert_eq!(asker.fingerprint(), other.fingerprint(), "{} is not settled", way.title());
    }
    bills.sort_by_key(|bill| bill.time);
    Some(bills.swap_remove(bills.len() / 2))
}
