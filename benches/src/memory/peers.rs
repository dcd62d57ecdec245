//! The same with other libraries, each as its authors show it; where there is a choice, the faster
//! one.

pub mod ironsaga;
pub mod legend;
pub mod steno;
