//! A test of `sagas.released`, which can also write the file where no journal is available.

use crate::time::Time;
use std::{env, fs, io, path::PathBuf, time::SystemTime};
use typed_saga_core::definition::{Definition, Released, differences, output_differs};

/// The durable sagas of a program, and its file of released versions. A test compares the two:
///
/// ```
/// # use typed_saga_core::definition::Definition;
/// # use typed_saga_engine::Versions;
/// // `book_trip` is `&BookTrip::DEFINITION`, of a durable saga that the program declares.
/// fn what_is_in_flight_can_continue(book_trip: &'static Definition) {
///     Versions::of([book_trip]).in_file("sagas.released").assert();
/// }
/// ```
///
/// With `SAGA_RELEASED=write` in the environment, the test adds the current versions to the file.
/// Do that where you deploy, not on a branch.
#[derive(Clone, Debug)]
#[must_use = "nothing is compared without `assert`"]
pub struct Versions {
    sagas: Vec<&'static Definition>,
    file: PathBuf,
}

impl Versions {
    /// All durable sagas of the program: `[&BookTrip::DEFINITION, …]`.
    pub fn of(sagas: impl IntoIterator<Item = &'static Definition>) -> Self {
        Self {
            sagas: sagas.into_iter().collect(),
            file: Released::FILE.into(),
        }
    }

    /// The file; a relative path starts at the package whose test this is.
    pub fn in_file(self, file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        Self { file, ..self }
    }

    /// Compares each version in the file with the current declaration. The compiler does so, too,
    /// but it does not know sagas that were removed, and for a child saga it cannot tell what
    /// changed.
    ///
    /// # Panics
    /// If the file cannot be read or written, has a saga that is not among the durable sagas of the
    /// program, or a version whose runs could not continue everywhere. A missing file has no
    /// versions.
    #[track_caller]
    pub fn assert(self) {
        self.compare(env::var_os("SAGA_RELEASED").is_some_and(|it| it == "write"));
    }

    #[track_caller]
    fn compare(&self, write: bool) {
        let file = self.file.display();
        let mut released = match fs::read_to_string(&self.file) {
            Ok(text) => Released::all(&text, None).unwrap_or_else(|why| panic!("`{file}`, {why}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => panic!("`{file}`: {error}"),
        };
        if write {
            let today = Time::of(SystemTime::now()).date();
            released.extend(self.durable().map(|saga| Released {
                fingerprint: saga.fingerprint(),
                date: today.clone().into(),
                definition: saga.into(),
            }));
            let written = fs::write(&self.file, Released::file(&released));
            written.unwrap_or_else(|error| panic!("`{file}`: {error}"));
        }
        for note in self.notes(&released) {
            println!("{note}");
        }
        let wrong = self.wrong(&released);
        assert!(wrong.is_empty(), "`{file}`:\n  {}", wrong.join("\n  "));
    }

    fn durable(&self) -> impl Iterator<Item = &'static Definition> {
        let sagas = self.sagas.iter().copied();
        sagas.filter(|saga| saga.durable)
    }

    /// What callers may notice, although each saga could continue.
    fn notes(&self, released: &[Released]) -> Vec<String> {
        let note = |version: &Released| {
            let (was, name) = (&version.definition, &version.definition.name);
            let is = self.durable().find(|saga| saga.name == *name)?;
            let (date, fingerprint) = (&version.date, version.fingerprint);
            output_differs(was, is).then(|| {
                format!(
                    "note: `{name}` of {date} ({fingerprint:016x}) returned `{}`, and returns `{}`: a caller that \
                     joins a saga which completed under that version gets `OutputLost` if the new type cannot read \
                     the old JSON",
                    was.output, is.output
                )
            })
        };
        released.iter().filter_map(note).collect()
    }

    fn wrong(&self, released: &[Released]) -> Vec<String> {
        let mut wrong = Vec::new();
        for version in released {
            let (was, name) = (&version.definition, &version.definition.name);
            let Some(is) = self.durable().find(|saga| saga.name == *name) else {
                let gone = format!(
                    "`{name}` is not a durable saga of the program: put it back, put `#[name = \"{name}\"]` on the \
                     saga that it has become, or remove its lines once no run of it is in flight"
                );
                if !wrong.contains(&gone) {
                    wrong.push(gone);
                }
                continue;
            };
            let (fingerprint, date) = (version.fingerprint, &version.date);
            wrong.extend(differences(was, is).iter().map(|difference| {
                format!("`{name}` of {date} ({fingerprint:016x}) could not continue: {difference}")
            }));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;
    use crate::journal::sample::{pivot, saga, step};
    use std::{env, fs, panic, process};
    use typed_saga_core::definition::{Definition, Released};

    fn said(versions: &Versions) -> String {
        let compared = panic::catch_unwind(|| versions.compare(false));
        compared
            .err()
            .map_or_else(String::new, |said| *said.downcast::<String>().unwrap())
    }

    #[test]
    fn it_writes_the_file_and_says_what_could_not_continue() {
        let file = env::temp_dir().join(format!("saga-versions-{}", process::id()));
        drop(fs::remove_file(&file));
        let of = |saga: &'static Definition| Versions::of([saga]).in_file(&file);
        let first = of(saga([step("hotel"), pivot("charge")]));
        assert_eq!(said(&first), "", "no file has no versions");
        first.compare(true);
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with(r#"{"saga":"BookTrip","released":"2"#),
            "{text}"
        );
        first.compare(true);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            text,
            "each version is there once"
        );

        assert_eq!(
            said(&of(saga([step("hotel"), pivot("charge"), step("mail")]))),
            ""
        );
        let changed = said(&of(saga([step("hotel"), step("car"), pivot("charge")])));
        let why =
            "could not continue: step `car` is new before `charge`, which the saga has come to";
        assert!(changed.ends_with(why), "{changed}");
        let other = Definition {
            output: "Receipt".into(),
            ..saga([step("hotel"), pivot("charge")]).clone()
        };
        let other = of(Box::leak(Box::new(other)));
        assert_eq!(said(&other), "", "another output prevents nothing");
        let written = fs::read_to_string(&file).unwrap();
        let notes = other.notes(&Released::all(&written, None).unwrap());
        let note = "returned `_`, and returns `Receipt`: a caller that joins";
        assert!(notes.len() == 1 && notes[0].contains(note), "{notes:?}");
        assert_eq!(
            first.notes(&Released::all(&written, None).unwrap()),
            [""; 0]
        );
        let gone = said(&Versions::of([]).in_file(&file));
        assert!(
            gone.contains("`BookTrip` is not a durable saga of the program"),
            "{gone}"
        );
        fs::write(&file, "<<<<<<< HEAD\n").unwrap();
        let torn = said(&first);
        assert!(torn.contains(", line 1: not a definition"), "{torn}");
        fs::remove_file(&file).unwrap();
    }
}
