//! What happens to a rumor, and to a replicated set, on a bad network?
//!
//! The same ten nodes, first with rumors alone, then with replicas, on a
//! network that loses half of all messages.
//!
//! ```text
//! $ cargo run -p gossiper --features sim --example sim_network
//! rumors alone:  reached 10 of 10 nodes after 3 rounds, 31 messages (3.1 a node), 14 lost
//! replicas:      converged after 9 rounds, 363 messages (36.3 a node), 186 lost
//! while cut:     NOT converged after 30 rounds, 461 messages (46.1 a node), 374 lost
//! after healing: converged after 37 rounds, 164 messages (16.4 a node), 85 lost
//! ```

use std::convert::Infallible;

use gossiper::crdts::GSet;
use gossiper::sim::{GossipCluster, NetworkConditions, Ratio, ReplicaCluster};

const NODES: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bad = NetworkConditions::perfect().with_loss(Ratio::percent(50));

    // Rumors alone: quick, and very likely to reach everyone.
    let mut rumors = GossipCluster::<&str>::builder(NODES).network(bad.clone()).seed(1).build()?;
    let id = rumors.publish(0, "hello")?;
    println!("rumors alone:  {}", rumors.run_until_reached(id, 50));

    // Replicas: whatever rumors miss, anti-entropy repairs.
    let mut replicas =
        ReplicaCluster::<GSet<String>>::builder(NODES).network(bad).seed(1).build()?;
    for i in 0..NODES {
        replicas.update(i, |set, _| Ok::<_, Infallible>(set.insert(format!("from {i}"))))?;
    }
    println!("replicas:      {}", replicas.run_until_converged(200));

    // Cut the cluster in two, and write on both sides.
    replicas.partition(&[&[0, 1, 2, 3, 4], &[5, 6, 7, 8, 9]])?;
    replicas.update(0, |set, _| Ok::<_, Infallible>(set.insert("left".into())))?;
    replicas.update(9, |set, _| Ok::<_, Infallible>(set.insert("right".into())))?;
    println!("while cut:     {}", replicas.run_until_converged(30));
    replicas.heal();
    println!("after healing: {}", replicas.run_until_converged(200));
    Ok(())
}
