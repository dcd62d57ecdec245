//! What inputs, services and effects must be, said once and at the user's own type.

/// What a saga holds: it runs on any thread, and its steps share what they read. Implemented by
/// everything that is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps"
)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}
