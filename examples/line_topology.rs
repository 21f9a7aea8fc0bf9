//! How much longer does a rumor take when nodes know only their neighbours?
//!
//! The same rumor in the same sixteen nodes, connected in four ways.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example line_topology
//! Line           reached 16 of 16 nodes after 15 rounds, 30 messages (1.9 a node)
//!                nodes by round: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
//! Ring           reached 16 of 16 nodes after 8 rounds, 32 messages (2.0 a node)
//! Star           reached 16 of 16 nodes after 16 rounds, 30 messages (1.9 a node)
//! FullyConnected reached 16 of 16 nodes after 3 rounds, 68 messages (4.2 a node)
//! ```

use gossiper_sim::{GossipCluster, Topology};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for topology in [Topology::Line, Topology::Ring, Topology::Star, Topology::FullyConnected] {
        let builder = GossipCluster::<&str>::builder(16).topology(topology).seed(1);
        let mut cluster = builder.build()?;
        let id = cluster.publish(0, "pass it on")?;
        let report = cluster.run_until_reached(id, 50);
        println!("{:<14} {report}", format!("{topology:?}"));
        if topology == Topology::Line {
            println!("{:<14} nodes by round: {:?}", "", report.reached_by_round);
        }
    }
    Ok(())
}
