//! How does a rumor reach another node?
//!
//! Two nodes, one rumor, and an in-memory transport that carries out what the
//! nodes ask for. The nodes themselves never send anything: a tick returns
//! effects, and the host decides how to execute them.
//!
//! ```text
//! $ cargo run -p gossiper --example basic_gossip
//! node-a asks for 1 message to be sent
//! node-b: Received { id: r0#1, from: node-a }
//! node-b holds the rumor: "hello"
//! node-b acknowledges it
//! node-a has lost interest: 0 rumors are still pushed
//! ```

use gossiper::{
    DeterministicRng, GossipConfig, GossipMessage, GossipNode, InMemoryTransport,
    MessageIdGenerator, NodeId, Round, apply_effects,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Each node pushes to one peer a round, and keeps a rumor for ten rounds.
    let config = GossipConfig::new(1, 10)?;
    let (a, b) = (NodeId::from("node-a"), NodeId::from("node-b"));
    let mut node_a = GossipNode::new(a.clone(), config.clone());
    let mut node_b = GossipNode::new(b.clone(), config);
    node_a.set_peers([b.clone()]);

    // Publishing sends nothing yet.
    let mut ids = MessageIdGenerator::default();
    let rumor = ids.next_id()?;
    node_a.publish(rumor, Round::ZERO, "hello");

    // A tick says what is to be sent; the transport does it.
    let mut rng = DeterministicRng::new(1);
    let mut transport = InMemoryTransport::<GossipMessage<&str>>::new();
    let report = apply_effects(&mut transport, node_a.tick(&mut rng, Round::ZERO));
    println!("{a} asks for {} message to be sent", report.sent());

    for message in transport.drain(&b) {
        let report = apply_effects(&mut transport, node_b.receive(message));
        for event in report.events() {
            println!("{b}: {event:?}");
        }
    }
    println!("{b} holds the rumor: {:?}", node_b.payload(rumor).ok_or("the rumor is lost")?);

    // What came is acknowledged, and since node-b is the only peer, node-a stops.
    println!("{b} acknowledges it");
    for message in transport.drain(&a) {
        apply_effects(&mut transport, node_a.receive(message));
    }
    println!("{a} has lost interest: {} rumors are still pushed", node_a.store().infective());
    Ok(())
}
