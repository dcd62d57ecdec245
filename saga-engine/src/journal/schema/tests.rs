use typed_saga_core::definition::{Definition, DefinitionRef, Difference, Touched};

mod changed;
mod difference;
mod from_here;
mod json;
mod random;
mod refused;
mod version;

/// The definition under which a saga without early signals continues.
fn derived(
    old: &Definition,
    new: &'static Definition,
    touched: Touched<'_>,
) -> Result<DefinitionRef, Difference> {
    super::version::derived((old, new), touched, touched)
}
