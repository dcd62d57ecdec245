//! Checks that a committed picture of a saga is up to date.

use std::{env, fs, io, path::Path};

use crate::definition::Definition;

/// If this variable is `overwrite`, [`diagram_matches`] writes the file.
const VARIABLE: &str = "SAGA_DIAGRAM";

/// Checks that a file is the current picture of a saga. A relative `path` starts at the folder in
/// which the test runs, which with cargo is the folder of the package.
///
/// The extension sets the format: `.svg`; `.mmd` or `.mermaid`; `.md`, the table of
/// steps. Line endings make no difference. With `SAGA_DIAGRAM=overwrite` in the environment, the
/// file is written instead if it differs or is missing.
///
/// ```no_run
/// # typed_saga::saga! {
/// #     saga BookTrip(days: u8) -> Result<u8, ()> { read rates(days) -> u8 { Ok(*days) } rates }
/// # }
/// typed_saga::testing::diagram_matches("docs/book_trip.svg", &BookTrip::DEFINITION);
/// ```
///
/// # Panics
/// If the file differs, is missing, cannot be read or written, or its extension is unknown. The
/// message shows the difference, and how to write the file.
#[track_caller]
pub fn diagram_matches(path: impl AsRef<Path>, definition: &Definition) {
    let overwrite = env::var_os(VARIABLE).is_some_and(|value| value == "overwrite");
    if let Err(message) = check(path.as_ref(), definition, overwrite) {
        panic!("{message}");
    }
}

fn check(path: &Path, definition: &Definition, overwrite: bool) -> Result<(), String> {
    let name = path.display();
    let drawn = drawn(path, definition)?;
    let kept = match fs::read_to_string(path) {
        Ok(kept) => Some(kept.replace("\r\n", "\n")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("cannot read `{name}`: {error}")),
    };
    if kept.as_ref() == Some(&drawn) {
        return Ok(());
    }
    if overwrite {
        return fs::write(path, drawn).map_err(|error| format!("cannot write `{name}`: {error}"));
    }
    let what = match kept {
        None => format!("there is no file `{name}`"),
        Some(kept) => {
            let saga = &definition.name;
            let difference = difference(&kept, &drawn);
            format!("`{name}` is not the picture of `{saga}` any more: {difference}")
        }
    };
    Err(format!(
        "{what}\n\nhelp: run this test with `{VARIABLE}=overwrite` in the environment, look at the \
         file, and commit it"
    ))
}

fn drawn(path: &Path, definition: &Definition) -> Result<String, String> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("svg") => Ok(definition.to_svg()),
        Some("mmd" | "mermaid") => Ok(definition.to_mermaid()),
        Some("md") => Ok(definition.to_table()),
        _ => Err(format!(
            "the name of `{}` does not say what it is: it may end in .svg, .mmd, .mermaid or .md",
            path.display()
        )),
    }
}

/// The first lines that differ.
fn difference(kept: &str, drawn: &str) -> String {
    let (mut kept, mut drawn) = (kept.lines(), drawn.lines());
    for number in 1.. {
        let lines = (kept.next(), drawn.next());
        if lines == (None, None) {
            break;
        }
        if lines.0 != lines.1 {
            let [kept, drawn] = [lines.0, lines.1].map(|line| line.unwrap_or("(its end)").trim());
            return format!("in line {number}\n  the file has  {kept}\n  the saga has  {drawn}");
        }
    }
    "its last line ends otherwise".to_owned()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::definition::Definition;
    use std::{fs, path::PathBuf};

    fn definition(name: &'static str) -> Definition {
        Definition {
            name: name.into(),
            output: "()".into(),
            error: "()".into(),
            ..Definition::EMPTY
        }
    }

    /// A file that does not exist yet, in a folder that does.
    fn file(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("saga-diagram-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    #[test]
    fn a_missing_file_is_made_on_request() {
        let path = file("missing.svg");
        let error = check(&path, &definition("Trip"), false).unwrap_err();
        assert!(error.starts_with("there is no file `"), "{error}");
        assert!(error.contains("SAGA_DIAGRAM=overwrite"), "{error}");
        check(&path, &definition("Trip"), true).unwrap();
        check(&path, &definition("Trip"), false).unwrap();
    }

    #[test]
    fn what_differs_is_said_by_line() {
        let path = file("differs.mmd");
        check(&path, &definition("Trip"), true).unwrap();
        let error = check(&path, &definition("Ride"), false).unwrap_err();
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(
            lines[0],
            format!(
                "`{}` is not the picture of `Ride` any more: in line 2",
                path.display()
            )
        );
        assert_eq!(lines[1], "  the file has  accTitle: saga Trip");
        assert_eq!(lines[2], "  the saga has  accTitle: saga Ride");
        check(&path, &definition("Ride"), true).unwrap();
        check(&path, &definition("Ride"), false).unwrap();
    }

    #[test]
    fn a_file_that_ends_early_differs() {
        let path = file("short.mmd");
        fs::write(&path, "flowchart TD\n").unwrap();
        let error = check(&path, &definition("Trip"), false).unwrap_err();
        assert!(error.contains("in line 2\n  the file has  (its end)"));
    }

    #[test]
    fn how_lines_end_makes_no_difference() {
        let path = file("lines.mermaid");
        let drawn = definition("Trip").to_mermaid().replace('\n', "\r\n");
        fs::write(&path, drawn).unwrap();
        check(&path, &definition("Trip"), false).unwrap();
    }

    #[test]
    fn a_name_says_what_a_file_is() {
        let error = check(&file("trip.png"), &definition("Trip"), true).unwrap_err();
        assert!(error.contains("it may end in .svg"), "{error}");
    }
}
