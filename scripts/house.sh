#!/usr/bin/env bash
# Checks in a minute what no user would notice: formatting, also inside `saga!`, lengths of files, circles of
# imports, links, words. Every check runs, also after another has found something; each says what is wrong,
# and the last line says which did. With `--fix` it first mends what a machine can mend.
#
#     scripts/house.sh [--fix]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
case "$*" in
'' | --fix) ;;
*) echo "usage: scripts/house.sh [--fix]" >&2 && exit 2 ;;
esac

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
wrong=()

# Those that are no part of the workspace; scripts of one program; and the twin, for which cargo needs its copies.
workspaces=(saga-restate examples/{brokers,fleet,opentelemetry,transaction} fuzz saga-classify/{aws,reqwest,sqlite} benches/durare)
scripts=(scripts/{circles,site,house,api/src}/main.rs twin/src/{lib,main}.rs twin/tests/twin.rs)
# Sagas of the UI tests stay as they are: their expected errors name columns.
sagas=(src tests examples benches fuzz saga-macros/src twin/src)
for package in saga-*/; do [ "$package" = saga-macros/ ] || sagas+=("$package"); done

# Runs a check under a heading.
check() {
    local name=$1
    shift
    printf '\n%s\n' "--- $name"
    "$@" || wrong+=("$name")
}

# Each of these fails if anything in it does, and goes on.

# `unsafe` is forbidden once for all crates, which rustc enforces where a crate inherits the lints.
lints() {
    local manifest status=0
    grep -q '^unsafe_code = "forbid"' Cargo.toml || { echo "Cargo.toml does not forbid unsafe code" && status=1; }
    for manifest in Cargo.toml saga-*/Cargo.toml saga-postgres/server/Cargo.toml {benches,tests}/Cargo.toml examples/{console,upgrade}/Cargo.toml; do
        grep -A1 '^\[lints\]' "$manifest" | grep '^workspace = true' >/dev/null ||
            { echo "$manifest does not inherit the lints of the workspace" && status=1; }
    done
    return "$status"
}

lengths() {
    local long
    long=$(find . \( -name target -o -name .git -o -path ./twin/frozen \) -prune -o \( -name '*.rs' -o -name '*.md' -o -name '*.sh' \) -print0 |
        xargs -0 wc -l | awk '$1 > 420 && $2 != "total"') || return 1
    [ -z "$long" ] || { printf 'longer than 420 lines:\n%s\n' "$long" && return 1; }
}

# With `--check -l` these list the files that would change.
rust() {
    local workspace status=0
    cargo fmt --all -- "$@" || status=1
    for workspace in "${workspaces[@]}"; do cargo fmt --manifest-path "$workspace/Cargo.toml" -- "$@" || status=1; done
    rustfmt --edition 2024 "$@" "${scripts[@]}" || status=1
    return "$status"
}

# A saga that cannot be formatted is a warning, which the command goes on after.
sagas() {
    local status=0
    cargo run -q -p typed-saga-fmt --bin cargo-saga -- saga fmt "$@" "${sagas[@]}" 2>&1 | tee "$folder/said" || status=1
    ! grep -q 'left as it is: ' "$folder/said" && return "$status"
}

# The unit tests of what finds circles come first.
circles() {
    rustc --edition 2024 -D warnings --test scripts/circles/main.rs -o "$folder/circles-tests" &&
        "$folder/circles-tests" -q &&
        rustc --edition 2024 -D warnings scripts/circles/main.rs -o "$folder/circles" &&
        "$folder/circles" src saga-*/src --folders saga-*/src
}

pages_and_names() {
    rustc --edition 2024 -D warnings --test scripts/house/main.rs -o "$folder/house" && RUST_BACKTRACE=0 "$folder/house" -q
}

if [ "${1:-}" = --fix ]; then
    rust || true
    sagas || true
fi
check "inherited lints" lints
check "lengths of files" lengths
check "formatting of Rust" rust --check -l
check "formatting of sagas" sagas --check
check "circles of imports" circles
check "pages and names" pages_and_names

[ ${#wrong[@]} -eq 0 ] || { printf '\nwrong: %s\n' "$(printf '%s, ' "${wrong[@]}" | sed 's/, $//')" && exit 1; }
printf '\nnothing is wrong\n'
