mod difference;
mod json;
