//! Whatever bytes come, the answer is a value or an error, and comes soon.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::num::NonZeroU64;
use std::sync::Arc;

use gossiper_core::reconcile::{Filter, Ranges, ReconcileKey, Sketch, SymbolsQuestion, Wanted};
use gossiper_core::replica::{Answer, Events, Lacking, Outline, Question, SeenEvents, Update};
use gossiper_core::rumor::{Rumor, RumorBatch};
use gossiper_core::{
    CausalContext, Dot, Fingerprint, GossipMessage, MessageId, NodeId, ReplicaId, ReplicaMessage,
    Schema,
};
use gossiper_transport::frame::HEADER_BYTES;
use gossiper_transport::{BincodeCodec, Codec, DecodeError, FrameCodec, FrameError, Streamed};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// A little of everything that messages are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Node {
    Leaf,
    Branch(Vec<Node>),
    Named { names: BTreeMap<String, Option<i64>>, next: Option<Box<Node>> },
}

type Message = ReplicaMessage<Vec<(u64, u16)>, Node>;
type Rumors = GossipMessage<(String, bool)>;

/// A value that is a level deeper for each byte 1.
#[derive(Debug, Serialize, Deserialize)]
enum Chain {
    End,
    Link(#[allow(dead_code, reason = "the tests decode it only")] Box<Chain>),
}

/// Bytes that ask for an owned buffer, as C strings do.
#[derive(Debug, PartialEq)]
struct Buffer(Vec<u8>);

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Buffer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Buffer, E> {
                Ok(Buffer(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

fn frames() -> FrameCodec {
    FrameCodec::new(Schema::named("hostile v1")).with_max_body_bytes(64 << 10)
}

fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, DecodeError> {
    BincodeCodec::default().decode(bytes)
}

/// A length as it is announced, with `tail` behind it.
fn announce(length: u64, tail: &[u8]) -> Vec<u8> {
    let mut bytes = vec![253];
    bytes.extend(length.to_le_bytes());
    bytes.extend(tail);
    bytes
}

/// If bytes have a meaning, it must survive another round.
fn check_meaning<M>(decoded: Result<M, FrameError>)
where
    M: Serialize + DeserializeOwned + Debug + PartialEq,
{
    if let Ok(message) = decoded {
        let frame = frames().encode(&message).expect("no larger than what it came from");
        assert_eq!(frames().decode::<M>(&frame).expect("its own frame"), message);
    }
}

fn node() -> impl Strategy<Value = Node> {
    Just(Node::Leaf).prop_recursive(4, 24, 4, |inner| {
        let names = prop::collection::btree_map(".{0,4}", any::<Option<i64>>(), 0..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Branch),
            (names, prop::option::of(inner.prop_map(Box::new)))
                .prop_map(|(names, next)| Node::Named { names, next }),
        ]
    })
}

fn dot() -> impl Strategy<Value = Dot> {
    (any::<u64>(), 1..=u64::MAX).prop_map(|(replica, sequence)| {
        Dot::new(ReplicaId::new(replica), sequence).expect("a sequence from 1 up")
    })
}

fn batch<T: Debug>(payload: impl Strategy<Value = T>) -> impl Strategy<Value = RumorBatch<T>> {
    let rumor = (dot(), payload)
        .prop_map(|(dot, payload)| Rumor::new(MessageId::from(dot), Arc::new(payload)));
    let ids = || prop::collection::vec(dot().prop_map(MessageId::from), 0..3);
    let numbers = (any::<u64>(), any::<u64>());
    (numbers, prop::collection::vec(rumor, 0..3), ids(), ids(), ids()).prop_map(
        |((number, acknowledged), rumors, known, announced, wanted)| RumorBatch {
            number,
            rumors,
            acknowledged,
            known,
            announced,
            wanted,
        },
    )
}

fn rumors() -> impl Strategy<Value = Rumors> {
    (".{0,8}", batch((".{0,8}", any::<bool>())))
        .prop_map(|(sender, batch)| GossipMessage { sender: NodeId::from(sender), batch })
}

fn events() -> impl Strategy<Value = CausalContext> {
    prop::collection::vec((dot(), 0..9_u64), 0..4).prop_map(|runs| {
        let mut events = CausalContext::new();
        for (first, more) in runs {
            events.insert_range(first, first.sequence().saturating_add(more));
        }
        events
    })
}

fn seen() -> impl Strategy<Value = SeenEvents> {
    let since = (any::<u64>(), events(), events());
    let since = since.prop_map(|(base, more, less)| SeenEvents::Since { base, more, less });
    prop_oneof![events().prop_map(SeenEvents::All), since]
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    any::<(u128, u128)>().prop_map(|(atoms, context)| Fingerprint { atoms, context })
}

fn update() -> impl Strategy<Value = Update<Node>> {
    let one = (1..=u64::MAX).prop_map(NonZeroU64::new);
    let one = one.prop_map(|dots| Events::One(dots.expect("a number from 1 up")));
    let which = prop_oneof![one, events().prop_map(Events::Joined)];
    (which, node()).prop_map(|(events, delta)| Update { events, delta })
}

/// Words in ascending order.
fn words() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::btree_set(any::<u64>(), 0..9).prop_map(|words| words.into_iter().collect())
}

type Asked = Question<Vec<(u64, u16)>>;

fn question() -> impl Strategy<Value = Asked> {
    let digest = || prop::collection::vec(any::<(u64, u16)>(), 0..4).prop_map(Arc::new);
    let outline = (digest(), events()).prop_map(|(digest, covered)| Outline { digest, covered });
    let unseen = (any::<u64>(), prop::option::of(fingerprint()), seen(), prop::option::of(outline));
    prop_oneof![
        (fingerprint(), any::<u64>())
            .prop_map(|(fingerprint, seen)| Question::Equal { fingerprint, seen }),
        unseen.prop_map(|(run, fingerprint, seen, outline)| Question::Unseen {
            run,
            fingerprint,
            seen,
            outline
        }),
        (fingerprint(), any::<(u64, u32, u32)>()).prop_map(|(fingerprint, (set, from, count))| {
            let symbols = SymbolsQuestion { fingerprint: set, from, count };
            Question::Symbols { fingerprint, symbols }
        }),
        words().prop_map(|words| Question::Atoms(Wanted::of(&words, 1_000))),
        (any::<u64>(), digest()).prop_map(|(run, digest)| Question::Digest { run, digest }),
        (fingerprint(), words(), 0..4_u8, any::<(u64, u64)>(), any::<u32>()).prop_map(
            |(fingerprint, words, columns, (from, to), lacking)| {
                let filter = Filter::of(&ReconcileKey::new([7; 16]), &words, 0..columns);
                let mut ranges = Ranges::of(from..=to);
                ranges.remove(&Ranges::of(from / 2..=to / 2));
                Question::Filter { fingerprint, number: lacking / 7, ranges, filter, lacking }
            }
        ),
    ]
}

fn lacking() -> impl Strategy<Value = Lacking<Node>> {
    let event = (dot(), update())
        .prop_map(|(dot, update)| Rumor::new(MessageId::from(dot), Arc::new(update)));
    prop_oneof![
        Just(Lacking::Nothing),
        (fingerprint(), seen())
            .prop_map(|(fingerprint, seen)| Lacking::Knowledge { fingerprint, seen }),
        (any::<u128>(), words(), 0..9_u32).prop_map(|(context, words, count)| {
            let sketch = Sketch::of(ReconcileKey::new([7; 16]), 16, words);
            Lacking::Symbols { context, symbols: sketch.symbols(0..count) }
        }),
        (any::<u64>(), prop::collection::vec(event, 0..3), any::<bool>())
            .prop_map(|(number, events, more)| Lacking::Events { number, events, more }),
        (any::<u64>(), node(), events()).prop_map(|(run, delta, covers)| Lacking::Piece {
            run,
            delta,
            covers
        }),
        (any::<u64>(), prop::option::of(node()), events())
            .prop_map(|(run, delta, seen)| Lacking::Whole { run, delta, seen }),
        (any::<u32>(), prop::option::of(node()), any::<(u64, u64)>(), any::<u64>()).prop_map(
            |(number, delta, words, until)| Lacking::Range { number, delta, words, until }
        ),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let answer = (lacking(), prop::option::of(question()))
        .prop_map(|(lacking, question)| Message::Answer(Answer { lacking, question }));
    prop_oneof![
        batch(update()).prop_map(Message::Rumors),
        question().prop_map(Message::Question),
        answer,
    ]
}

proptest! {
    #[test]
    fn messages_come_back_as_they_were(message in message(), rumors in rumors()) {
        let frames = frames();
        let frame = frames.encode(&message).unwrap();
        prop_assert_eq!(frames.encoded_len(&message).unwrap(), frame.len());
        prop_assert_eq!(frames.decode::<Message>(&frame).unwrap(), message);
        let frame = frames.encode(&rumors).unwrap();
        prop_assert_eq!(frames.encoded_len(&rumors).unwrap(), frame.len());
        prop_assert_eq!(frames.decode::<Rumors>(&frame).unwrap(), rumors);
    }

    #[test]
    fn random_bytes_are_no_frame(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assume!(!bytes.starts_with(b"GSPR"));
        prop_assert!(frames().decode::<Message>(&bytes).is_err());
        if bytes.len() >= 4 {
            prop_assert!(frames().decode_first::<Message>(&bytes).is_err());
        }
    }

    #[test]
    fn random_bodies_are_a_message_or_an_error(
        body in prop::collection::vec(prop_oneof![0..6_u8, 250..=253_u8, any::<u8>()], 0..256),
    ) {
        let mut frame = frames().encode(&()).unwrap();
        let length = u32::try_from(body.len()).unwrap();
        frame[HEADER_BYTES - 4..].copy_from_slice(&length.to_le_bytes());
        frame.extend(body);
        check_meaning(frames().decode::<Message>(&frame));
        check_meaning(frames().decode::<Rumors>(&frame));
    }

    #[test]
    fn every_truncation_is_noticed(message in message()) {
        let frames = frames();
        let frame = frames.encode(&message).unwrap();
        for end in 0..frame.len() {
            let wanted = if end < HEADER_BYTES { HEADER_BYTES } else { frame.len() };
            let cut = frames.decode::<Message>(&frame[..end]);
            let Err(FrameError::Truncated { got, needed }) = cut else {
                return Err(TestCaseError::fail(format!("{cut:?}")));
            };
            prop_assert_eq!((got, needed), (end, wanted));
            let piece = frames.decode_first::<Message>(&frame[..end]).unwrap();
            prop_assert_eq!(piece, Streamed::Incomplete { needed: wanted });
        }
        // A body that ends early although its header says that it is whole.
        let body = &frame[HEADER_BYTES..];
        for end in 0..body.len() {
            prop_assert!(decode::<Message>(&body[..end]).is_err());
        }
    }

    #[test]
    fn what_follows_a_frame_is_noticed(message in message(), tail in 1..40_usize) {
        let frames = frames();
        let mut bytes = frames.encode(&message).unwrap();
        let whole = bytes.len();
        bytes.resize(whole + tail, 0);
        let long = frames.decode::<Message>(&bytes).unwrap_err().to_string();
        prop_assert_eq!(long, format!("{tail} bytes follow the frame"));
        let first = frames.decode_first::<Message>(&bytes).unwrap();
        prop_assert_eq!(first, Streamed::Complete { message, consumed: whole });
        let long = decode::<Message>(&bytes[HEADER_BYTES..]).unwrap_err().to_string();
        prop_assert_eq!(long, format!("{tail} bytes follow the message"));
    }

    #[test]
    fn a_corrupted_byte_is_an_error_or_another_message(
        message in message(),
        flip in 1..=u8::MAX,
    ) {
        let frame = frames().encode(&message).unwrap();
        for place in 0..frame.len() {
            let mut bytes = frame.clone();
            bytes[place] ^= flip;
            let decoded = frames().decode::<Message>(&bytes);
            prop_assert!(place >= HEADER_BYTES || decoded.is_err(), "byte {} of the header", place);
            check_meaning(decoded);
        }
    }
}

#[test]
fn foreign_frames_are_told_apart() {
    let frame = frames().encode("hello").unwrap();
    let changed = |place: usize| {
        let mut bytes = frame.clone();
        bytes[place] ^= 0x80;
        frames().decode::<String>(&bytes).unwrap_err()
    };
    assert!(matches!(changed(0), FrameError::ForeignMagic { .. }));
    assert!(matches!(changed(4), FrameError::UnsupportedVersion { got: 0x81, supported: 1 }));
    assert!(matches!(changed(12), FrameError::ForeignSchema { .. }));
    assert!(matches!(changed(16), FrameError::Oversized { max: 65_536, .. }));
    let other = FrameCodec::new(Schema::named("hostile v2")).encode("hello").unwrap();
    let error = frames().decode::<String>(&other).unwrap_err();
    assert!(matches!(
        error,
        FrameError::ForeignSchema { got, expected }
            if got == Schema::named("hostile v2") && expected == Schema::named("hostile v1")
    ));
}

#[test]
fn a_body_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let frames = frames().with_max_body_bytes(1_003);
    // A length of 1,000 takes three bytes.
    let frame = frames.encode(&vec![7_u8; 1_000]).unwrap();
    assert_eq!(frame.len(), HEADER_BYTES + 1_003);
    assert_eq!(frames.decode::<Vec<u8>>(&frame).unwrap().len(), 1_000);
    assert!(frames.encode(&vec![7_u8; 1_001]).is_err());
    let smaller = frames.with_max_body_bytes(1_002);
    let error = smaller.decode_first::<Vec<u8>>(&frame[..HEADER_BYTES]).unwrap_err();
    assert!(matches!(error, FrameError::Oversized { got: 1_003, max: 1_002 }));
}

/// Elements without content would otherwise keep a decoder busy for years.
#[test]
fn announced_elements_beyond_the_bytes_are_refused_at_once() {
    #[track_caller]
    fn refused<M: DeserializeOwned + Debug>(bytes: &[u8]) {
        assert!(matches!(
            decode::<M>(bytes).expect_err("hostile bytes"),
            DecodeError::TooManyElements { announced: 0x1000_0000_0000_0000, .. }
        ));
    }
    let bytes = announce(1 << 60, &[0; 32]);
    refused::<Vec<()>>(&bytes);
    refused::<Vec<u64>>(&bytes);
    refused::<Vec<String>>(&bytes);
    refused::<Vec<Vec<()>>>(&bytes);
    refused::<BTreeMap<(), ()>>(&bytes);
    refused::<BTreeMap<u64, u64>>(&bytes);
    // Inside of another sequence, a tuple, a map and an enum as well.
    refused::<Vec<Vec<()>>>(&[&[1][..], &bytes].concat());
    refused::<(u8, Vec<()>)>(&[&[9][..], &bytes].concat());
    refused::<BTreeMap<u8, Vec<()>>>(&[&[1, 9][..], &bytes].concat());
    refused::<Option<Vec<()>>>(&[&[1][..], &bytes].concat());
    refused::<Node>(&[&[1][..], &bytes].concat());
    refused::<Node>(&[&[2][..], &bytes].concat());
}

/// 2³⁰ elements from 60 bytes, although each sequence alone seems harmless.
#[test]
fn nested_announcements_are_added_up() {
    type Nested = Vec<Vec<Vec<Vec<()>>>>;
    assert!(matches!(decode::<Nested>(&[50; 60]), Err(DecodeError::TooManyElements { .. })));
    assert_eq!(decode::<Nested>(&[1; 4]).unwrap(), [[[[()]]]]);
}

#[test]
fn strings_longer_than_the_input_are_malformed() {
    for length in [33, 1 << 32, 1 << 60, u64::MAX] {
        let bytes = announce(length, &[b'x'; 32]);
        assert!(matches!(decode::<String>(&bytes), Err(DecodeError::Malformed { .. })));
        assert!(matches!(decode::<NodeId>(&bytes), Err(DecodeError::Malformed { .. })));
        assert!(matches!(decode::<Box<str>>(&bytes), Err(DecodeError::Malformed { .. })));
        assert!(matches!(decode::<Buffer>(&bytes), Err(DecodeError::Malformed { .. })));
    }
    assert_eq!(decode::<String>(&announce(32, &[b'x'; 32])).unwrap(), "x".repeat(32));
    assert_eq!(decode::<Buffer>(&[2, 8, 9]).unwrap(), Buffer(vec![8, 9]));
    assert!(matches!(decode::<char>(&[0xf0, 0x90]), Err(DecodeError::Malformed { .. })));
}

#[test]
fn depth_is_an_error_and_not_the_end_of_the_stack() {
    let deep = vec![1; 1_000_000];
    assert!(matches!(decode::<Chain>(&deep), Err(DecodeError::TooDeep { max: 128 })));
    // A chain of 127 links and its end is 128 levels.
    let chain = |links| [vec![1; links], vec![0]].concat();
    assert!(decode::<Chain>(&chain(127)).is_ok());
    assert!(matches!(decode::<Chain>(&chain(128)), Err(DecodeError::TooDeep { max: 128 })));
    // Through sequences, options and structs alike.
    let branches = [1, 1].repeat(100_000);
    assert!(matches!(decode::<Node>(&branches), Err(DecodeError::TooDeep { max: 128 })));
    let named = [2, 0, 1].repeat(100_000);
    assert!(matches!(decode::<Node>(&named), Err(DecodeError::TooDeep { max: 128 })));
    assert!(BincodeCodec::default().with_max_depth(0).decode::<u64>(&[7]).is_ok());
}

#[test]
fn a_batch_has_the_parts_that_it_says_and_no_others() {
    let batch = |bytes: &[u8]| decode::<RumorBatch<u8>>(bytes);
    assert_eq!(batch(&[0]).unwrap(), RumorBatch::default());
    let acknowledged = RumorBatch { acknowledged: 7, ..RumorBatch::default() };
    assert_eq!(batch(&[4, 7]).unwrap(), acknowledged);
    // A part that is not known; a number that is none; an empty list; a missing part.
    for bytes in [&[0x40][..], &[1, 0], &[8, 0], &[4]] {
        assert!(matches!(batch(bytes), Err(DecodeError::Malformed { .. })), "{bytes:?}");
    }
}
