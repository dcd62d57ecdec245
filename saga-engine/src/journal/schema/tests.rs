mod changed;
mod difference;
mod json;
mod random;
mod refused;
mod version;
