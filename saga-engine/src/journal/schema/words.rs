//! Parts of what is said of a difference.

use saga_core::definition::Text;

pub(super) fn saga(name: Option<&Text>) -> String {
    name.map_or_else(|| "no saga".to_owned(), |name| format!("the saga `{name}`"))
}

pub(super) fn looped(item: Option<&Text>) -> String {
    match item {
        None => "no loop".to_owned(),
        Some(ty) => format!("a loop over `{ty}`"),
    }
}

pub(super) fn beside(step: &Text, block: &[Text]) -> String {
    let others: Vec<_> = block.iter().filter(|each| *each != step).cloned().collect();
    if others.is_empty() {
        return "in no block".to_owned();
    }
    format!("in a block with {}", list(&others))
}

pub(super) fn governed(step: &Text, block: &[Text]) -> String {
    let others: Vec<_> = block.iter().filter(|each| *each != step).cloned().collect();
    match block {
        [] => "in no `when` block".to_owned(),
        [_] => "alone in a `when` block".to_owned(),
        _ => format!("in a `when` block with {}", list(&others)),
    }
}

pub(super) fn list(names: &[Text]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
