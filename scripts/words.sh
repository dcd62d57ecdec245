#!/usr/bin/env bash
# Counts what a user has to learn: the words of the language, as the tables in `saga-definition/src/language/`
# and the grammar in `docs/reference.md` have them; and the public types, traits and functions of each library,
# and of each module of the facade, as the lists in `scripts/api/` have them, which `scripts/api.sh` keeps true.
# And what there is to read: the words of the pages of the book. With `-v`, the words of the language, too.
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the words on its input, one a line, as a number and a name; with `-v` also the words.
words() {
    local name=$1 found
    found=$(sort -u)
    printf '%5d  %s\n' "$(grep -c . <<<"$found")" "$name"
    [ "$verbose" != -v ] || fold -sw 100 <<<"       $(paste -sd' ' <<<"$found")"
}

verbose=${1:-}
table() { sed -n 's/^        name: "\([a-z_]*\)",$/\1/p' "saga-definition/src/language/$1.rs"; }
# The grammar is the first block of text of the page.
grammar() { sed -n '/^```text$/,/^```$/p;/^## Reads$/q' docs/reference.md | grep -oE '"[a-z][a-z_]*"' | tr -d '"'; }
# The names that a list of reads may have besides those of the saga.
reserved() { sed -n '/^## Reads$/,/^## Code$/s/^- `\([a-z_]*\)`:.*/\1/p' docs/reference.md; }

{
    table attribute | words attributes
    table clause | words clauses
    grammar | grep -vxFf <(table attribute; table clause) | words "other words of the grammar"
    reserved | words "names with a meaning of their own"
    { table attribute; table clause; grammar; reserved; } | words "words in all"
}

# In a list, the functions below `impl Trait for Type` are those of the trait.
echo
awk '
    FNR == 1 { library = FILENAME; sub(".*/", "", library); sub("\\.txt$", "", library); libraries[++count] = library; of_trait = 0 }
    { item = $0; sub(/^(#\[[^]]*\] )*/, "", item) }
    item ~ /^impl/ { of_trait = item ~ / for / }
    item ~ /^pub (struct|enum|union) / { types[library]++ }
    item ~ /^pub trait / { traits[library]++; of_trait = 0 }
    item ~ /^pub use / { names[library]++ }
    item ~ /^pub ((const|async|unsafe) )*fn / && !of_trait {
        path = item
        sub(/^pub ((const|async|unsafe) )*fn /, "", path)
        # Without parameters, and without the arguments of types.
        while (match(path, /<[^<>]*>/)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
        sub(/\(.*/, "", path)
        parts = split(path, part, "::")
        if (part[parts - 1] ~ /^[A-Z]/) methods[library]++; else functions[library]++
    }
    END {
        row = "%-22s %6s %7s %10s %8s %10s\n"
        printf row, "", "types", "traits", "functions", "methods", "reexports"
        for (i = 1; i <= count; i++) {
            l = libraries[i]
            printf row, l, types[l] + 0, traits[l] + 0, functions[l] + 0, methods[l] + 0, names[l] + 0
            a += types[l]; b += traits[l]; c += functions[l]; d += methods[l]; e += names[l]
        }
        printf row, "in all", a, b, c, d, e
    }' scripts/api/*.txt

# What is hidden is in no list. A type begins with a capital, and is not all capitals.
printf '\ntypes and traits in the documentation of typed_saga, by module:\n'
sed -nE 's/^(#\[[^]]*\] )*pub (use|struct|enum|trait) (typed_saga(::[a-z_]+)*)::[A-Z][A-Za-z]*[a-z].*/\3/p' scripts/api/typed_saga.txt |
    sort | uniq -c

# The README is the first page. Words have a letter or a digit; code, and what links lead to, is not counted.
mapfile -t pages < <(sed -nE 's/.*\(([^)#]+\.md)\).*/docs\/\1/p' docs/SUMMARY.md)
printf '\n%5d  pages of the book\n' "${#pages[@]}"
printf '%5d  words in them\n' "$(awk '/^ *```/ { code = !code; next } !code' "${pages[@]}" |
    sed -E '/^\[[^]]*\]: /d; s/\](\([^)]*\)|\[[^]]*\])/]/g' | grep -oE '[^[:space:]]*[[:alnum:]][^[:space:]]*' | wc -l)"
