//! Each rule has a test. The kernel's tests show that all rules hold together.

mod build;
mod course;
mod nested;
mod pairs;
mod parks;
mod report;
mod step;
