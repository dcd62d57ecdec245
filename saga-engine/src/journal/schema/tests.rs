mod difference;
mod json;
mod refused;
mod version;
