//! One exchange, over frames that are encoded and decoded as hosts do it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gossiper_core::{
    DeltaOf, DeterministicRng, DigestOf, Effect, MessageOf, NodeId, Replica, ReplicaEffect,
    Replicated, Resolve, StateOf,
};
use gossiper_transport::FrameCodec;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What an exchange took.
pub(crate) struct Bill {
    /// Bytes of the frames of the asker, and of those of the other side.
    pub(crate) bytes: [usize; 2],
    /// Messages that one side had to wait for, one after the other.
    trips: usize,
    messages: usize,
    /// Of both sides, coding included.
    pub(crate) time: Duration,
}

impl Bill {
    pub(crate) fn told(&self) -> String {
        let [there, back] = self.bytes.map(|count| bytes(count as f64));
        let Self { trips, messages, time, .. } = self;
        let trips = *trips as f64 / 2.0;
        format!("{there} + {back} / {messages} / {trips} / {}", duration(*time))
    }
}

/// Carries frames between two replicas of a type.
pub(crate) struct Wire {
    frames: FrameCodec,
    names: [NodeId; 2],
    rng: DeterministicRng,
}

impl Wire {
    pub(crate) fn of<S: Resolve>() -> Self {
        Self {
            // A digest that lists a million ids is larger than hosts would take.
            frames: FrameCodec::new(StateOf::<S>::schema()).with_max_body_bytes(u32::MAX),
            names: [NodeId::from("asker"), NodeId::from("other")],
            rng: DeterministicRng::new(1),
        }
    }

    /// The first replica asks, until nothing is said any more.
    pub(crate) fn exchange<S: Resolve>(&mut self, replicas: &mut [&mut Replica<S>; 2]) -> Bill
    where
        DeltaOf<S>: Clone + Serialize + DeserializeOwned,
        DigestOf<S>: Serialize + DeserializeOwned,
    {
        let mut bill = Bill { bytes: [0, 0], trips: 0, messages: 0, time: Duration::ZERO };
        let Self { frames, names, rng } = self;
        let mut flying = VecDeque::new();
        let start = Instant::now();
        let asked = replicas[0].ask(rng, names[1].clone());
        send::<S>(frames, &mut flying, asked, 0, 1);
        while let Some((from, trip, frame)) = flying.pop_front() {
            bill.bytes[from] += frame.len();
            bill.messages += 1;
            bill.trips = bill.trips.max(trip);
            let message: MessageOf<S> = frames.decode(&frame).expect("it was just encoded");
            let effects = replicas[1 - from].receive(rng, &names[from], message);
            send::<S>(frames, &mut flying, effects, 1 - from, trip + 1);
        }
        bill.time = start.elapsed();
        bill
    }
}

/// Who sends, after how many others, and what.
type Flying = VecDeque<(usize, usize, Vec<u8>)>;

fn send<S: Resolve>(
    frames: &FrameCodec,
    flying: &mut Flying,
    effects: Vec<ReplicaEffect<S>>,
    from: usize,
    trip: usize,
) where
    DeltaOf<S>: Serialize,
    DigestOf<S>: Serialize,
{
    for effect in effects {
        if let Effect::Send { message, .. } = effect {
            flying.push_back((from, trip, frames.encode(&message).expect("it has an encoding")));
        }
    }
}

/// A number of bytes in three digits.
pub(crate) fn bytes(count: f64) -> String {
    match count {
        1e6.. => format!("{} MB", three(count / 1e6)),
        1e3.. => format!("{} kB", three(count / 1e3)),
        _ => format!("{count} B"),
    }
}

fn duration(time: Duration) -> String {
    let ns = time.as_nanos() as f64;
    match ns {
        1e9.. => format!("{} s", three(ns / 1e9)),
        1e6.. => format!("{} ms", three(ns / 1e6)),
        1e3.. => format!("{} µs", three(ns / 1e3)),
        _ => format!("{ns} ns"),
    }
}

/// Three digits.
fn three(value: f64) -> String {
    format!("{value:.*}", usize::from(value < 9.995) + usize::from(value < 99.95))
}
