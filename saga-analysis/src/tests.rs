//! Each rule in a test that says it; that all of them hold together, the kernel's tests show.

mod build;
mod course;
mod nested;
mod pairs;
mod parks;
mod report;
mod step;
