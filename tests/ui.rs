//! What the compiler says: about sagas that compile, nothing; about those that must not, what was
//! read and approved.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
