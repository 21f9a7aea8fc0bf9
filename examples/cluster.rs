//! How does a rumor spread through a simulated cluster?
//!
//! Twenty nodes, each of which pushes what it has heard to three random others
//! in every round. One publishes; the rumor is everywhere after a few rounds,
//! and the nodes fall silent once they have heard often enough that others
//! know it.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example cluster
//! reached 20 of 20 nodes after 3 rounds, 98 messages (4.9 a node)
//! after 0 rounds  1 nodes know it  *
//! after 1 rounds  4 nodes know it  ****
//! after 2 rounds 13 nodes know it  *************
//! after 3 rounds 20 nodes know it  ********************
//! node-19 has heard Some("hello")
//! then silent after 11 more rounds
//! ```

use gossiper_sim::GossipCluster;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut cluster = GossipCluster::<&str>::builder(20).seed(42).build()?;

    let id = cluster.publish(0, "hello")?;
    let report = cluster.run_until_reached(id, 20);
    println!("{report}");
    for (round, nodes) in report.reached_by_round.iter().enumerate() {
        println!("after {round} rounds {nodes:>2} nodes know it  {}", "*".repeat(*nodes));
    }
    println!("node-19 has heard {:?}", cluster.node(19)?.payload(id));

    let rest = cluster.run_until_quiet(100);
    println!("then silent after {} more rounds", rest.run.rounds);
    Ok(())
}
