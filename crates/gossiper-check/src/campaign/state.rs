//! What was done, in a file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::block::{Block, Engine, Sketch};
use super::summary::Finding;
use super::{Campaign, Track};
use crate::coverage::Coverage;
use crate::faults::Bites;

/// Why a campaign cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// The state file is there and cannot be read. Nothing was run.
    #[error("the state file {path} cannot be read", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The state file cannot be written. What was done since it last was is
    /// lost.
    #[error("the state file {path} cannot be written", path = .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The state file is not what a campaign writes. Nothing was run; remove the
    /// file to begin anew.
    #[error("the state file {path} is damaged", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The state file belongs to another campaign. Nothing was run; name another
    /// file, or remove this one to begin anew.
    #[error("the state file {path} belongs to another campaign: its {what} is {then}, now it is {now}", path = .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// In what they differ.
        what: &'static str,
        /// What the file says.
        then: String,
        /// What this campaign says.
        now: String,
    },
}

/// The format of the file.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File<T> {
    version: u32,
    cases: u64,
    block: u64,
    engines: Vec<T>,
}

/// What was counted of one engine of one type: all blocks below `blocks`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) name: String,
    pub(super) type_name: String,
    engine: String,
    settings: String,
    mark: String,
    pub(super) blocks: u64,
    pub(super) cases: u64,
    pub(super) seconds: f64,
    pub(super) states: Sketch,
    operations: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    concurrent: Vec<(String, String, u64)>,
    pub(super) bites: Bites,
    pub(super) situations: u64,
    pub(super) exhausted: bool,
    /// The broken law. Looked for again by who goes on from here.
    #[serde(default, skip_deserializing)]
    pub(super) found: Option<Finding>,
}

impl Counted {
    pub(super) fn new(
        name: &str,
        type_name: &str,
        engine: Engine,
        settings: String,
        mark: String,
    ) -> Self {
        Self {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            engine: engine.name().to_owned(),
            settings,
            mark,
            blocks: 0,
            cases: 0,
            seconds: 0.0,
            states: Sketch::default(),
            operations: BTreeMap::new(),
            refused: BTreeMap::new(),
            concurrent: Vec::new(),
            bites: Bites::default(),
            situations: 0,
            exhausted: false,
            found: None,
        }
    }

    /// Adds the next block. Of one with a broken law, that alone counts.
    pub(super) fn count(&mut self, block: Block) {
        if let Some(found) = block.found {
            self.found = Some(found);
            return;
        }
        let mut coverage = self.coverage();
        coverage.add(&block.coverage);
        let Coverage { operations, refused, concurrent, .. } = coverage;
        (self.operations, self.refused) = (operations, refused);
        self.concurrent = concurrent.into_iter().map(|((a, b), count)| (a, b, count)).collect();
        self.blocks += 1;
        self.cases += block.cases;
        self.seconds += block.seconds;
        self.states.join(&block.states);
        self.bites.add(block.bites);
        self.situations += block.situations;
        self.exhausted |= block.exhausted;
    }

    pub(super) fn coverage(&self) -> Coverage {
        let concurrent = self.concurrent.iter().cloned();
        Coverage {
            histories: self.cases,
            states: self.states.estimate(),
            operations: self.operations.clone(),
            refused: self.refused.clone(),
            concurrent: concurrent.map(|(a, b, count)| ((a, b), count)).collect(),
        }
    }
}

/// Writes the file anew, and puts it in the place of the old one when it is
/// complete.
pub(super) fn save(path: &Path, cases: u64, tracks: &[Track]) -> Result<(), CampaignError> {
    let failed = |source| CampaignError::Write { path: path.to_owned(), source };
    let engines = tracks.iter().map(|track| &track.counted).collect();
    let file = File::<&Counted> { version: VERSION, cases, block: Campaign::BLOCK, engines };
    let text = serde_json::to_vec_pretty(&file).map_err(|why| failed(why.into()))?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let write = || {
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(failed)
}

/// Takes over what a file says was done, if there is one.
pub(super) fn load(path: &Path, cases: u64, tracks: &mut [Track]) -> Result<(), CampaignError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(CampaignError::Read { path: path.to_owned(), source }),
    };
    let damaged = |source| CampaignError::Damaged { path: path.to_owned(), source };
    let file: File<Counted> = serde_json::from_str(&text).map_err(damaged)?;
    let same = |what, then: &dyn ToString, now: &dyn ToString| {
        let (then, now) = (then.to_string(), now.to_string());
        let path = path.to_owned();
        if then == now { Ok(()) } else { Err(CampaignError::Other { path, what, then, now }) }
    };
    same("format", &file.version, &VERSION)?;
    same("number of cases", &file.cases, &cases)?;
    same("block of cases", &file.block, &Campaign::BLOCK)?;
    same("number of engines", &file.engines.len(), &tracks.len())?;
    for (then, track) in file.engines.into_iter().zip(tracks) {
        let now = &track.counted;
        same("type", &then.name, &now.name)?;
        same("type's name", &then.type_name, &now.type_name)?;
        same("engine", &then.engine, &now.engine)?;
        same("setting", &then.settings, &now.settings)?;
        same("outcome of the first cases", &then.mark, &now.mark)?;
        if then.blocks > track.blocks {
            use serde::de::Error as _;
            let what = format!("{} blocks of {} are done", then.blocks, track.blocks);
            return Err(damaged(serde_json::Error::custom(what)));
        }
        track.handed_out = then.blocks;
        track.counted = then;
    }
    Ok(())
}
