//! Breadth first through the situations of a scope.

use std::fmt::Debug;

use super::Scope;
use super::table::{Map, Rows};
use super::verdicts::{Broken, Verdicts};
use super::world::{EMPTY, NONE_MADE, Node, Performance, World};
use crate::history::{Events, History, MAX_EVENTS, Restart};
use crate::subject::{Check, Subject};

/// One step, without the operation itself: it is in the alphabet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Start,
    Op { at: u8, op: u16 },
    Deliver { message: u8, to: u8 },
    Pull { from: u8, to: u8 },
    Backup { at: u8 },
    Crash { at: u8, restart: Restart },
}

pub(super) struct Explorer<'a, S: Subject, O> {
    pub(super) world: World<'a, S, O>,
    pub(super) verdicts: Verdicts,
    scope: Scope,
    /// Each situation: the replicas, the messages, and how many crashed.
    pub(super) situations: Rows,
    /// How each situation was first reached: from where, and by which step.
    origins: Vec<(u32, Move)>,
    pub(super) steps: u64,
    /// Whether there are more situations than the scope allows.
    full: bool,
    /// Room for the situation that a step leads to.
    next: Vec<u32>,
    /// The step that is being tried.
    trying: (u32, Move),
    ops: Map<(u32, u8, u16, u32), Option<Performance>>,
    delivered: Map<(u32, u32), u32>,
    pulled: Map<(u32, u32), (u32, u32)>,
}

/// A situation, unpacked.
struct Here<'r> {
    number: u32,
    row: &'r [u32],
    messages: u32,
    made: usize,
    crashed: usize,
}

impl<'a, S: Subject, O: Clone + Debug> Explorer<'a, S, O> {
    pub(super) fn new(check: &'a Check<S, O>, alphabet: &'a [O], scope: Scope) -> Self {
        let world = World::new(check, alphabet);
        Self {
            verdicts: Verdicts::new(&world, scope.replicas),
            world,
            scope,
            situations: Rows::new(scope.replicas + 2),
            origins: Vec::new(),
            steps: 0,
            full: false,
            next: Vec::new(),
            trying: (0, Move::Start),
            ops: Map::default(),
            delivered: Map::default(),
            pulled: Map::default(),
        }
    }

    /// Visits all situations, or as many as the scope allows: whether that was
    /// all.
    pub(super) fn run(&mut self) -> Result<bool, Broken> {
        let replicas = 0..self.scope.replicas as u64;
        let start = replicas.map(|at| self.world.start(at, EMPTY, Events::default()));
        let mut row: Vec<u32> = start.collect();
        row.extend([NONE_MADE, 0]);
        self.situations.insert(&row);
        self.origins.push((0, Move::Start));
        let mut number = 0;
        while number < self.situations.len() {
            row.clear();
            row.extend_from_slice(self.situations.row(number));
            self.expand(number as u32, &row)?;
            if self.full {
                return Ok(false);
            }
            number += 1;
        }
        Ok(true)
    }

    /// Tries all that can happen in a situation.
    fn expand(&mut self, number: u32, row: &[u32]) -> Result<(), Broken> {
        let Scope { replicas, operations, crashes, .. } = self.scope;
        let (messages, crashed) = (row[replicas], row[replicas + 1] as usize);
        let made = self.world.messages(messages).made.len();
        let here = Here { number, row, messages, made, crashed };
        let nodes = row[..replicas].iter().map(|node| *self.world.node(*node));
        let nodes: Vec<Node> = nodes.collect();
        // A backup that no crash is left for is never used.
        let backups = nodes.iter().filter(|node| node.backup.is_some()).count();
        let backup = crashed + backups < crashes;
        for (at, node) in nodes.iter().enumerate() {
            let place = at as u8;
            if made < operations.min(MAX_EVENTS) {
                for op in 0..self.world.alphabet.len() {
                    self.op(&here, place, op as u16)?;
                }
            }
            for message in 0..made {
                self.deliver(&here, message, place)?;
            }
            for from in (0..replicas as u8).filter(|from| *from != place) {
                self.pull(&here, from, place)?;
            }
            if crashed < crashes && made > 0 {
                self.crash(&here, place, Restart::Durable)?;
                self.crash(&here, place, Restart::Empty)?;
                if node.backup.is_some() {
                    self.crash(&here, place, Restart::Backup)?;
                } else if backup && (node.state, node.seen) != (EMPTY, Events::default()) {
                    // One of an empty replica is what it starts with anyway.
                    self.back_up(&here, place)?;
                }
            }
        }
        Ok(())
    }

