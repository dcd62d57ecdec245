//! What the handlers of one saga share.

use typed_saga::{
    engine::{SagaId, for_logs::Solo},
    runtime::Durable,
};

/// What the handlers share.
pub(crate) struct Flow<S> {
    pub(crate) solo: Solo<S>,
    pub(crate) watched: bool,
}

impl<S: Durable> Flow<S> {
    pub(crate) fn saga(key: &str) -> SagaId {
        SagaId::new(&*S::DEFINITION.name, key)
    }
}
