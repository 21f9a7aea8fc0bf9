//! How two sets find out where they differ: the sketch and the filter beside
//! what people would use instead, on the same sets in the same run.
//!
//! `sets`: a few differences in many elements. `far`: sets with less in common,
//! as ConflictSync evaluates; `counters`: values that differ under the same keys,
//! as it does too; `replicas`: those of `far` in whole exchanges. Without an argument all of them. `plot FOLDER` draws the first
//! two as SVG files.

mod counters;
mod far;
mod ours;
mod peers;
mod plot;
mod replicas;
mod sets;
mod table;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let part = arguments.next();
    if part.as_deref() == Some("plot") {
        let folder = arguments.next().ok_or("plot needs the folder to write to")?;
        sets::draw(Path::new(&folder))?;
        return far::draw(Path::new(&folder));
    }
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("sets") {
        sets::print();
    }
    if wanted("counters") {
        counters::print();
    }
    if wanted("far") {
        far::print();
    }
    if wanted("replicas") {
        replicas::print();
    }
    Ok(())
}
