mod difference;
mod json;
mod version;
