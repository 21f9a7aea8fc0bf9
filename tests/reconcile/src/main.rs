//! How two sets find out where they differ: the sketch and the filter beside
//! what people would use instead, on the same sets in the same run.
//!
//! `sets`: a few differences in many elements. `far`: sets with less in common,
//! as ConflictSync evaluates; `counters`: values that differ under the same keys,
//! as it does too. Without an argument all of them.

mod counters;
mod far;
mod ours;
mod peers;
mod sets;
mod table;

fn main() {
    let part = std::env::args().nth(1);
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
}
