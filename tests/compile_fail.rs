//! What people read when a derive or a transaction does not compile.
//!
//! The messages in `compile_fail/*.stderr` are those of one version of the
//! compiler; with any other, only that there are errors could be held. After a
//! change: `TRYBUILD=overwrite cargo test -p gossiper-tests --test compile_fail`,
//! and read what has changed.

use std::process::Command;

/// The compiler whose messages are kept.
const KEPT: &str = "rustc 1.95.";

#[test]
fn messages_say_what_to_do() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc says its version");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(KEPT) {
        println!("not compared: the messages are those of {KEPT}*, and this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