    fn op(&mut self, here: &Here<'_>, at: u8, op: u16) -> Result<(), Broken> {
        self.attempt(here, Move::Op { at, op });
        let node = here.row[usize::from(at)];
        let key = (node, at, op, here.made as u32);
        let performance = match self.ops.get(&key) {
            Some(performance) => *performance,
            None => {
                let made = self.world.perform(node, usize::from(at), usize::from(op), here.made);
                if let Some(performance) = made {
                    self.verdicts.performed(&mut self.world, performance)?;
                }
                self.ops.insert(key, made);
                made
            }
        };
        let Some(Performance { node, made, mutation, .. }) = performance else { return Ok(()) };
        for (other, number) in here.row[..self.scope.replicas].iter().enumerate() {
            let number = if other == usize::from(at) { node } else { *number };
            let state = self.world.node(number).state;
            self.verdicts.elsewhere(&self.world, mutation, state)?;
        }
        self.verdicts.elsewhere(&self.world, mutation, EMPTY)?;
        let messages = self.world.and(here.messages, made);
        self.arrive(here, at, node, messages, here.crashed)
    }

    fn deliver(&mut self, here: &Here<'_>, message: usize, to: u8) -> Result<(), Broken> {
        self.attempt(here, Move::Deliver { message: message as u8, to });
        let node = here.row[usize::from(to)];
        let made = self.world.messages(here.messages).made[message];
        let after = match self.delivered.get(&(node, made)) {
            Some(after) => *after,
            None => {
                let (before, delta) = (self.world.node(node).state, self.world.made(made).delta);
                let state = self.verdicts.merged(&mut self.world, before, delta)?;
                let after = self.world.delivered(node, state, message);
                self.delivered.insert((node, made), after);
                after
            }
        };
        self.arrive(here, to, after, here.messages, here.crashed)
    }

    fn pull(&mut self, here: &Here<'_>, from: u8, to: u8) -> Result<(), Broken> {
        self.attempt(here, Move::Pull { from, to });
        let (from, node) = (here.row[usize::from(from)], here.row[usize::from(to)]);
        let (after, state) = match self.pulled.get(&(from, node)) {
            Some(after) => *after,
            None => {
                let (asked, before) = (self.world.node(from).state, self.world.node(node).state);
                let state = match self.world.answer(asked, before) {
                    Some(answer) => self.verdicts.merged(&mut self.world, before, answer)?,
                    None => before,
                };
                self.verdicts.stepped(&self.world, before, state)?;
                let after = (self.world.pulled(from, node, state), state);
                self.pulled.insert((from, node), after);
                after
            }
        };
        self.verdicts.pulled(&self.world, (from, node), state, here.messages)?;
        self.arrive(here, to, after, here.messages, here.crashed)
    }

    fn back_up(&mut self, here: &Here<'_>, at: u8) -> Result<(), Broken> {
        self.attempt(here, Move::Backup { at });
        let node = *self.world.node(here.row[usize::from(at)]);
        let backup = Some((node.state, node.seen));
        let node = self.world.number_node(Node { backup, ..node });
        self.arrive(here, at, node, here.messages, here.crashed)
    }

