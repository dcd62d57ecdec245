#!/usr/bin/env bash
# Checks in a minute what needs no test: formatting, also inside `saga!`, the length of files, circles of imports.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# `unsafe` is forbidden once for all crates, which rustc enforces where a crate inherits the lints.
grep -q '^unsafe_code = "forbid"' Cargo.toml || fail "Cargo.toml does not forbid unsafe code"
for manifest in Cargo.toml saga-*/Cargo.toml benches/Cargo.toml tests/Cargo.toml examples/console/Cargo.toml; do
    grep -A1 '^\[lints\]' "$manifest" | grep '^workspace = true' >/dev/null ||
        fail "$manifest does not inherit the lints of the workspace"
done

long=$(find . \( -name target -o -name .git \) -prune -o \( -name '*.rs' -o -name '*.md' -o -name '*.sh' \) -print0 |
    xargs -0 wc -l | awk '$1 > 420 && $2 != "total"')
[ -z "$long" ] || fail "longer than 420 lines: $long"

cargo fmt --all --check
cargo fmt --manifest-path saga-restate/Cargo.toml --check
rustfmt --edition 2024 --check scripts/circles/main.rs scripts/site/main.rs scripts/api/src/main.rs

# Sagas of the UI tests stay as they are: their expected errors name columns.
shopt -s extglob
cargo run -q -p saga-fmt --bin cargo-saga -- saga fmt --check src tests examples benches fuzz saga-macros/src saga-!(macros)/

# The unit tests of what finds circles come first.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
rustc --edition 2024 -D warnings --test scripts/circles/main.rs -o "$folder/tests"
"$folder/tests" -q
rustc --edition 2024 -D warnings scripts/circles/main.rs -o "$folder/circles"
"$folder/circles" src saga-*/src --folders saga-*/src
