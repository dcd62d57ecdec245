#!/usr/bin/env bash
# Counts the lines of library code, without tests, comments and blank lines: for each crate, and in all.
set -euo pipefail
cd "$(dirname "$0")/.."

# Code for tests is in modules called `tests`, in these two files, and in packages of its own.
git ls-files 'src/*.rs' 'saga-*/src/*.rs' |
    grep -vE '/tests/|/tests\.rs$|^saga-conformance/|^saga-postgres/server/|^saga-classify/[a-z]+/src/|/diagram/random\.rs$|/journal/sample\.rs$' |
    xargs awk '
        FNR == 1 { whole = 1; marked = 0; crate = FILENAME; sub("/.*", "", crate) }
        # A module of tests is the last thing in its file.
        marked && /^mod [a-z_]+ \{/ { whole = 0; code[crate]--; sum-- }
        { marked = /^#\[cfg\(test\)\]$/ }
        whole && !/^[ \t]*(\/\/|$)/ { code[crate]++; sum++ }
        END { for (crate in code) printf "%7d  %s\n", code[crate], crate; printf "%7d  in all\n", sum }' |
    sort -n
