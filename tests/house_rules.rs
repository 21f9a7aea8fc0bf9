//! Rules of the house, kept by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below `folder`, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no sources");
    found
}

/// The part of a file before its unit tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn what_types_and_protocol_share_imports_nothing_else_from_core() {
    // What finds out where sets differ knows neither types nor protocol.
    for (folder, allowed) in [
        ("lattice", &["crate::lattice", "crate::reconcile"][..]),
        ("reconcile", &["crate::reconcile"]),
    ] {
        for (path, text) in sources(&format!("crates/gossiper-core/src/{folder}")) {
            for (number, line) in code(&text).lines().enumerate() {
                let line = line.trim();
                let imports = line.contains("crate::") && !line.starts_with("//");
                let fine = !imports || allowed.iter().any(|module| line.contains(module));
                assert!(fine, "{}:{}: {line}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn core_and_types_know_no_std_no_clock_and_no_hash_order() {
    for folder in ["crates/gossiper-core/src", "crdts/src"] {
        for (path, text) in sources(folder) {
            for word in ["std::", "HashMap", "HashSet", "Instant", "SystemTime", "f32", "f64"] {
                let lines = code(&text).lines().filter(|line| !line.trim().starts_with("//"));
                let found = lines.filter(|line| line.contains(word)).count();
                assert_eq!(found, 0, "{} uses {word}", path.display());
            }
        }
        let lib = fs::read_to_string(root().join(folder).join("lib.rs")).unwrap();
        assert!(lib.contains("#![no_std]"), "{folder} is not no_std");
    }
}

#[test]
fn the_types_do_not_know_the_protocol() {
    let protocol = ["GossipNode", "Replica<", "ReplicaConfig", "rumor::", "replica::", "Round"];
    for (path, text) in sources("crdts/src") {
        let lines = code(&text).lines().filter(|line| !line.trim().starts_with("//"));
        for line in lines {
            let named = protocol.iter().find(|word| line.contains(**word));
            assert_eq!(named, None, "{}: {line}", path.display());
        }
    }
}

#[test]
fn files_are_small_and_open_with_what_they_are_for() {
    for folder in ["crates", "crdts/src"] {
        for (path, text) in sources(folder) {
            let lines = code(&text).lines().count();
            assert!(lines <= 800, "{} has {lines} lines of code", path.display());
            let documented = text.starts_with("//!") || text.starts_with("#![doc = include_str!");
            assert!(documented, "{} does not say what it is for", path.display());
        }
    }
}
