//! Suites that compare sagas with a model of the rules, or explore what can happen to them.

mod loops;
mod random;
mod reference;
mod testing;
