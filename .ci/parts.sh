# What `.ci/run` and `scripts/soak.sh` are made of: a folder that nobody else has, and parts, each of which runs although
# another has failed. `.ci/report.sh` says at the end what they found.

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command, and says which.
run() {
    printf '\n[%s] %s\n' "$(date +%T)" "$*"
    "$@"
}

# Makes the folder for all that is built and written, $scratch, in the system's folder for large temporary files. The
# lock says that somebody uses it: it goes with the process, however that ends. Folders that nobody uses are removed.
make_room() {
    local needed=$1 base=${SAGA_CI_FOLDER:-/var/tmp} folder free
    for folder in "$base"/saga-ci.??????; do
        [ -d "$folder" ] || continue
        (flock -n 8 && rm -rf "$folder") 8>>"$folder/lock" 2>/dev/null || true
    done
    free=$(($(df --output=avail -k "$base" | tail -1) / 1048576))
    [ "$free" -ge "$needed" ] ||
        fail "$base has $free GiB of free space, and this needs $needed: make room there, or name another folder in SAGA_CI_FOLDER"
    until
        scratch=$(mktemp -d "$base/saga-ci.XXXXXX") && exec 8>>"$scratch/lock" && flock -n 8 && [ -e "$scratch/lock" ]
    do :; done
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 143' TERM INT HUP
    # Servers that run as another user find their files within.
    chmod 755 "$scratch"
    mkdir -m 1777 "$scratch/tmp"
    mkdir "$scratch"/{tools,logs,failed,failures,house}
    touch "$scratch/times"
    export TMPDIR=$scratch/tmp PATH=$PATH:$scratch/tools/bin
    # Outside of the checkout, and used again by each part.
    export CARGO_TARGET_DIR=$scratch/target CARGO_TERM_COLOR=never
    # As the workspace has it; workspaces of their own need no more, either.
    export CARGO_PROFILE_DEV_DEBUG=0
    # Nothing is edited between two builds: what a build would keep for that costs time and disk.
    export CARGO_INCREMENTAL=0
}

# Whether a part is to run: the only ones that do, if any are named.
only=()
is_wanted() {
    local name
    [ ${#only[@]} -gt 0 ] || return 0
    for name in "${only[@]}"; do [ "$name" != "$1" ] || return 0; done
    return 1
}

# `part NAME COMMAND…` runs a command in a shell of its own that ends at the first error, and goes on in any case. What
# it says is shown, and kept for the report.
part() {
    local name=$1 begun=$SECONDS code tee
    shift
    is_wanted "$name" || return 0
    printf '\n[%s] === %s\n' "$(date +%T)" "$name"
    mkfifo "$scratch/pipe"
    tee "$scratch/logs/$name" <"$scratch/pipe" 8>&- &
    tee=$!
    # Not in a condition, where bash ignores `set -e`.
    set +e
    (
        exec 8>&-
        set -euo pipefail
        "$@"
    ) >"$scratch/pipe" 2>&1
    code=$?
    set -e
    # The last lines are on their way. A server that is left behind may hold the pipe.
    timeout 10 tail --pid=$tee -s 0.05 -f /dev/null || { kill "$tee" && echo "$name has left a program behind"; }
    rm "$scratch/pipe"
    printf '%5d  %s\n' $((SECONDS - begun)) "$name" >>"$scratch/times"
    [ "$code" = 0 ] || echo "$code" >"$scratch/failed/$name"
}

# `after OTHER part NAME COMMAND…` runs a part that needs what another makes.
after() {
    if [ ! -e "$scratch/failed/$1" ]; then
        "${@:2}"
    else
        printf '\n[%s] === %s: not run, since it needs: %s\n' "$(date +%T)" "$3" "$1" | tee "$scratch/logs/$3"
        echo "not run, since it needs: $1" >"$scratch/failed/$3"
    fi
}

# `house NAME COMMAND…` is a part whose faults no user would meet: they are reported, and stop nothing.
house() {
    part "$@"
    [ ! -e "$scratch/failed/$1" ] || mv "$scratch/failed/$1" "$scratch/house/$1"
}

# Tests go on after one that fails, and a test program that says nothing for minutes is ended.
tests() {
    local runner
    runner=CARGO_TARGET_$(rustc -vV | sed -n 's/^host: //p' | tr a-z- A-Z_)_RUNNER
    export "$runner=$PWD/.ci/watch"
    run "$@"
    unset "$runner"
}
