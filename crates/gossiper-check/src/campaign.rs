//! Campaigns: many cases of many types, over threads, for a night.
//!
//! *How does a run over threads that may be stopped at any time come to one
//! verdict?* Cases are numbered, and handed out in blocks of
//! [`BLOCK`](Campaign::BLOCK), in order. What a block finds depends on its cases
//! alone. Blocks are *counted* in order too: one that is done before an earlier
//! one waits for it. The first block with a broken law ends its engine, and
//! within a block the first case that breaks one does. So the counterexample is
//! that of the lowest case of all that break a law, whatever the number of
//! threads and their speed; and so is every number of the summary, but for the
//! seconds.
//!
//! The state file holds what was counted, so that a stopped campaign loses the
//! blocks in work and no more. Engines of all types take turns, so that none
//! waits for the others to end.

mod block;
mod progress;
mod state;
mod summary;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use block::{Block, Engine, Job};
use progress::Progress;
pub use state::CampaignError;
use state::Counted;
pub use summary::{EngineSummary, Finding, Summary};

use crate::scope::Scope;
use crate::subject::{Check, Subject};

/// Many cases of many types.
///
/// ```
/// use gossiper_check::{Campaign, Check};
/// use gossiper_crdts::GSet;
///
/// let summary = Campaign::new(256)
///     .with_type("tags", || {
///         Check::<GSet<u8>, u8>::new(0..9_u8, |letter, set, _ctx| Some(set.insert(*letter)))
///     })
///     .run()?;
/// assert!(summary.is_clean(), "{summary}");
/// # Ok::<(), gossiper_check::CampaignError>(())
/// ```
pub struct Campaign {
    cases: u64,
    threads: NonZeroUsize,
    state_file: Option<PathBuf>,
    progress: bool,
    scope: Option<Scope>,
    blocks_max: u64,
    types: Vec<Type>,
}

/// A type, by name, and how its check is made: once for each thread.
struct Type {
    name: String,
    make: Box<dyn Fn() -> Box<dyn Job> + Send + Sync>,
}

/// What threads share.
struct Board {
    tracks: Vec<Track>,
    /// Blocks that may still be handed out in this run.
    blocks_left: u64,
    saved: Instant,
    failure: Option<CampaignError>,
}

/// One engine of one type.
struct Track {
    of: usize,
    engine: Engine,
    blocks: u64,
    handed_out: u64,
    /// Blocks that are done and wait for earlier ones.
    waiting: BTreeMap<u64, Block>,
    counted: Counted,
}

/// Time between two writes of the state file.
const SAVE_EVERY: Duration = Duration::from_secs(1);

impl Campaign {
    /// Cases of a block.
    pub const BLOCK: u64 = 64;

