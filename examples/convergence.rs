//! When do replicas agree, although messages are lost and a machine crashes?
//!
//! Five replicas count visits on a network that loses every third message. One
//! crashes after it has counted and before it could tell anybody. Its host
//! stored the count, so it comes back with it, and no visit is lost.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example convergence
//! node-3 crashes with 7 visits that nobody else knows of
//! the others: converged after 1 rounds, 16 messages (3.2 a node), 6 lost
//! they count 50
//! all five: converged after 14 rounds, 66 messages (13.2 a node), 26 lost
//! they count 57
//! ```

use gossiper_crdts::GCounter;
use gossiper_sim::{NetworkConditions, Ratio, ReplicaCluster, Restart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lossy = NetworkConditions::perfect().with_loss(Ratio::new(1, 3));
    let builder = ReplicaCluster::<GCounter>::builder(5).network(lossy).seed(7);
    let mut cluster = builder.build()?;

    for node in 0..5 {
        cluster.update(node, |visits, ctx| visits.increment(ctx.replica(), 10))?;
    }
    cluster.run(2);
    cluster.update(3, |visits, ctx| visits.increment(ctx.replica(), 7))?;
    cluster.crash(3)?;
    println!("node-3 crashes with 7 visits that nobody else knows of");

    let others = cluster.run_until_converged(100);
    println!("the others: {others}");
    println!("they count {}", cluster.state(0)?.value());

    cluster.restart(3, Restart::Durable)?;
    let all = cluster.run_until_converged(100);
    println!("all five: {all}");
    assert!(cluster.all_equal());
    println!("they count {}", cluster.state(0)?.value());
    Ok(())
}
