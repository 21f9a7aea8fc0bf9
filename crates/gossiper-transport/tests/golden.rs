//! The exact bytes of frames of protocol version 1.
//!
//! A change that shows here cuts off every peer that is not upgraded: it needs
//! a new protocol version, and golden bytes of its own beside these.

use std::fmt::Debug;
use std::num::NonZeroU64;
use std::sync::Arc;

use gossiper_core::replica::{Answer, Question, Update};
use gossiper_core::rumor::{Rumor, RumorBatch};
use gossiper_core::{
    CausalContext, Dot, GossipMessage, MessageId, NodeId, ReplicaId, ReplicaMessage, Schema,
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
        // sender; number 251, rumors: one of replica 1, number 1, "hello";
        // acknowledged: number 5; known: one; announced: two of replica 2; wanted:
        // number 9 of replica 3
        "47535052 01 ade64d658cecc7e9 29000000
         06 6e6f64652d61 fbfb00 01 01 01 05 68656c6c6f 05 01 fd0807060504030201 fb2c01
         02 02 01 02 02 01 03 09",
    );
}

#[test]
fn rumors_of_a_replica() {
    let edit = Edit { key: "k".to_owned(), value: Some(-1) };
    let update = Update { dots: NonZeroU64::new(2).unwrap(), delta: edit };
    let rumor = Rumor::new(MessageId::from(dot(u64::MAX, 2)), Arc::new(update));
    check(
        &Message::Rumors(RumorBatch { rumors: vec![rumor], ..RumorBatch::default() }),
        // variant, no number, rumors: one of replica 2⁶⁴ − 1, number 2; two dots, "k", Some(-1);
        // acknowledged, known, announced, wanted: none
        "47535052 01 ade64d658cecc7e9 16000000
         00 00 01 fdffffffffffffffff 02 02 016b 0101 00 00 00 00",
    );
}

#[test]
fn a_question() {
    let question =
        Question { run: 0xfedc_ba98_7654_3210, digest: vec![0, 250, 251, 65_535].into() };
    check(
        &Message::Question(question),
        // variant, run, four numbers
        "47535052 01 ade64d658cecc7e9 13000000
         01 fd1032547698badcfe 04 00 fa fbfb00 fbffff",
    );
}

#[test]
fn an_answer_with_a_question() {
    let mut seen = CausalContext::new();
    seen.insert_range(dot(1, 1), 9);
    seen.insert(dot(1, 11));
    seen.insert(dot(2, 70_000));
    let answer = Answer {
        run: 7,
        delta: Some(Edit { key: String::new(), value: None }),
        seen,
        question: Some(Question { run: 8, digest: Vec::new().into() }),
    };
    check(
        &Message::Answer(answer),
        // variant, run, Some("", None), two writers: 1 with two runs (none skipped
        // and eight more, one skipped and no more), 2 with one; Some: run, no
        // numbers
        "47535052 01 ade64d658cecc7e9 17000000
         02 07 01 00 00 02 01 02 00 08 01 00 02 01 fc6f110100 00
         01 08 00",
    );
}

#[test]
fn an_answer_that_says_that_nothing_is_lacking() {
    let answer = Answer { run: 7, delta: None, seen: CausalContext::new(), question: None };
    check(
        &Message::Answer(answer),
        // variant, run, None, no writers, None
        "47535052 01 ade64d658cecc7e9 05000000
         02 07 00 00 00",
    );
}