    /// A campaign of so many histories, and so many fault schedules, of each
    /// type. Whatever cases the checks themselves ask for does not count. As
    /// many threads as the machine has cores.
    #[must_use]
    pub fn new(cases: u64) -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            cases,
            threads,
            state_file: None,
            progress: false,
            scope: None,
            blocks_max: u64::MAX,
            types: Vec::new(),
        }
    }

    /// Checks a type too. `make` is called once for each thread, and must make
    /// the same check each time.
    #[must_use]
    pub fn with_type<S: Subject, O: Clone + Debug + 'static>(
        mut self,
        name: impl Into<String>,
        make: impl Fn() -> Check<S, O> + Send + Sync + 'static,
    ) -> Self {
        let make = Box::new(move || Box::new(make()) as Box<dyn Job>);
        self.types.push(Type { name: name.into(), make });
        self
    }

    /// Uses so many threads. The verdict is the same with any number.
    #[must_use]
    pub const fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Keeps what was done in a file, and goes on from there if it exists.
    ///
    /// It belongs to one campaign: with another type, seed or number of cases,
    /// or when the type has changed so that its first cases come to other
    /// states, [`run`](Self::run) refuses it. A broken law is looked for again
    /// where it was found. A change of the type that shows in none of the first
    /// cases is not noticed: begin anew after changes.
    #[must_use]
    pub fn with_state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Visits this small scope of each type too. It is visited as one block:
    /// stopped in between, it begins anew.
    #[must_use]
    pub const fn with_small_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Stops after so many blocks, all engines together; what is left is for
    /// another run with the same state file.
    #[must_use]
    pub const fn with_blocks_at_most(mut self, blocks: u64) -> Self {
        self.blocks_max = blocks;
        self
    }

    /// Shows how far it is on the standard error output: a bar on a terminal,
    /// and otherwise a line every ten seconds.
    #[must_use]
    pub const fn with_progress(mut self) -> Self {
        self.progress = true;
        self
    }

    /// Runs until all cases are done, or as many as
    /// [`with_blocks_at_most`](Self::with_blocks_at_most) says.
    ///
    /// # Errors
    ///
    /// If the state file cannot be read or written, is damaged, or belongs to
    /// another campaign; nothing is run then, or what was done is lost.
    pub fn run(&self) -> Result<Summary, CampaignError> {
        let start = Instant::now();
        let mut tracks = self.tracks();
        if let Some(path) = &self.state_file {
            state::load(path, self.cases, &mut tracks)?;
        }
        let progress =
            self.progress.then(|| Progress::new(tracks.iter().map(|track| track.blocks).sum()));
        let board =
            Mutex::new(Board { tracks, blocks_left: self.blocks_max, saved: start, failure: None });
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get() {
                scope.spawn(|| self.work(&board, progress.as_ref()));
            }
        });
        let Board { tracks, failure, .. } =
            board.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Some(path) = &self.state_file {
            state::save(path, self.cases, &tracks)?;
        }
        if let Some(progress) = progress {
            progress.end();
        }
        let engines = tracks.into_iter().map(|track| self.summary_of(track)).collect();
        Ok(Summary { engines, seconds: start.elapsed().as_secs_f64() })
    }

    /// The engines of all types, with nothing done.
    fn tracks(&self) -> Vec<Track> {
        let mut tracks = Vec::new();
        for (of, each) in self.types.iter().enumerate() {
            let job = (each.make)();
            for engine in [Engine::Laws, Engine::Faults, Engine::Scope] {
                let blocks = match (engine, self.scope) {
                    (Engine::Scope, None) => continue,
                    (Engine::Scope, Some(_)) => 1,
                    _ => self.cases.div_ceil(Self::BLOCK),
                };
                let mut settings = job.settings();
                if let (Engine::Scope, Some(scope)) = (engine, self.scope) {
                    settings += &format!("; {scope:?}");
                }
                let counted =
                    Counted::new(&each.name, job.type_name(), engine, settings, job.mark());
                let waiting = BTreeMap::new();
                tracks.push(Track { of, engine, blocks, handed_out: 0, waiting, counted });
            }
        }
        tracks
    }

    /// What one thread does.
    fn work(&self, board: &Mutex<Board>, progress: Option<&Progress>) {
        let lock = || board.lock().unwrap_or_else(PoisonError::into_inner);
        let mut jobs: Vec<Option<Box<dyn Job>>> = self.types.iter().map(|_| None).collect();
        loop {
            let Some((track, of, engine, number)) = lock().hand_out() else { return };
            let job = jobs[of].get_or_insert_with(|| (self.types[of].make)());
            let start = Instant::now();
            let first = number * Self::BLOCK;
            let cases = first..self.cases.min(first + Self::BLOCK);
            let mut block = job.block(engine, cases, self.scope);
            block.seconds = start.elapsed().as_secs_f64();
            let mut board = lock();
            board.tracks[track].done(number, block);
            if let Some(progress) = progress {
                let done: u64 = board.tracks.iter().map(|track| track.counted.blocks).sum();
                let broken = board.tracks.iter().filter(|track| track.counted.found.is_some());
                progress.show(done, broken.count());
            }
            if let Some(path) = &self.state_file
                && board.saved.elapsed() > SAVE_EVERY
            {
                board.save(path, self.cases);
            }
        }
    }

    fn summary_of(&self, track: Track) -> EngineSummary {
        let Track { engine, counted, .. } = track;
        let cases = if engine == Engine::Scope { 1 } else { self.cases };
        EngineSummary::new(cases, engine, counted)
    }
}

impl Board {
    /// The next block to do: of the engine that has had the fewest.
    fn hand_out(&mut self) -> Option<(usize, usize, Engine, u64)> {
        if self.failure.is_some() || self.blocks_left == 0 {
            return None;
        }
        let open = self.tracks.iter_mut().enumerate().filter(|(_, track)| track.is_open());
        let (place, track) = open.min_by_key(|(place, track)| (track.handed_out, *place))?;
        track.handed_out += 1;
        self.blocks_left -= 1;
        Some((place, track.of, track.engine, track.handed_out - 1))
    }

    fn save(&mut self, path: &Path, cases: u64) {
        self.saved = Instant::now();
        if let Err(failure) = state::save(path, cases, &self.tracks) {
            self.failure = Some(failure);
        }
    }
}

impl Track {
    /// Whether another block is to be handed out.
    fn is_open(&self) -> bool {
        let broken = self.waiting.values().any(|block| block.found.is_some());
        self.handed_out < self.blocks && self.counted.found.is_none() && !broken
    }

    /// Counts a block, once all before it are counted.
    fn done(&mut self, number: u64, block: Block) {
        self.waiting.insert(number, block);
        while self.counted.found.is_none()
            && let Some(block) = self.waiting.remove(&self.counted.blocks)
        {
            self.counted.count(block);
        }
    }
}

impl fmt::Debug for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types: Vec<&String> = self.types.iter().map(|each| &each.name).collect();
        f.debug_struct("Campaign")
            .field("cases", &self.cases)
            .field("threads", &self.threads)
            .field("types", &types)
            .finish_non_exhaustive()
    }
}
