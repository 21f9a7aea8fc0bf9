//! Rows of types that are one value: registers and counters.

use crdts::{CmRDT, CvRDT};
use gossiper_core::causal::Causal;
use gossiper_core::{ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{GCounter, MvRegister};

use crate::table::{Effort, Row, median, ns_each};

/// A write to a register that so many writers have written, and so many
/// increments and a merge of counters with so many writers.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    let writers = effort.sizes[0];
    let row = |what: &str, ours, theirs| Row {
        what: format!("{what}, {writers} writers"),
        ours: Some(ours),
        theirs: Some(theirs),
        target: None,
    };
    let (ours, theirs) = register(writers, effort.runs);
    let register = row("MvRegister: write", ours, theirs);
    let (ours, theirs) = increment(writers, effort.runs);
    let increment = row("GCounter: increment", ours, theirs);
    let (ours, theirs) = merge(writers, effort.runs);
    vec![register, increment, row("GCounter: merge, all counts differ", ours, theirs)]
}

fn register(writers: u64, runs: usize) -> (f64, f64) {
    let mut ours = Causal::<MvRegister<u64>>::default();
    let mut theirs = crdts::MVReg::<u64, u64>::new();
    for writer in 1..=writers {
        write(&mut ours, &mut UpdateContext::of(ReplicaId::new(writer)), writer);
        write_theirs(&mut theirs, writer, writer);
    }
    let steps = 200;
    let mut ctx = UpdateContext::of(ReplicaId::new(writers + 1));
    let time = median(runs, || (), |()| (0..steps).for_each(|n| write(&mut ours, &mut ctx, n)));
    let peer = median(
        runs,
        || (),
        |()| {
            (0..steps).for_each(|n| write_theirs(&mut theirs, writers + 1, n));
        },
    );
    (ns_each(time, steps), ns_each(peer, steps))
}

fn write(register: &mut Causal<MvRegister<u64>>, ctx: &mut UpdateContext, value: u64) {
    let delta = register.record(ctx, |register| {
        register.write(value);
        Ok(())
    });
    register.merge(delta.expect("nothing aborts"));
    ctx.advance();
}

fn write_theirs(register: &mut crdts::MVReg<u64, u64>, writer: u64, value: u64) {
    let ctx = register.read_ctx().derive_add_ctx(writer);
    register.apply(register.write(value, ctx));
}

fn counters(writers: u64, by: u64) -> (GCounter, crdts::GCounter<u64>) {
    let (mut ours, mut theirs) = (GCounter::new(), crdts::GCounter::new());
    for writer in 0..writers {
        increment_ours(&mut ours, writer, by);
        theirs.apply(theirs.inc_many(writer, by));
    }
    (ours, theirs)
}

fn increment_ours(counter: &mut GCounter, writer: u64, by: u64) {
    let delta = counter.increment(ReplicaId::new(writer), by);
    counter.merge(delta.expect("it does not overflow"));
}

fn increment(writers: u64, runs: usize) -> (f64, f64) {
    let (mut ours, mut theirs) = counters(writers, 1);
    let steps = writers * 10;
    // All writers, in no order; a division for each would be much of the time.
    let turns = (0..steps).map(|step| step * 7_919 % writers).collect::<Vec<_>>();
    let time = median(
        runs,
        || (),
        |()| {
            turns.iter().for_each(|writer| increment_ours(&mut ours, *writer, 1));
        },
    );
    let peer = median(
        runs,
        || (),
        |()| {
            turns.iter().for_each(|writer| theirs.apply(theirs.inc(*writer)));
        },
    );
    (ns_each(time, steps), ns_each(peer, steps))
}

fn merge(writers: u64, runs: usize) -> (f64, f64) {
    let (ours, theirs) = counters(writers, 1);
    let (more, more_theirs) = counters(writers, 2);
    let whole = more.delta(&GCounter::new().digest());
    let time = median(
        runs * 3,
        || (ours.clone(), whole.clone()),
        |(counter, whole)| whole.take().map(|whole| counter.merge(whole)),
    );
    let peer = median(
        runs * 3,
        || (theirs.clone(), Some(more_theirs.clone())),
        |(counter, whole)| whole.take().map(|whole| counter.merge(whole)),
    );
    (ns_each(time, 1), ns_each(peer, 1))
}
