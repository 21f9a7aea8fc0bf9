//! The exact bytes of frames of protocol version 1.
//!
//! A change that shows here cuts off every peer that is not upgraded: it needs
//! a new protocol version, and golden bytes of its own beside these.

use std::fmt::Debug;
use std::num::NonZeroU64;
use std::sync::Arc;

use gossiper_core::reconcile::{Filter, Ranges, ReconcileKey, Sketch, SymbolsQuestion, Wanted};
use gossiper_core::replica::{Answer, Events, Lacking, Outline, Question, SeenEvents, Update};
use gossiper_core::rumor::{Rumor, RumorBatch};
use gossiper_core::{
    CausalContext, Dot, Fingerprint, GossipMessage, MessageId, NodeId, ReplicaId, ReplicaMessage,
    Schema,
};
use gossiper_transport::FrameCodec;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a note of some state type changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Edit {
    key: String,
    value: Option<i32>,
}

type Message = ReplicaMessage<Vec<u16>, Edit>;

fn dot(replica: u64, sequence: u64) -> Dot {
    Dot::new(ReplicaId::new(replica), sequence).expect("a sequence from 1 up")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that `message` has this frame, the parts of which may be set apart by
/// white space, and that the frame has this message.
#[track_caller]
fn check<M: Serialize + DeserializeOwned + Debug + PartialEq>(message: &M, frame: &str) {
    let frames = FrameCodec::new(Schema::named("golden v1"));
    let encoded = frames.encode(message).expect("a message of known size");
    assert_eq!(hex(&encoded), frame.split_whitespace().collect::<String>());
    assert_eq!(&frames.decode::<M>(&encoded).expect("its frame"), message);
}

#[test]
fn a_gossip_message() {
    let rumor = Rumor::new(MessageId::from(dot(1, 1)), Arc::new("hello".to_owned()));
    let known = vec![MessageId::from(dot(0x0102_0304_0506_0708, 300))];
    let announced = vec![MessageId::from(dot(2, 1)), MessageId::from(dot(2, 2))];
    let wanted = vec![MessageId::from(dot(3, 9))];
    let batch =
        RumorBatch { number: 251, rumors: vec![rumor], acknowledged: 5, known, announced, wanted };
    check(
        &GossipMessage { sender: NodeId::from("node-a"), batch },
        // sender; all six parts: number 251, rumors: one of replica 1, number 1, "hello";
        // acknowledged: number 5; known: one; announced: two of replica 2; wanted:
        // number 9 of replica 3
        "47535052 01 ade64d658cecc7e9 2a000000
         06 6e6f64652d61 3f fbfb00 01 01 01 05 68656c6c6f 05 01 fd0807060504030201 fb2c01
         02 02 01 02 02 01 03 09",
    );
}

#[test]
fn rumors_of_a_replica() {
    let edit = Edit { key: "k".to_owned(), value: Some(-1) };
    let update = Update { events: Events::One(NonZeroU64::new(2).unwrap()), delta: edit };
    let rumor = Rumor::new(MessageId::from(dot(u64::MAX, 2)), Arc::new(update));
    check(
        &Message::Rumors(RumorBatch { rumors: vec![rumor], ..RumorBatch::default() }),
        // variant, the second part: one of replica 2⁶⁴ − 1, number 2; two dots, "k", Some(-1)
        "47535052 01 ade64d658cecc7e9 12000000
         00 02 01 fdffffffffffffffff 02 02 016b 0101",
    );
    check(
        &Message::Rumors(RumorBatch { acknowledged: 7, ..RumorBatch::default() }),
        // variant, the third part: number 7
        "47535052 01 ade64d658cecc7e9 03000000 00 04 07",
    );
}

/// Two writers: 1 with two runs, 2 with one.
fn some_events() -> CausalContext {
    let mut seen = CausalContext::new();
    seen.insert_range(dot(1, 1), 9);
    seen.insert(dot(1, 11));
    seen.insert(dot(2, 70_000));
    seen
}

const FINGERPRINT: Fingerprint = Fingerprint { atoms: 0xa1 << 120, context: 0xc0 };

#[test]
fn are_we_equal() {
    let question = Question::Equal { fingerprint: FINGERPRINT, seen: 0x0102 };
    check(
        &Message::Question(question),
        // variants, two words of 16 bytes, one of 8: 59 bytes in all
        "47535052 01 ade64d658cecc7e9 2a000000
         01 00 000000000000000000000000000000a1 c0000000000000000000000000000000
         0201000000000000",
    );
    let answer = Answer { lacking: Lacking::Nothing, question: None };
    check(&Message::Answer(answer), "47535052 01 ade64d658cecc7e9 03000000 02 00 00");
    let lacking = Lacking::Knowledge {
        fingerprint: FINGERPRINT,
        seen: SeenEvents::All(CausalContext::new()),
    };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants, two words, all, no writers, no question
        "47535052 01 ade64d658cecc7e9 25000000
         02 01 000000000000000000000000000000a1 c0000000000000000000000000000000 00 00 00",
    );
}

