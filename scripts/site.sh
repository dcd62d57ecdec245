#!/usr/bin/env bash
# Builds the site, by default in `site` of the target folder: a book of the pages, and beside it, in `api`,
# the documentation of all packages. Fails at a dead link. It needs mdBook:
#
#     cargo install --locked mdbook --no-default-features --features search
#     scripts/site.sh [folder]
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
site=${1:-$target/site}
mkdir -p "$site"
site=$(cd "$site" && pwd)

RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Dwarnings" \
    cargo doc --workspace --exclude saga-bench --exclude saga-tests --all-features --no-deps --locked
rustc --edition 2024 -D warnings scripts/site/main.rs -o "$target/site-tool"

# mdBook reads a copy of the pages, in which the links to items lead to the documentation of the API.
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
cp docs/book.toml "$staged/"
git ls-files --cached --others --exclude-standard '*.md' docs examples 'LICENSE-*' |
    "$target/site-tool" stage "$target/doc" "$staged/src"
rm -rf "${site:?}"/*
mdbook build --dest-dir "$site" "$staged"
cp -r "$target/doc" "$site/api"
"$target/site-tool" check "$site"
echo "the site: $site/index.html"
