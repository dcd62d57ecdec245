//! Names in a sentence.

/// `a, b and c`; if there are many, only the first ones.
pub(super) fn listed<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<_> = all
        .into_iter()
        .map(|it| format!("`{}`", it.as_ref()))
        .collect();
    match &*all {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] if all.len() <= 4 => format!("{} and {last}", some.join(", ")),
        [some @ .., _] => {
            let others = all.len() - 3;
            format!("{} and {others} others", some[..3].join(", "))
        }
    }
}
