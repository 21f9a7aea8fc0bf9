//! How far a campaign is.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar, or lines where there is no terminal.
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines { blocks: u64, start: Instant, last: Mutex<Instant> },
}

/// Time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    pub(super) fn new(blocks: u64) -> Self {
        if !io::stderr().is_terminal() {
            let start = Instant::now();
            return Self::Lines { blocks, start, last: Mutex::new(start) };
        }
        let style = "{bar:40} {pos} of {len} blocks, {elapsed} gone, {eta} to go {msg}";
        let style = ProgressStyle::with_template(style);
        let bar = ProgressBar::new(blocks);
        Self::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    pub(super) fn show(&self, done: u64, broken: usize) {
        let message = match broken {
            0 => String::new(),
            1 => "a law is broken".to_owned(),
            more => format!("{more} engines found a broken law"),
        };
        match self {
            Self::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(message);
            }
            Self::Lines { blocks, start, last } => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() < LINE_EVERY {
                    return;
                }
                *last = Instant::now();
                let seconds = start.elapsed().as_secs();
                let line = format!("{done} of {blocks} blocks in {seconds} s {message}");
                let _ = writeln!(io::stderr(), "{}", line.trim_end());
            }
        }
    }

    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
