//! Sessions of ours, in frames as they would cross a wire.

use gossiper_core::Schema;
use gossiper_core::reconcile::{
    DecodeState, Decoder, Difference, Filter, Limits, Sketch, Symbols, SymbolsQuestion, Wanted,
};
use gossiper_transport::FrameCodec;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A replica's messages, as far as they matter here.
#[derive(Serialize, Deserialize)]
pub enum Message {
    Question(SymbolsQuestion),
    Answer(Symbols),
    /// A filter of all that the sender has: what is not in it?
    Filter(Filter),
    /// What the receiver lacks, a filter of the rest, and what the sender wants.
    Push {
        atoms: Vec<String>,
        filter: Option<Filter>,
        wanted: Option<Wanted>,
    },
    /// Counters that are further than the receiver's, and which are wanted.
    Counts {
        entries: Vec<(String, u64, u64)>,
        wanted: Option<Wanted>,
    },
}

/// Counts what crosses it.
pub struct Wire {
    frames: FrameCodec,
    pub bytes: usize,
    pub messages: usize,
}

impl Wire {
    pub fn new() -> Self {
        Self { frames: FrameCodec::new(Schema::named("reconcile")), bytes: 0, messages: 0 }
    }

    /// The message as it arrives.
    pub fn send<M: Serialize + DeserializeOwned>(&mut self, message: &M) -> M {
        let frame = self.frames.encode(message).expect("it has an encoding");
        self.bytes += frame.len();
        self.messages += 1;
        self.frames.decode(&frame).expect("it was encoded a moment ago")
    }

    pub fn round_trips(&self) -> usize {
        self.messages.div_ceil(2)
    }
}

/// The session in which `ours` asks and `theirs` answers.
pub fn session(wire: &mut Wire, ours: &Sketch, theirs: &Sketch, limits: Limits) -> Difference {
    let mut decoder = Decoder::new(ours, limits);
    let mut question = decoder.question();
    loop {
        let Message::Question(asked) = wire.send(&Message::Question(question)) else {
            unreachable!()
        };
        let answer = Message::Answer(theirs.answer(&asked, u32::MAX));
        let Message::Answer(piece) = wire.send(&answer) else { unreachable!() };
        match decoder.add(ours, &piece) {
            DecodeState::NeedMore { question: next, .. } => question = next,
            DecodeState::Done(difference) => return difference,
            DecodeState::Fallback(reason) => panic!("{reason}"),
        }
    }
}
