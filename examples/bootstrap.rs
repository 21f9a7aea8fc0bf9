//! How does a new replica catch up with a large state?
//!
//! In pieces that it pulls: each question says what has come so far, so a piece that
//! is lost, a restart, and changes in the meantime cost some bytes and nothing else.
//! Here the source holds a set, and goes on writing; the network loses messages; the
//! newcomer crashes half-way and comes back with what it had stored.
//!
//! ```text
//! $ cargo run --example bootstrap
//! restarted with 30492 elements
//! equal: 50008 elements after 22 rounds, 5 % of messages lost
//!   67 messages, 0.5 MB in frames; the largest frame 59.0 kB
//!   10 pieces, 10 questions; encoded, the state has 0.5 MB
//! ```
//!
//! A million elements: `cargo run --release --example bootstrap -- --elements 1000000`.

use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::time::Instant;

use clap::Parser;
use gossiper::prelude::*;
use gossiper::transport::{BincodeCodec, Codec as _, FrameCodec};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A new replica catches up, in pieces of 64 KiB, over a bad network.
#[derive(Parser)]
struct Args {
    /// Elements that the source begins with.
    #[arg(long, default_value_t = 50_000)]
    elements: u64,
    /// Messages lost, in percent.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=90))]
    loss: u64,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

type State = OrSet<u64>;

/// What one answer may take. A host sets it to what its links carry without delay for
/// others: 64 KiB is the default.
const PIECE: usize = 64 << 10;

/// Rounds until this program gives up.
const PATIENCE: u64 = 100_000;

fn config() -> Result<ReplicaConfig, Box<dyn Error>> {
    Ok(ReplicaConfig::for_cluster(2).with_answer_bytes(PIECE)?)
}

/// What a replica needs besides its state: whom it talks to, and how large deltas are
/// on the wire. Without a measure it would assume 64 bytes an element, and pieces of
/// numbers would be a seventh of what they may be.
fn wired(mut replica: Replica<State>, peer: &str) -> Replica<State> {
    replica.set_peers([NodeId::from(peer)]);
    let bytes = |update: &_| BincodeCodec::default().encoded_len(update).unwrap_or(usize::MAX);
    replica.measure_updates(bytes);
    replica
}

/// A network that loses messages, and keeps account of them.
struct Network {
    loss: u64,
    rng: DeterministicRng,
    frames: FrameCodec,
    transport: InMemoryTransport<MessageOf<State>>,
    messages: u64,
    bytes: usize,
    largest: usize,
}

impl Network {
    fn new(loss: u64, seed: u64) -> Self {
        Self {
            loss,
            rng: DeterministicRng::new(!seed),
            frames: FrameCodec::new(StateOf::<State>::schema()),
            transport: InMemoryTransport::new(),
            messages: 0,
            bytes: 0,
            largest: 0,
        }
    }

    /// Carries out what a replica wants sent.
    fn send(&mut self, effects: Vec<gossiper::ReplicaEffect<State>>) -> Result<(), Box<dyn Error>> {
        for effect in effects {
            let Effect::Send { target, message } = effect else { continue };
            // A real host sends `frames.encode(&message)`; here the length will do.
            let bytes = self.frames.encoded_len(&message)?;
            self.messages += 1;
            self.bytes += bytes;
            self.largest = self.largest.max(bytes);
            if self.rng.below(100) >= self.loss {
                self.transport.send(&target, message)?;
            }
        }
        Ok(())
    }

    /// A replica takes in what has come, and answers.
    fn deliver(
        &mut self,
        replica: &mut Replica<State>,
        [to, from]: [&str; 2],
        rng: &mut DeterministicRng,
    ) -> Result<(), Box<dyn Error>> {
        for message in self.transport.drain(&to.into()) {
            let effects = replica.receive(rng, &from.into(), message);
            self.send(effects)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Args { elements, loss, seed } = Args::parse();
    let mut rng = DeterministicRng::new(seed);
    let mut source = Replica::<State>::new(ReplicaId::random(&mut rng), config()?);
    for first in (0..elements).step_by(1_000) {
        let last = elements.min(first + 1_000);
        source.transact(|set| {
            (first..last).for_each(|number| set.insert(element(number)));
            Ok(())
        })?;
    }
    // It comes from its disk as well. So its log, which would tell the events of late
    // one by one, is empty, and the newcomer is told by dots.
    let stored = source.snapshot().cloned();
    let mut source = wired(Replica::restore(stored, config()?)?, "newcomer");

    let start = Instant::now();
    let mut network = Network::new(loss, seed);
    let mut newcomer = wired(Replica::new(ReplicaId::random(&mut rng), config()?), "source");
    let bar = bar(elements);
    let mut restarted = false;
    let mut round = 0;
    while round < PATIENCE && (round < 10 || newcomer.fingerprint() != source.fingerprint()) {
        // Life goes on at the source while the newcomer catches up.
        if round % 2 == 0 && newcomer.state().len() < source.state().len() {
            source.transact(|set| {
                set.insert(element(elements + round));
                if round % 10 == 0 {
                    set.remove(&element(round));
                }
                Ok(())
            })?;
        }
        // Time passes, then all that was sent in the last round arrives.
        let now = PhysicalTime::EPOCH;
        network.send(source.tick(&mut rng, Round::new(round), now))?;
        network.send(newcomer.tick(&mut rng, Round::new(round), now))?;
        network.deliver(&mut source, ["source", "newcomer"], &mut rng)?;
        network.deliver(&mut newcomer, ["newcomer", "source"], &mut rng)?;

        let has = newcomer.state().len();
        if !restarted && has * 2 > source.state().len() {
            // A host writes `snapshot()` to its disk after every change; what it was
            // being told is not part of it, and not needed.
            let stored = newcomer.snapshot().cloned();
            newcomer = wired(Replica::restore(stored, config()?)?, "source");
            bar.suspend(|| println!("restarted with {has} elements"));
            restarted = true;
        }
        show(&bar, has, round);
        round += 1;
    }
    bar.finish_and_clear();

    if newcomer.state() != source.state() {
        return Err(format!("not equal after {round} rounds").into());
    }
    let stats = source.stats();
    println!(
        "equal: {} elements after {round} rounds, {loss} % of messages lost",
        newcomer.state().len()
    );
    println!(
        "  {} messages, {:.1} MB in frames; the largest frame {:.1} kB",
        network.messages,
        network.bytes as f64 / 1e6,
        network.largest as f64 / 1e3
    );
    println!(
        "  {} pieces, {} questions; encoded, the state has {:.1} MB",
        stats.pieces_sent,
        stats.questions_received,
        BincodeCodec::default().encoded_len(source.state())? as f64 / 1e6
    );
    // On standard error: it depends on the machine.
    eprintln!("  {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Different for different numbers, and as long on the wire as an id is.
fn element(number: u64) -> u64 {
    !number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// On a terminal, and hidden elsewhere.
fn bar(elements: u64) -> ProgressBar {
    let style = "{bar:40} {human_pos} of {human_len} elements, {elapsed} gone, {eta} to go";
    let style = ProgressStyle::with_template(style);
    let bar = ProgressBar::with_draw_target(Some(elements), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Moves the bar, or writes a line now and then where there is no terminal.
fn show(bar: &ProgressBar, has: usize, round: u64) {
    bar.set_position(has as u64);
    if round.is_multiple_of(100) && !io::stderr().is_terminal() {
        eprintln!("round {round}: {has} elements");
    }
}
