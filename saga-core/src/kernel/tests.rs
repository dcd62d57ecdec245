//! The rules of execution, one named test each, and an enumeration of small sagas.

mod after;
mod answers;
mod back;
mod build;
mod crash;
mod enumerate;
mod fast_path;
mod group;
mod losses;
mod random;
mod request;
mod savepoint;
mod settle;
mod settled;
mod shapes;
mod situation;
mod verdict;
mod world;
