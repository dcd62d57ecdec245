//! `sagas.released`: the versions of durable sagas that may be in flight, one in each line.
//!
//! A line begins with the recorded name of its saga, so that the lines of one saga are found
//! without parsing the others. The date follows, so that sorting the lines as text sorts them by
//! release. Two branches that add lines merge by `merge=union`.
//!
//! A definition contains only what may not change while runs are in flight. So versions that differ
//! in nothing else have the same text, which is parsed once: the macro reads the file whenever a
//! saga is compiled, and the macro itself is usually compiled without optimisation.

use std::{collections::BTreeSet, error, fmt};

use serde_json::Value;

use super::{
    error::SchemaError,
    form::{At, Form, push},
    object::Reader,
    places::{Places, inconsistent},
    text,
};
use crate::{
    definition::{Definition, DefinitionRef},
    text::Text,
};

/// A version of a saga that may be in flight: a line of `sagas.released`.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    /// The fingerprint under which journals store the version.
    pub fingerprint: u64,
    /// The date on which the version was added to the file, as `2026-11-01`.
    pub date: Text,
    /// The definition. If it was read from a file, it has only what may not change while runs are
    /// in flight: no reads, policies, promises, files or lines. Versions of one file that differ
    /// only in these share it.
    pub definition: DefinitionRef,
}

/// A line of `sagas.released` that cannot be read.
#[derive(Debug)]
pub struct LineError {
    /// The number of the line, from 1.
    pub line: usize,
    /// The reason.
    pub why: SchemaError,
}

impl Released {
    /// The name of the file.
    pub const FILE: &str = "sagas.released";

    /// The versions in the text of a file: of all sagas, or of the one with this recorded name.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read. Lines of other sagas are not read.
    pub fn all<'a>(text: &'a str, of: Option<&str>) -> Result<Vec<Self>, LineError> {
        let begin = of.map_or_else(String::new, begin);
        let lines = (1..).zip(text.lines());
        let lines = lines.filter(|(_, line)| line.starts_with(&begin) && !line.trim().is_empty());
        let mut known = Vec::new();
        let version = |(number, line): (usize, &'a str)| {
            let (head, text) = line.split_once(DEFINITION).unwrap_or_default();
            if let Some(version) = Self::again(head, text, &known) {
                return Ok(version);
            }
            let version = Self::line(line);
            let version = version.map_err(|why| LineError { line: number, why })?;
            known.push((text, version.definition.clone()));
            Ok(version)
        };
        lines.map(version).collect()
    }

    /// A version whose definition is that of an earlier line.
    fn again(head: &str, definition: &str, known: &[(&str, DefinitionRef)]) -> Option<Self> {
        let mut known = known.iter();
        let (_, definition) = known.find(|(known, _)| *known == definition)?;
        let parts: Vec<_> = head.split('"').collect();
        let [
            _,
            "saga",
            ":",
            saga,
            ",",
            "released",
            ":",
            date,
            ",",
            "fingerprint",
            ":",
            number,
            "",
        ] = parts[..]
        else {
            return None;
        };
        Some(Self {
            fingerprint: u64::from_str_radix(number, 16).ok()?,
            date: date.to_owned().into(),
            definition: definition.clone(),
        })
        .filter(|_| *saga == *definition.name)
    }

    fn line(line: &str) -> Result<Self, SchemaError> {
        let nowhere = Places::of(&[])?;
        let mut from = Reader::of(serde_json::from_str::<Value>(line)?, At::all(&nowhere))?;
        let saga: Text = from.required("saga")?;
        let date = from.required("released")?;
        let fingerprint: Text = from.required("fingerprint")?;
        let definition: Definition = from.required("definition")?;
        from.end()?;
        if saga != definition.name {
            let what = format!(
                "it is of `{saga}`, and its definition of `{}`",
                definition.name
            );
            return Err(inconsistent(what));
        }
        let no_number = |_| inconsistent(format!("`{fingerprint}` is not a fingerprint"));
        Ok(Self {
            fingerprint: u64::from_str_radix(&fingerprint, 16).map_err(no_number)?,
            date,
            definition: definition.into(),
        })
    }

    /// The text of a file with these versions, sorted, without duplicates, each with its first
    /// date.
    ///
    /// # Panics
    ///
    /// If a step of a definition refers to one that does not exist.
    #[must_use]
    pub fn file(versions: &[Self]) -> String {
        let mut versions: Vec<_> = versions.iter().map(|it| (it.to_line(), it)).collect();
        versions.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut known = BTreeSet::new();
        versions.retain(|(_, it)| known.insert((&it.definition.name, it.fingerprint)));
        versions.into_iter().map(|(line, _)| line + "\n").collect()
    }

    fn to_line(&self) -> String {
        let Self {
            fingerprint,
            date,
            definition,
        } = self;
        let form = Form {
            fixed: true,
            ..Form::of(&definition.steps)
        };
        let mut line = begin(&definition.name) + r#""released":"#;
        push(&mut line, &**date);
        line += r#","fingerprint":"#;
        push(&mut line, format!("{fingerprint:016x}"));
        line + DEFINITION + &text(definition, form) + "}"
    }
}

/// The text before the definition.
const DEFINITION: &str = r#","definition":"#;