    fn crash(&mut self, here: &Here<'_>, at: u8, restart: Restart) -> Result<(), Broken> {
        self.attempt(here, Move::Crash { at, restart });
        let before = here.row[usize::from(at)];
        let node = *self.world.node(before);
        // The newest incarnation is always there, and the next has the next id.
        let nodes = here.row[..self.scope.replicas].iter();
        let ids = nodes.map(|node| self.world.node(*node).writer.id.as_u64());
        let fresh = ids.max().map_or(0, |newest| newest + 1);
        let after = match (restart, node.backup) {
            (Restart::Durable, _) => {
                let state = self.world.stored(node.state);
                self.world.number_node(Node { state, ..node })
            }
            (Restart::Backup, Some((state, seen))) => {
                let state = self.world.stored(state);
                self.world.start(fresh, state, seen)
            }
            _ => self.world.start(fresh, EMPTY, Events::default()),
        };
        if after == before {
            // The same situation with a crash less to come: nothing happens there
            // that does not happen here.
            return Ok(());
        }
        self.verdicts.reached(&self.world, self.world.node(after).state)?;
        self.arrive(here, at, after, here.messages, here.crashed + 1)
    }

    fn attempt(&mut self, here: &Here<'_>, step: Move) {
        self.steps += 1;
        self.trying = (here.number, step);
    }

    /// Replica `at` has become `node`.
    fn arrive(
        &mut self,
        here: &Here<'_>,
        at: u8,
        node: u32,
        messages: u32,
        crashed: usize,
    ) -> Result<(), Broken> {
        let replicas = self.scope.replicas;
        let mut row = std::mem::take(&mut self.next);
        row.clear();
        row.extend_from_slice(here.row);
        row[usize::from(at)] = node;
        row[replicas] = messages;
        row[replicas + 1] = crashed as u32;
        if self.situations.len() >= self.scope.max_situations {
            self.full |= !self.situations.contains(&row);
        } else if self.situations.insert(&row) {
            self.origins.push(self.trying);
            self.verdicts.replica(&self.world, node, messages)?;
            self.verdicts.situation(&mut self.world, &row[..replicas], messages)?;
        }
        self.next = row;
        Ok(())
    }

    /// The history that ends with the step that is being tried.
    pub(super) fn history(&self) -> History<O> {
        let mut moves = Vec::new();
        let (mut number, mut step) = self.trying;
        while step != Move::Start {
            moves.push(step);
            (number, step) = self.origins[number as usize];
        }
        let mut history = History::new(self.scope.replicas);
        for step in moves.into_iter().rev() {
            history = match step {
                Move::Start => history,
                Move::Op { at, op } => {
                    history.op(at.into(), self.world.alphabet[usize::from(op)].clone())
                }
                Move::Deliver { message, to } => history.deliver(message.into(), to.into()),
                Move::Pull { from, to } => history.pull(from.into(), to.into()),
                Move::Backup { at } => history.backup(at.into()),
                Move::Crash { at, restart } => history.crash(at.into(), restart),
            };
        }
        history
    }
}

#[cfg(test)]
mod tests {
    use gossiper_crdts::GSet;

    use super::*;
    use crate::lab::Lab;

    #[test]
    fn a_step_is_small() {
        assert_eq!(size_of::<(u32, Move)>(), 8);
    }

    /// The laboratory carries out each history as the scope did by numbers.
    #[test]
    fn every_situation_is_the_one_that_its_history_leads_to() {
        let check = Check::<GSet<u8>, u8>::new(0..2_u8, |op, set, _| Some(set.insert(*op)));
        let scope = Scope { operations: 2, ..Scope::default() };
        let mut explorer = Explorer::new(&check, &[0, 1], scope);
        assert!(matches!(explorer.run(), Ok(true)));
        for number in 0..explorer.situations.len() {
            explorer.trying = explorer.origins[number];
            let lab = Lab::after(&check, &explorer.history());
            let row = explorer.situations.row(number);
            for (node, place) in lab.nodes.iter().zip(row) {
                let numbered = explorer.world.node(*place);
                assert_eq!(node.state, *explorer.world.state(numbered.state));
                assert_eq!((node.seen, node.writer), (numbered.seen, numbered.writer));
                let backup =
                    numbered.backup.map(|(state, seen)| (explorer.world.state(state), seen));
                assert_eq!(node.backup.as_ref().map(|(state, seen)| (state, *seen)), backup);
            }
            let performed = explorer.world.performed(row[scope.replicas]);
            assert_eq!(format!("{:?}", lab.performed), format!("{performed:?}"));
        }
    }
}
