#!/usr/bin/env bash
# What takes longer than `.ci/run` may: run it before you call something done.
#
#     scripts/soak.sh [MINUTES] [PART…]
#
# Without names of parts, all of them. `seeds` and `fuzz` take MINUTES each, 10 if you say nothing; the other parts run once.
#
#     seeds     the suites that draw, with one seed after another; each is printed, and SAGA_SEED=… repeats it
#     bounds    the suites that enumerate, to their largest bounds
#     clippy    tests and benches too, and the workspaces of their own
#     features  each feature, and each package, by itself
#     oldest    the oldest versions of dependencies that the manifests allow
#     book      the site with the book, without a dead link
#     twin      each saga of `twin/` on 10,000 drawn courses, here and on the commit SAGA_TWIN, or HEAD; the seed is printed
#     fuzz      new inputs for the fuzz targets, where nightly's `cargo fuzz` is there
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
. .ci/parts.sh
. .ci/report.sh
. .ci/tools.sh
# A suite to its largest bound says nothing for longer.
export SAGA_SILENCE=3600

minutes=10
if [[ ${1-} =~ ^[0-9]+$ ]]; then minutes=$1 && shift; fi
all=(seeds bounds clippy features oldest book twin fuzz)
for name in "$@"; do [[ " ${all[*]} " == *" $name "* ]] || fail "there is no part $name; there are: ${all[*]}"; done
[ $# -gt 0 ] || set -- "${all[@]}"

# Some tests run the examples, which cargo does not build for tests that are named.
build_examples() {
    run cargo build -q --workspace --examples
}

seeds() {
    local end=$((SECONDS + minutes * 60))
    build_examples
    while :; do
        SAGA_SEED=$((RANDOM << 30 ^ RANDOM << 15 ^ RANDOM))
        export SAGA_SEED
        echo "SAGA_SEED=$SAGA_SEED"
        SAGA_EXHAUSTIVE=1 tests cargo test --workspace --lib --bins --tests --no-fail-fast -- \
            random reference kill crash fleet outbox guarantee aborts hostile
        [ "$SECONDS" -lt "$end" ] || break
    done
}

bounds() {
    build_examples
    export SAGA_EXHAUSTIVE=1
    tests cargo test --workspace --lib --bins --tests --no-fail-fast
}

workspaces=(saga-classify/aws saga-classify/reqwest saga-classify/sqlite saga-restate examples/transaction examples/fleet examples/brokers examples/opentelemetry)

lints() {
    local workspace
    run cargo clippy --workspace --all-targets --locked -- -D warnings
    for workspace in "${workspaces[@]}"; do
        run cargo clippy -q --manifest-path "$workspace/Cargo.toml" --all-features --all-targets -- -D warnings
    done
    # Without the copies.
    twin/freeze "${SAGA_TWIN:-HEAD}"
    run cargo clippy -q --manifest-path twin/Cargo.toml --no-deps --all-targets -- -D warnings
}

# What one feature or package needs of another must be said in the manifest.
features_stand_alone() {
    local package feature
    for package in typed-saga:durable,engine,sqlite,postgres,tracing,testing typed-saga-core:durable,tracing typed-saga-definition:json \
        typed-saga-classify:aws,http,hyper,reqwest,sqlx,tonic typed-saga-macros: typed-saga-engine:testing typed-saga-conformance: \
        typed-saga-sqlite: typed-saga-postgres: typed-saga-console: typed-saga-cli: typed-saga-fmt:; do
        run cargo check -q -p "${package%%:*}" --no-default-features --locked
        for feature in $(tr , ' ' <<<"${package#*:}"); do
            run cargo check -q -p "${package%%:*}" --lib --no-default-features --features "$feature" --locked
        done
    done
}

# Cargo's flag is unstable, and the lock file that it writes is not that of the project.
oldest_versions_are_enough() {
    mkdir "$scratch/oldest"
    git ls-files -z | xargs -0 cp --parents -t "$scratch/oldest"
    cd "$scratch/oldest"
    RUSTC_BOOTSTRAP=1 cargo -Z direct-minimal-versions generate-lockfile
    cargo check --workspace --exclude saga-bench --exclude saga-tests --lib --bins --all-features --locked
}

book_is_whole() {
    mdbook_is_there
    rustc --edition 2024 -D warnings --test scripts/site/main.rs -o "$scratch/site-tests"
    "$scratch/site-tests" -q
    scripts/site.sh "$scratch/site"
}

# The seed of a difference, and the saga, are in what is said of it.
twin() {
    local seed=${SAGA_SEED:-$((RANDOM << 30 ^ RANDOM << 15 ^ RANDOM))}
    twin/freeze "${SAGA_TWIN:-HEAD}"
    run cargo run -q --release --manifest-path twin/Cargo.toml -- 10000 "$seed"
}

fuzz() {
    local target
    if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
        echo "left out: fuzz: there is no \`cargo +nightly fuzz\`"
        return
    fi
    for target in kernel macro records; do
        mkdir -p "$scratch/fuzz/$target"
        run cargo +nightly fuzz run "$target" "$scratch/fuzz/$target" "fuzz/corpus/$target" -- \
            -max_total_time=$((minutes * 20)) -timeout=10 -max_len=512
    done
}

make_room 25
part "components" components rustfmt clippy rust-analyzer rust-src llvm-tools
part "tools" tools_are_there
use_tools
for name in "$@"; do
    case $name in
    clippy) part "$name" lints ;;
    features) part "$name" features_stand_alone ;;
    oldest) part "$name" oldest_versions_are_enough ;;
    book) part "$name" book_is_whole ;;
    *) part "$name" "$name" ;;
    esac
done
report
