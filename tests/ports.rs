//! Sagas of systems in production, in this language and in our own words: do its constructs carry?

mod instance;
mod rack;
