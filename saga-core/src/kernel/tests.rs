//! The rules of execution, one named test each, and an enumeration of small sagas.

mod after;
mod answers;
mod back;
mod build;
mod child;
mod covered;
mod crash;
mod enumerate;
mod events;
mod fast_path;
mod governed;
mod group;
mod losses;
mod partial;
mod random;
mod recalled;
mod request;
mod savepoint;
mod settle;
mod settled;
mod shapes;
mod situation;
mod unsaid;
mod verdict;
mod waits;
mod world;
