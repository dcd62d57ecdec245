use saga_core::definition::{Definition, DefinitionRef, Difference, Touched};

mod changed;
mod difference;
mod json;
mod random;
mod refused;
mod version;

/// The definition by which a saga without early signals continues.
fn continued(
    old: &Definition,
    new: &'static Definition,
    touched: Touched<'_>,
) -> Result<DefinitionRef, Difference> {
    super::version::continued(old, new, touched, touched)
}
