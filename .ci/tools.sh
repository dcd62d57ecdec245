# The tools that some tests, and soak, need. What is missing is installed if this machine can do that.

# Adds components of the toolchain, if rustup is there to do so.
components() {
    if command -v rustup >/dev/null && rustup component add "$@"; then return; fi
    echo "cannot be added here; taken as it is: $*"
}

# Installs a package of Debian's if this is its kind of machine. What needs it says so if it is missing.
debian() {
    command -v apt-get >/dev/null || return 0
    apt-get install -y -qq "$1" >/dev/null && return
    # Its lists may be missing, or too old.
    apt-get update -qq >/dev/null && apt-get install -y -qq "$1" >/dev/null || true
}

# The server of Restate comes from npm: a program that needs nothing else.
restate_server() {
    if command -v restate-server >/dev/null || [ -n "${SAGA_RESTATE_SERVER:-}" ]; then return; fi
    command -v npm >/dev/null || debian npm
    mkdir -p "$scratch/restate"
    npm install --silent --no-audit --no-fund --prefix "$scratch/restate" @restatedev/restate-server@1.7.12 >/dev/null ||
        fail "restate-server, which typed-saga-restate needs, cannot be installed by npm"
}

tools_are_there() {
    local program package
    for program in valgrind:valgrind pg_ctl:postgresql pgbouncer:pgbouncer faketime:faketime sqlite3:sqlite3 \
        chromium:chromium chromedriver:chromium-driver; do
        package=${program#*:} program=${program%%:*}
        command -v "$program" /usr/sbin/"$program" /usr/lib/postgresql/*/bin/"$program" >/dev/null || debian "$package"
    done
    restate_server
    valgrind --version || fail "valgrind does not run, which tests/budget needs: install it"
    rust-analyzer --version ||
        fail "rust-analyzer does not run, which tests/editor needs: rustup component add rust-analyzer rust-src"
}

# For all parts that follow: the tests that need tools fail now instead of leaving themselves out.
use_tools() {
    local server
    export SAGA_LEAVE_OUT=nothing
    for server in "$scratch"/restate/node_modules/@restatedev/restate-server-*/bin/restate-server; do
        [ ! -x "$server" ] || export SAGA_RESTATE_SERVER=$server
    done
}

# mdBook makes a book of the pages. Without optimisation it takes about a minute of one processor to build,
# and the book a second more.
mdbook_is_there() {
    if command -v mdbook >/dev/null; then return; fi
    cargo install -q --debug --locked mdbook@0.5.4 --no-default-features --features search --root "$scratch/tools" ||
        fail "mdbook, which scripts/site.sh needs, cannot be installed"
}
