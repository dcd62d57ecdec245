# Reads what `cargo test --no-fail-fast` says. For each test that failed it prints `test<TAB>target<TAB>name<TAB>line`, where the
# target is what selects the test's program (`-p typed-saga-core --lib`), and what the test printed is below that line; for a program
# that was ended, `ended<TAB>target<TAB>how`; for any other that failed, `program<TAB>target<TAB>`. Cargo names the target after
# the program has failed.
function add(name) {
    sub(/ - should panic$/, "", name)
    if (!(name in seen)) { seen[name]; failed[++count] = name }
}
function forget() { count = 0; ended = ""; list = 0; delete seen; delete printed }
/^---- .* stdout ----$/ { printed[substr($0, 6, length($0) - 17)] = NR }
/^ *(Running|Doc-tests) / { forget() }
/^test .* \.\.\. FAILED/ {
    name = substr($0, 6)
    sub(/ \.\.\. FAILED.*$/, "", name)
    add(name)
}
# The list at the end of a program names those as well whose line another test has torn.
/^failures:$/ { list = 1; next }
list && /^    [^ ]/ { add(substr($0, 5)); next }
list && !/^$/ { list = 0 }
/^watch: / { ended = $0; sub(/^watch: [^:]*: /, "", ended) }
/^error: (doc)?test failed, to rerun pass `.*`$/ {
    target = $0
    sub(/^[^`]*`/, "", target)
    sub(/`$/, "", target)
    for (i = 1; i <= count; i++) print "test\t" target "\t" failed[i] "\t" printed[failed[i]]
    if (ended != "") print "ended\t" target "\t" ended
    else if (!count) print "program\t" target "\t"
    forget()
}
