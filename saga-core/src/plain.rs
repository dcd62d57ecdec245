//! Declarations that nothing is said of: generated code says how its own differ from them.

use crate::definition::{Call, Compensation, Definition, Kind, Step};

/// A saga that nothing is said of: what one is that did not compile.
pub const NOTHING: Definition = Definition {
    name: "",
    durable: false,
    classified: false,
    inputs: &[],
    services: &[],
    output: "",
    error: "",
    steps: &[],
    pivot: None,
    file: "",
    line: 0,
};

/// A step that nothing more is said of.
pub const PLAIN: Step = Step {
    name: "",
    kind: Kind::Step,
    effect: "()",
    group: None,
    reads: &[],
    when: None,
    compensation: Compensation::Absent,
    resolve: None,
    fallback: None,
    stands_on: &[],
    awaits: &[],
    timeout: None,
    retry: None,
    idempotent: false,
    late: None,
    savepoint: None,
    abort: false,
    line: 0,
};

/// A clause that nothing more is said of.
pub const PLAIN_CALL: Call = Call {
    reads: &[],
    timeout: None,
    retry: None,
};
