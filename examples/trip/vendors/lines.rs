//! A file of JSON values, one per line, for what a vendor must not forget; or no file, if it may.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where the vendors keep their files: in this folder, or nowhere.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a>(pub(super) Option<&'a Path>);

impl Shelf<'_> {
    /// The file called `name`.
    pub(super) fn file(self, name: &str) -> Option<PathBuf> {
        Some(self.0?.join(name).with_extension("jsonl"))
    }
}

pub(super) struct Lines(Option<Open>);

struct Open {
    file: File,
    /// The length of all complete lines, in bytes.
    length: u64,
}

impl Lines {
    /// Opens the file and returns its values. An incomplete last line, left by a process that died
    /// while writing it, was never answered, and is cut off.
    pub(super) fn open<T: DeserializeOwned>(path: Option<&Path>) -> io::Result<(Self, Vec<T>)> {
        let Some(path) = path else {
            return Ok((Self(None), Vec::new()));
        };
        let options = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .to_owned();
        let mut file = options.open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let length = whole as u64;
        file.set_len(length)?;
        let values = text[..whole].lines().map(serde_json::from_str);
        let values = values.collect::<Result<_, _>>()?;
        Ok((Self(Some(Open { file, length })), values))
    }

    /// Appends a line. After `Ok` it survives the process and a power failure.
    pub(super) fn add(&mut self, value: &impl Serialize) -> io::Result<()> {
        let Some(open) = &mut self.0 else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        let written = open
            .file
            .write_all(&line)
            .and_then(|()| open.file.sync_data());
        match written {
            Ok(()) => open.length += line.len() as u64,
            // The part that was written must not spoil the next line.
            Err(_) => open.file.set_len(open.length)?,
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    #[test]
    fn half_a_line_is_cut_off() {
        let path = env::temp_dir().join(format!("saga-trip-{}-lines.jsonl", process::id()));
        fs::write(&path, "1\n2\n{\"ha").unwrap();
        let (mut lines, values) = Lines::open::<u32>(Some(&path)).unwrap();
        assert_eq!(values, [1, 2]);
        lines.add(&3).unwrap();
        let (_, values) = Lines::open::<u32>(Some(&path)).unwrap();
        assert_eq!(values, [1, 2, 3]);
        fs::remove_file(&path).unwrap();
    }
}