/// The text at the start of each line of a saga.
fn begin(saga: &str) -> String {
    let mut begin = r#"{"saga":"#.to_owned();
    push(&mut begin, saga);
    begin.push(',');
    begin
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl error::Error for LineError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::Released;
    use crate::{
        definition::{Condition, Definition, DefinitionRef, Step},
        policy::{Backoff, Limit, Retry},
    };
    use std::sync::Arc;

    fn version(saga: &'static str, steps: &[&'static str], date: &'static str) -> Released {
        let step = |name: &&'static str| Step {
            name: (*name).into(),
            condition: Some(0),
            line: 8,
            ..Step::PLAIN
        };
        let condition = Condition {
            len: u16::try_from(steps.len()).unwrap(),
            line: 7,
            ..Condition::PLAIN
        };
        let definition = Definition {
            name: saga.into(),
            steps: steps.iter().map(step).collect(),
            conditions: [condition].into_iter().collect(),
            file: "src/trip.rs".into(),
            line: 6,
            ..Definition::EMPTY
        };
        Released {
            fingerprint: definition.fingerprint(),
            date: date.into(),
            definition: definition.into(),
        }
    }

    #[test]
    fn a_line_has_no_places() {
        let version = version("BookTrip", &["hotel"], "2026-11-01");
        let line = concat!(
            r#"{"saga":"BookTrip","released":"2026-11-01","fingerprint":"89f048a81fcf11c2","#,
            r#""definition":{"name":"BookTrip","inputs":[],"services":[],"output":"","error":"","#,
            r#""steps":[{"name":"hotel","kind":"step","effect":"()"}],"#,
            r#""conditions":[{"first":"hotel","last":"hotel"}]}}"#,
            "\n"
        );
        assert_eq!(Released::file(std::slice::from_ref(&version)), line);
        let read = Released::all(line, None).unwrap();
        assert_eq!(read[0].fingerprint, version.fingerprint);
        assert_eq!(read[0].definition.fingerprint(), version.fingerprint);
        assert_eq!(Released::file(&read), line);
    }

    #[test]
    fn lines_are_sorted_and_each_version_is_there_once() {
        let versions = [
            version("Tour", &["bus"], "2026-11-01"),
            version("BookTrip", &["hotel", "car"], "2026-11-09"),
            version("BookTrip", &["hotel"], "2026-11-12"),
            version("BookTrip", &["hotel"], "2026-11-01"),
        ];
        let file = Released::file(&versions);
        let read = Released::all(&file, None).unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|it| (&*it.definition.name, &*it.date))
            .collect();
        let expected = [
            ("BookTrip", "2026-11-01"),
            ("BookTrip", "2026-11-09"),
            ("Tour", "2026-11-01"),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn versions_that_are_alike_share_a_definition() {
        let tried = |date, attempts| {
            let mut version = version("BookTrip", &["hotel"], date);
            let mut definition = (*version.definition).clone();
            definition.steps.to_mut()[0].retry = Some(Retry {
                limit: Limit::Times(attempts),
                backoff: Backoff::DEFAULT.into(),
            });
            version.fingerprint = definition.fingerprint();
            version.definition = definition.into();
            version
        };
        let versions = [tried("2026-11-01", 2), tried("2026-11-02", 3)];
        assert_ne!(versions[0].fingerprint, versions[1].fingerprint);
        let read = Released::all(&Released::file(&versions), None).unwrap();
        let shared = [&read[0], &read[1]].map(|it| match &it.definition {
            DefinitionRef::Shared(definition) => Arc::clone(definition),
            DefinitionRef::Static(_) => panic!("it was read"),
        });
        assert!(Arc::ptr_eq(&shared[0], &shared[1]));
        for (read, was) in read.iter().zip(versions) {
            assert_eq!((read.fingerprint, &read.date), (was.fingerprint, &was.date));
        }
    }

    #[test]
    fn of_the_lines_of_other_sagas_nothing_is_read() {
        let file = Released::file(&[
            version("Book", &["bus"], "2026-11-01"),
            version("BookTrip", &["hotel"], "2026-11-01"),
        ]);
        let file = file.replace(r#"{"saga":"Book","#, r#"{"saga":"Book",?"#) + "\n<<<<<<<\n";
        assert_eq!(Released::all(&file, Some("BookTrip")).unwrap().len(), 1);
        assert_eq!(Released::all(&file, Some("Boo")).unwrap(), []);
        let error = Released::all(&file, Some("Book")).unwrap_err();
        assert_eq!(error.line, 1);
        let error = Released::all(&file.replace('?', ""), None).unwrap_err();
        let said = "line 4: not a definition that this version can read: expected value at line 1 column 1";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn a_line_that_contradicts_itself_is_an_error() {
        let good = Released::file(&[version("BookTrip", &["hotel"], "2026-11-01")]);
        for (was, is) in [
            (r#""name":"BookTrip""#, r#""name":"Tour""#),
            (r#""fingerprint":"#, r#""fingerprint":"x","was":"#),
            (r#""released":"2026-11-01","#, ""),
            (r#""name":"hotel","#, ""),
            ("}}\n", "}"),
        ] {
            let wrong = good.replace(was, is);
            assert_ne!(wrong, good);
            assert!(Released::all(&wrong, None).is_err(), "{wrong}");
        }
    }
}
