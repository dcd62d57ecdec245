//! The file with which a package is compared: its place, and its text.

use std::ffi::OsStr;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fs, io};

use typed_saga_definition::Released;

/// Files that cargo writes into the folder of a downloaded dependency, or of its repository, and
/// into the folder of a vendored one.
const DEPENDENCY: [&str; 2] = [".cargo-ok", ".cargo-checksum.json"];

/// The file of the package that is compiled: in its folder, or in one above, up to the folder with
/// `Cargo.lock`. A dependency has no file, so that no package fails to compile because of the file
/// of another; and neither have integration tests, benchmarks and examples in documentation.
pub(super) fn find() -> Option<PathBuf> {
    if env::var_os("CARGO_TARGET_TMPDIR").is_some() || is_doctest() {
        return None;
    }
    // The folder of a package may be relative to the one in which rustc runs; the items that name the
    // file are not.
    of(&path::absolute(env::var_os("CARGO_MANIFEST_DIR")?).ok()?)
}

/// Whether rustdoc compiles an example in documentation: it says so to rustc, or has it read a file
/// with many of them.
fn is_doctest() -> bool {
    let is_bundle = |argument| is_bundle(Path::new(&argument));
    env::var_os("UNSTABLE_RUSTDOC_TEST_PATH").is_some() || env::args_os().any(is_bundle)
}

/// Whether it is `…/rustdoctestAbc123/doctest_bundle_2024.rs`.
fn is_bundle(argument: &Path) -> bool {
    let starts = |name: Option<&OsStr>, with: &str| {
        name.and_then(OsStr::to_str)
            .is_some_and(|name| name.starts_with(with))
    };
    let folder = argument.parent().and_then(Path::file_name);
    starts(argument.file_name(), "doctest_bundle") && starts(folder, "rustdoctest")
}

fn of(package: &Path) -> Option<PathBuf> {
    let mut markers = DEPENDENCY.iter();
    if markers.any(|marker| {
        package
            .ancestors()
            .any(|folder| folder.join(marker).exists())
    }) {
        return None;
    }
    for folder in package.ancestors() {
        let file = folder.join(Released::FILE);
        if file.is_file() {
            return Some(file);
        }
        if folder.join("Cargo.lock").exists() {
            break;
        }
    }
    None
}

/// Whether `SAGA_RELEASED=off` turns the comparison off.
pub(super) fn is_off() -> bool {
    env::var_os("SAGA_RELEASED").is_some_and(|it| it == "off")
}

/// The text that was read last, with its file.
static LAST: Mutex<Option<Last>> = Mutex::new(None);

struct Last {
    path: PathBuf,
    modified: SystemTime,
    text: Arc<str>,
}

/// The text of the file. An editor's process lives on while the file changes.
pub(super) fn read(path: &Path) -> io::Result<Arc<str>> {
    let modified = fs::metadata(path)?.modified()?;
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last.as_ref();
    let known = known.filter(|last| last.path == path && last.modified == modified);
    if let Some(known) = known {
        return Ok(Arc::clone(&known.text));
    }
    let text: Arc<str> = fs::read_to_string(path)?.into();
    *last = Some(Last {
        path: path.to_owned(),
        modified,
        text: Arc::clone(&text),
    });
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{is_bundle, of, read};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};
    use std::{fs, process};

    /// A folder for a test, without anything in it.
    fn empty(test: &str) -> PathBuf {
        let name = format!("saga-released-{test}-{}", process::id());
        let folder = std::env::temp_dir().join(name);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("crates/trip")).unwrap();
        folder
    }

    #[test]
    fn it_is_in_the_folder_of_the_package_or_above_up_to_the_lock() {
        let root = empty("places");
        let package = root.join("crates/trip");
        let touch = |path: &str| fs::write(root.join(path), "").unwrap();
        touch("sagas.released");
        touch("crates/Cargo.lock");
        assert_eq!(of(&package), None);
        fs::rename(root.join("crates/Cargo.lock"), root.join("Cargo.lock")).unwrap();
        assert_eq!(of(&package), Some(root.join("sagas.released")));
        touch("crates/trip/sagas.released");
        assert_eq!(of(&package), Some(package.join("sagas.released")));
        // Of a repository that cargo has downloaded.
        touch(".cargo-ok");
        assert_eq!(of(&package), None);
        fs::remove_file(root.join(".cargo-ok")).unwrap();
        touch("crates/trip/.cargo-checksum.json");
        assert_eq!(of(&package), None);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn rustdoc_names_the_files_of_many_examples() {
        let bundle = |path| is_bundle(Path::new(path));
        assert!(bundle("/tmp/rustdoctestUcyjJg/doctest_bundle_2024.rs"));
        assert!(!bundle("/home/me/project/doctest_bundle_2024.rs"));
        assert!(!bundle("/tmp/rustdoctestUcyjJg/lib.rs") && !bundle("-"));
    }

    #[test]
    fn it_is_read_again_when_it_has_changed() {
        let root = empty("changes");
        let path = root.join("sagas.released");
        let written = |text: &str, seconds| {
            fs::write(&path, text).unwrap();
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(modified).unwrap();
            read(&path).unwrap()
        };
        assert_eq!(&*written("one", 1), "one");
        assert_eq!(&*written("two", 1), "one");
        assert_eq!(&*written("three", 2), "three");
        fs::remove_dir_all(&root).unwrap();
        assert!(read(&path).is_err());
    }
}
