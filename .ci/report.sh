# The last lines of `.ci/run`: what failed, and how to repeat it; house; what was left out; what took longest.

# The lines of one part that say what is wrong: what a test printed, below line $2, or else errors, or else the last ones.
excerpt() {
    local log=$1 line=${2-} found
    if [ -n "$line" ]; then
        awk -v head="$line" 'NR <= head { next } /^(---- |failures:$)/ { exit } 1' "$log" |
            sed '/^stack backtrace:$/,/^note: /d; /^note: run with/d; /^$/d' | tail -n 12
        return
    fi
    found=$(grep -nE '^(error|warning: unused)|panicked at|No space left' "$log" | cut -d: -f2- | sed -n 1,12p || true)
    [ -n "$found" ] || found=$(tail -n 12 "$log")
    printf '%s\n' "$found"
}

# A test that drives a foreign program may have a line in `.ci/second-chance`: `package target name until what is known`. One that
# fails runs twice more, by itself; if both pass, it is named, and does not stop. Prints the names of those that passed. None is
# run again where a program was ended, or more than three tests failed.
second_chances() {
    local failures=$1 kind target name package program until why today
    today=$(date +%F)
    if grep -qh '^ended' "$scratch"/failures/* || [ "$(cat "$scratch"/failures/* | grep -c '^test')" -gt 3 ]; then return; fi
    grep -vE '^(#|$)' .ci/second-chance | while read -r package program test until why; do
        [[ $until < $today || $until > $(date -d '+14 days' +%F) ]] && continue
        while IFS=$'\t' read -r kind target name _; do
            [ "$kind $target $name" = "test -p $package $program $test" ] || [ "$kind $target $name" = "test -p $package --test $program $test" ] || continue
            passes_alone "$target" "$name" && passes_alone "$target" "$name" && echo "$name"
        done <"$failures"
    done || true
}

# A filter that matches nothing passes as well: one test must have run.
passes_alone() {
    local said
    # shellcheck disable=SC2086 # the target is several words
    said=$(tests cargo test $1 -- --exact "$2" 2>&1 </dev/null) || return 1
    grep -qE '^test result: ok\. 1 passed;' <<<"$said"
}

# Says what one part found. Returns 0 if it stops nothing after all: it failed by tests alone, and each has had its second chance.
part_is_fine() {
    local name=$1 log="$scratch/logs/$1" failures="$scratch/failures/$1" manifest flaky='' kind target test line stops=0
    manifest=$(grep -om1 -e '--manifest-path [^ ]* ' "$log" || true)
    flaky=$(second_chances "$failures")
    [ -s "$failures" ] || stops=1
    printf '\n%s (%s)\n' "$name" "$(cat "$scratch/failed/$name")"
    while IFS=$'\t' read -r kind target test line; do
        if [ "$kind" = test ] && grep -qxF "$test" <<<"$flaky"; then
            echo "FLAKY $test" | tee -a "$scratch/flaky"
            continue
        fi
        stops=1
        case $kind in
        test) printf '  %s\n    cargo test %s%s -- --exact %q\n' "$test" "$manifest" "$target" "$test" && excerpt "$log" "$line" | sed 's/^/    | /' ;;
        *) printf '  a program of tests, %s\n    cargo test %s%s\n' "${test:-which failed without a failed test}" "$manifest" "$target" ;;
        esac
    done <"$failures"
    if ! [ -s "$failures" ]; then excerpt "$log" | sed 's/^/    | /'; fi
    return $stops
}

# Ends with 1 if anything stops.
report() {
    local failed=() name ok=0
    [ -s "$scratch/times" ] || fail "there is no part with that name: ${only[*]}"
    touch "$scratch/flaky"
    printf '\n[%s] === report\n' "$(date +%T)"
    for name in "$scratch"/failed/*; do
        [ ! -e "$name" ] || awk -f .ci/failures.awk "$scratch/logs/${name##*/}" >"$scratch/failures/${name##*/}"
    done
    for name in "$scratch"/failed/*; do
        [ -e "$name" ] || continue
        part_is_fine "${name##*/}" && rm "$name"
        [ ! -e "$name" ] || failed+=("${name##*/}")
    done
    for name in "$scratch"/house/*; do
        [ -e "$name" ] || continue
        printf '\nhouse, which stops nothing: %s\n' "${name##*/}"
        grep -v '^$' "$scratch/logs/${name##*/}" | tail -n 40 | sed 's/^/    | /'
    done
    printf '\nleft out:\n'
    grep -ho 'left out: .*' "$scratch"/logs/* | sed 's/^left out: /  /' | sort -u || true
    printf '\nlongest, in seconds:\n'
    # Not `head`, which stops reading: what is still being written to it fails then, and with it this script.
    sort -rn "$scratch/times" | sed -n 1,12p
    printf '%5d  in all\n\n' "$SECONDS"
    sort -u "$scratch/flaky"
    if [ ${#failed[@]} -gt 0 ]; then
        printf 'failed: %s\n' "${failed[@]}"
        ok=1
    else
        printf '[%s] all is well\n' "$(date +%T)"
    fi
    return $ok
}
