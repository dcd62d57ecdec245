#!/usr/bin/env bash
# Compares the public API of the libraries with the lists in `scripts/api/`; with OVERWRITE_REFERENCE=1 it
# writes the lists, to be read with `git diff`.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
# Rustdoc's JSON is unstable. Only rustdoc itself may see this variable: build scripts that look at it would
# have cargo build everything again.
mkdir -p "$target"
printf '#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n' >"$target/rustdoc-json"
chmod +x "$target/rustdoc-json"
rustdoc=$(cd "$target" && pwd)/rustdoc-json

packages=()
for package in typed-saga saga-{analysis,classify,console,core,definition,engine,postgres,sqlite}; do packages+=(-p "$package"); done
RUSTDOC=$rustdoc RUSTDOCFLAGS='-Z unstable-options --output-format json' \
    cargo doc -q "${packages[@]}" --all-features --no-deps --locked
cargo run -q --locked --manifest-path scripts/api/Cargo.toml -- "$target/doc"