#[test]
fn what_have_i_not_seen() {
    let outline = Outline { digest: vec![5].into(), covered: CausalContext::new() };
    let run = 0xfedc_ba98_7654_3210;
    let seen = SeenEvents::All(some_events());
    let question = Question::Unseen { run, fingerprint: None, seen, outline: Some(outline) };
    check(
        &Message::Question(question),
        // variants, run, None, all; two writers: 1 with two runs (none skipped and eight
        // more, one skipped and no more), 2 with one; Some: one number, no writers
        "47535052 01 ade64d658cecc7e9 20000000
         01 01 fd1032547698badcfe 00 00
         02 01 02 00 08 01 00 02 01 fc6f110100 00
         01 01 05 00",
    );
    let seen = SeenEvents::Since { base: 0x0102, more: some_events(), less: CausalContext::new() };
    let question = Question::Unseen { run, fingerprint: None, seen, outline: None };
    check(
        &Message::Question(question),
        // variants, run, None, a difference to what hashes to this: two writers, none; None
        "47535052 01 ade64d658cecc7e9 26000000
         01 01 fd1032547698badcfe 00 01 0201000000000000
         02 01 02 00 08 01 00 02 01 fc6f110100 00 00
         00",
    );
}

#[test]
fn where_do_we_differ_by_symbols() {
    let sketch = Sketch::of(ReconcileKey::new([7; 16]), 4, [1, 2, 3]);
    let symbols = SymbolsQuestion { fingerprint: 5, from: 0, count: 2 };
    check(
        &Message::Question(Question::Symbols { fingerprint: FINGERPRINT, symbols }),
        // variants, two words, the set, from, count
        "47535052 01 ade64d658cecc7e9 25000000
         01 02 000000000000000000000000000000a1 c0000000000000000000000000000000 05 00 02",
    );
    let lacking = Lacking::Symbols { context: 0xc0, symbols: sketch.symbols(0..1) };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants, a word, 15 bytes of one symbol (its piece begins with the set)
        "47535052 01 ade64d658cecc7e9 23000000
         02 02 c0000000000000000000000000000000
         0f 5967c7fcf36b7a4a0300010025800000",
    );
    let wanted = Wanted::of(&[1 << 63], 3);
    check(
        &Message::Question(Question::Atoms(wanted)),
        // variants, 4 bytes: 9 bits of each word, one word, no bits after the quotient
        "47535052 01 ade64d658cecc7e9 07000000 01 03 04 09010100",
    );
}

#[test]
fn where_do_we_differ() {
    let digest = vec![0, 250, 251, 65_535].into();
    check(
        &Message::Question(Question::Digest { run: 7, digest }),
        // variants, run, four numbers
        "47535052 01 ade64d658cecc7e9 0c000000
         01 04 07 04 00 fa fbfb00 fbffff",
    );
}

#[test]
fn what_do_i_surely_lack() {
    let filter = Filter::of(&ReconcileKey::new([7; 16]), &[1, 2, 3, 4], 0..2);
    let (fingerprint, ranges) = (FINGERPRINT, Ranges::of(7..=u64::MAX));
    check(
        &Message::Question(Question::Filter { fingerprint, number: 5, ranges, filter, lacking: 9 }),
        // variants, two words, a number; 17 bytes: one range and its ends; 38 bytes of two columns for
        // four words, 132 bits each; a number
        "47535052 01 ade64d658cecc7e9 5d000000
         01 05 000000000000000000000000000000a1 c0000000000000000000000000000000
         05 11 01 0700000000000000 ffffffffffffffff
         26 04000200 0101000000000000000000000000000000 0000000000000000000000000000000000 09",
    );
    let lacking =
        Lacking::Range { number: 5, delta: Some(edit()), words: (7, 1 << 40), until: u64::MAX };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants, a number, Some("", None), three numbers, no question
        "47535052 01 ade64d658cecc7e9 1a000000
         02 06 05 01 00 00 07 fd0000000000010000 fdffffffffffffffff 00",
    );
}

fn edit() -> Edit {
    Edit { key: String::new(), value: None }
}

#[test]
fn answers() {
    let update = Update::of(edit());
    let event = Rumor::new(MessageId::from(dot(1, 3)), Arc::new(update));
    let lacking = Lacking::Events { number: 9, events: vec![event], more: true };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants; number; one event of replica 1, number 3: one dot, "", None; more
        "47535052 01 ade64d658cecc7e9 0b000000 02 03 09 01 01 03 01 00 00 01 00",
    );
    let update = Update { events: Events::Joined(some_events()), delta: edit() };
    let event = Rumor::new(MessageId::from(dot(1, 1)), Arc::new(update));
    let lacking = Lacking::Events { number: 0, events: vec![event], more: false };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants; no number; one of several events, among them that of replica 1, number
        // 1; 0, which these are, "", None; no more
        "47535052 01 ade64d658cecc7e9 1a000000 02 03 00 01 01 01
         00 02 01 02 00 08 01 00 02 01 fc6f110100 00 00 00 00 00",
    );
    let covers = CausalContext::from_iter([dot(1, 1)]);
    let lacking = Lacking::Piece { run: 7, delta: edit(), covers };
    check(
        &Message::Answer(Answer { lacking, question: None }),
        // variants, run, "", None; one writer with one run
        "47535052 01 ade64d658cecc7e9 0b000000 02 04 07 00 00 01 01 01 00 00 00",
    );
    let lacking = Lacking::Whole { run: 7, delta: Some(edit()), seen: some_events() };
    let question = Some(Question::Digest { run: 8, digest: Vec::new().into() });
    check(
        &Message::Answer(Answer { lacking, question }),
        // variants, run, Some("", None), two writers; Some: variant, run, no numbers
        "47535052 01 ade64d658cecc7e9 19000000
         02 05 07 01 00 00 02 01 02 00 08 01 00 02 01 fc6f110100 00
         01 04 08 00",
    );
}
