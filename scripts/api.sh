#!/usr/bin/env bash
# Compares the public API of the libraries with the lists in `scripts/api/`; with OVERWRITE_REFERENCE=1 it
# writes the lists, to be read with `git diff`. With a commit, such as that of the last release, it compares
# the lists with those of that commit, and fails if a public item has gone or changed: that breaks users.
#
#     scripts/api.sh [commit]
#
# `cargo semver-checks` knows more rules, but takes ten minutes of a processor to install.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
    git rev-parse --quiet --verify "$1:scripts/api/typed_saga.txt" >/dev/null || { echo "error: $1 has no lists" >&2 && exit 1; }
    gone=$(git diff --unified=0 "$1" -- 'scripts/api/*.txt' | grep -E '^-([^-]|$)' || true)
    [ -z "$gone" ] || { printf 'gone or changed since %s:\n%s\n' "$1" "$gone" && exit 1; }
    echo "no public item has gone or changed since $1"
    exit
fi

target=${CARGO_TARGET_DIR:-target}
# Rustdoc's JSON is unstable. Only rustdoc itself may see this variable: build scripts that look at it would
# have cargo build everything again.
mkdir -p "$target"
printf '#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n' >"$target/rustdoc-json"
chmod +x "$target/rustdoc-json"
rustdoc=$(cd "$target" && pwd)/rustdoc-json

packages=()
for package in typed-saga typed-saga-{analysis,classify,conformance,console,core,definition,engine,postgres,sqlite}; do packages+=(-p "$package"); done
RUSTDOC=$rustdoc RUSTDOCFLAGS='-Z unstable-options --output-format json' \
    cargo doc -q "${packages[@]}" --all-features --no-deps --locked
cargo run -q --locked --manifest-path scripts/api/Cargo.toml -- "$target/doc"
