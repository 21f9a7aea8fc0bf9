//! Bytes on the wire, counted with the codec that real nodes use.

use gossiper_core::Schema;
use gossiper_transport::FrameCodec;
use serde::Serialize;

use crate::ClusterBuilder;
use crate::machine::Machine;

impl<M: Machine> ClusterBuilder<M>
where
    M::Message: Serialize,
{
    /// Counts the bytes of every message sent, each in a frame of its own, as
    /// [`FrameCodec`] encodes it. Messages are measured, not encoded.
    ///
    /// # Panics
    ///
    /// The cluster panics when a message of 4 GiB or more is sent, or one that
    /// has no encoding, which is a mistake in its `Serialize`.
    pub fn count_bytes(self) -> Self {
        self.measure_bytes(frame_bytes)
    }
}

/// The length of a frame does not depend on the schema that it names.
fn frame_bytes<M: Serialize>(message: &M) -> u64 {
    let frames = FrameCodec::new(Schema::named("simulated")).with_max_body_bytes(u32::MAX);
    let bytes = frames.encoded_len(message);
    bytes.expect("a message that is sent has an encoding of less than 4 GiB") as u64
}

#[cfg(test)]
mod tests {
    use crate::GossipCluster;

    #[test]
    fn bytes_are_those_of_the_frames() {
        let mut cluster = GossipCluster::<String>::builder(2).count_bytes().build().unwrap();
        cluster.publish(0, "x".repeat(100)).unwrap();
        cluster.step();
        let traffic = cluster.traffic();
        assert_eq!((traffic.pushes, traffic.feedback, traffic.sent), (1, 1, 2));
        // Frame 17, sender 7; the push: which parts 1, number 1, count 1, id 10, payload
        // 1 + 100; the acknowledgement: which parts 1, number 1. A random origin takes 9
        // bytes.
        let (push, acknowledgement) = (1 + 1 + 1 + 10 + 101, 1 + 1);
        assert_eq!(traffic.bytes, Some(2 * (17 + 7) + push + acknowledgement));
    }
}
