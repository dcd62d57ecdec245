//! Sagas that compile without a warning, and run: each file has what of the language it is named
//! after. They are one program because linking takes longer than compiling them.

#![deny(warnings)]
#![allow(
    unreachable_pub,
    reason = "each file is written as the root of a crate"
)]
#![allow(dead_code, reason = "some of these sagas only compile")]
#![allow(clippy::all, clippy::pedantic)]

use std::{fs, path::Path};

mod arms;
mod associated_effect;
mod attributes;
mod by_key;
mod cfg;
mod clauses;
mod compensate_none;
mod const_generic;
mod copy_arguments;
mod deprecated;
mod derives;
mod durable;
mod durations;
mod dyn_service;
mod effects;
mod finally;
mod generic_service;
mod generic_subsets;
mod glued_tokens;
mod group;
mod group_edges;
mod group_first_last;
mod groups_in_a_row;
mod handle;
mod keys;
mod keys_of_items;
mod keyword_names;
mod kinds;
mod levels;
mod looped_saga;
mod macro_rules;
mod names;
mod neighbouring_names;
mod nested_by_input;
mod nested_in_a_generic_saga;
mod nested_in_a_generic_saga_with_events;
mod no_prelude;
mod plain_error;
mod predicates;
mod promises;
mod reruns;
mod savepoints;
mod several;
mod smallest;
mod static_types;
mod tails;
mod transient;
mod unit_effects;
mod unread;
mod unread_steps;
mod unused_reads;
mod visibility;
mod walk;
mod when;
mod where_clauses;

#[test]
fn all_files_are_modules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pass");
    for file in fs::read_dir(folder).expect("there are files") {
        let path = file.expect("a file can be read").path();
        let name = path.file_stem().expect("it has a name").to_string_lossy();
        let module = format!("\nmod {name};");
        let listed = name == "mod" || include_str!("mod.rs").contains(&module);
        assert!(listed, "{name} is not compiled");
    }
}
