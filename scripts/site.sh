#!/usr/bin/env bash
# Builds the site, by default in `site` of the target folder: a book of the pages, and beside it, in `api`,
# the documentation of all packages. It exits with 3 if only links are dead. It needs mdBook:
#
#     cargo install --locked mdbook --no-default-features --features search
#     scripts/site.sh [folder]
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
site=${1:-$target/site}
mkdir -p "$site"
site=$(cd "$site" && pwd)

# What no user depends on.
private=()
for package in saga-bench saga-tests saga-postgres-server console-example; do private+=(--exclude "$package"); done
rm -rf "$target/doc"
RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Dwarnings" \
    cargo doc --workspace "${private[@]}" --all-features --no-deps --locked
rustc --edition 2024 -D warnings scripts/site/main.rs -o "$target/site-tool"

# mdBook reads a copy of the pages, in which the links to items lead to the documentation of the API.
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
cp docs/book.toml docs/book.css "$staged/"
git ls-files --cached --others --exclude-standard '*.md' docs examples 'LICENSE-*' |
    "$target/site-tool" stage "$target/doc" "$staged/src"
rm -rf "${site:?}"/*
mdbook build --dest-dir "$site" "$staged"
cp -r "$target/doc" "$site/api"
# Rustdoc links pages that it does not write: of all packages, and of all items of one that another shows.
redirect() { printf '<meta http-equiv="refresh" content="0;URL=%s">\n' "$1"; }
redirect typed_saga/index.html >"$site/api/index.html"
for package in engine postgres sqlite; do redirect "../../typed_saga_$package/all.html" >"$site/api/typed_saga/$package/all.html"; done
"$target/site-tool" check "$site" # exits with 3 if links are dead, and so does this
echo "the site: $site/index.html"
