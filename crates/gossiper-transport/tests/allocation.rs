//! Refusing hostile bytes takes no more memory than the bytes warrant.
//!
//! The only test of its binary, for it counts what the whole process allocates.

use std::alloc::System;
use std::collections::BTreeMap;
use std::fmt::Debug;

use gossiper_core::{GossipMessage, Schema};
use gossiper_transport::frame::HEADER_BYTES;
use gossiper_transport::{BincodeCodec, Codec, FrameCodec};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What an error may allocate, and a collection that was begun.
const SMALL_BYTES: usize = 1_024;

/// The bytes allocated, freed ones included, while `work` runs.
fn allocated(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    region.change().bytes_allocated
}

/// Checks that decoding `bytes` fails within `limit` bytes of memory.
#[track_caller]
fn refused<M: DeserializeOwned + Debug>(bytes: &[u8], limit: usize) {
    let taken = allocated(|| {
        BincodeCodec::default().decode::<M>(bytes).expect_err("hostile bytes");
    });
    assert!(taken <= limit, "{taken} bytes allocated for {} bytes of input", bytes.len());
}

#[test]
fn refusing_takes_memory_in_proportion_to_the_input() {
    // The instrument counts at all.
    assert!(allocated(|| drop(vec![0_u8; 5_000])) >= 5_000);

    // A length of 2⁶⁰ with nothing behind it, and with a little.
    let mut huge = vec![253];
    huge.extend((1_u64 << 60).to_le_bytes());
    for tail in [0, 16] {
        huge.resize(9 + tail, 1);
        refused::<String>(&huge, SMALL_BYTES);
        refused::<Box<str>>(&huge, SMALL_BYTES);
        refused::<Vec<()>>(&huge, SMALL_BYTES);
        refused::<Vec<u8>>(&huge, SMALL_BYTES);
        refused::<Vec<u64>>(&huge, SMALL_BYTES);
        refused::<Vec<String>>(&huge, SMALL_BYTES);
        refused::<BTreeMap<u64, ()>>(&huge, SMALL_BYTES);
    }

    // A length that is within the limit, and elements that are not there:
    // no more than the elements that the input could have held.
    let mut claims = vec![251, 0xe8, 0x03];
    claims.resize(1_003, 255);
    refused::<Vec<[u64; 8]>>(&claims, 1_003 * 64 + SMALL_BYTES);

    // The same in every level of a nest: the claims do not add up.
    #[derive(Debug, Deserialize)]
    struct Nest(#[allow(dead_code, reason = "the test decodes it only")] Vec<Nest>);
    let nest: Vec<u8> = [251, 0x00, 0x04].repeat(1_000);
    refused::<Nest>(&nest, nest.len() * size_of::<Nest>() + SMALL_BYTES);

    // A frame that announces more than the limit, or more than has come.
    let frames = FrameCodec::new(Schema::named("test")).with_max_body_bytes(1 << 20);
    let mut frame = frames.encode(&()).unwrap();
    for announced in [u32::MAX, 1 << 20] {
        frame[HEADER_BYTES - 4..].copy_from_slice(&announced.to_le_bytes());
        let taken = allocated(|| {
            assert!(frames.decode::<GossipMessage<String>>(&frame).is_err());
        });
        assert!(taken <= SMALL_BYTES, "{taken} bytes allocated for a header");
    }
}
