//! The definition under which a saga continues.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::record::{Record, RecordKind},
    journal::schema,
    runtime::promised,
    runtime::recorded::{Recorded, Version},
    store::{DefinitionRow, Row, Time},
};
use std::sync::Arc;
use typed_saga_core::definition::DefinitionRef;

/// How a saga continues.
pub(crate) struct Continuation {
    /// The definition under which it continues.
    pub(crate) definition: DefinitionRef,
    /// Set if that, or the deadline, is another one than the one with which the saga was run.
    pub(crate) redefined: Option<Redefined>,
    /// The saga at the end of its records, under that definition.
    pub(crate) folded: Folded,
}

/// The change of a saga's definition, recorded with the first commit under the new one.
pub(crate) struct Redefined {
    pub(crate) fingerprint: u64,
    pub(crate) record: Record,
    definition: DefinitionRef,
}

impl Continuation {
    /// The saga of this row, which continues at `now`.
    pub(crate) fn of(
        version: Version,
        (recorded, row): (&Recorded, &Row),
        now: Time,
    ) -> Result<Self, Unreadable> {
        let before = recorded.folded()?;
        // The fingerprint of a large declaration takes longer to compute than all else here.
        let (definition, fingerprint, mut folded) = if version.is(row.fingerprint) {
            (version.definition.into(), row.fingerprint, before)
        } else {
            let definition = schema::continued(&before, version.definition);
            let definition = definition.map_err(Unreadable::Changed)?;
            let under = before.under(definition.clone());
            if let Some(skipped) = under.unasked() {
                return Err(Unreadable::Changed(skipped));
            }
            let fingerprint = definition.fingerprint();
            (definition, fingerprint, under)
        };
        let deadline = promised::moved(&folded, &definition, now);
        folded.deadline = deadline.or(folded.deadline);
        let is_changed = fingerprint != row.fingerprint || deadline.is_some();
        Ok(Self {
            redefined: is_changed.then(|| Redefined {
                record: Record {
                    definition: Some(fingerprint),
                    from_here: true,
                    deadline,
                    ..Record::new(RecordKind::Redefined)
                },
                fingerprint,
                definition: definition.clone(),
            }),
            definition,
            folded,
        })
    }
}

impl Redefined {
    /// The definition as it is stored.
    pub(crate) fn json(&self) -> String {
        self.definition.to_json()
    }

    /// The definition to store, unless it is one that the program declares, which is stored already.
    pub(crate) fn to_store(&self, saga: &Arc<str>) -> Option<DefinitionRow> {
        let derived = matches!(self.definition, DefinitionRef::Shared(_));
        derived.then(|| DefinitionRow {
            saga: Arc::clone(saga),
            fingerprint: self.fingerprint,
            json: self.json(),
        })
    }
}
