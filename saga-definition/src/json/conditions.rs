//! The JSON of `when` blocks: where they are, and which arm of their `when`.

use serde_json::Value;

use super::{
    error::SchemaError,
    form::{At, Form, Json},
    object::{Reader, Writer},
    places::inconsistent,
};
use crate::definition::{Arm, Condition};

/// As its first and its last step; an `else` without steps is right after the arm before it.
impl Json for Condition {
    fn write(&self, to: &mut String, form: Form<'_>) {
        Writer::object(to, form, |to| {
            if self.len > 0 {
                to.entry("first", &self.first);
                to.entry("last", &(self.first + self.len - 1));
            }
            self.fields(to);
        });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let mut from = Reader::of(value, at)?;
        let mut condition = Self::PLAIN;
        let ends = (from.optional("first")?, from.optional::<u16>("last")?);
        if let (Some(first), Some(last)) = ends {
            condition.first = first;
            condition.len = (last + 1).saturating_sub(first);
        }
        condition.fields_mut(&mut from);
        from.end()?;
        if condition.len == 0 && (condition.arm != Arm::Else || ends != (None, None)) {
            let what = "a `when` block ends before it starts".to_owned();
            return Err(inconsistent(what));
        }
        Ok(condition)
    }
}

/// Checks that each arm of a `when` follows the one before it, and places an `else` without steps.
pub(super) fn follow(conditions: &mut [Condition]) -> Result<(), SchemaError> {
    // The arm before, and the index of the step after it.
    let mut before: Option<(Arm, u16)> = None;
    for condition in conditions {
        if condition.len == 0 {
            condition.first = before.map_or(0, |(_, end)| end);
        }
        let follows = match condition.arm {
            Arm::When => true,
            Arm::ElseWhen | Arm::Else => {
                before.is_some_and(|(arm, end)| arm != Arm::Else && condition.first == end)
            }
        };
        if !follows {
            let what = format!("an `{}` follows no `when`", condition.arm.words());
            return Err(inconsistent(what));
        }
        before = Some((condition.arm, condition.first + condition.len));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::definition::Definition;

    /// A `when` with three arms, the last without steps, and a block alone.
    const ARMS: &str = concat!(
        r#"{"name":"Wrap","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
        r#"{"name":"goods","kind":"read","effect":"u8","line":1},"#,
        r#"{"name":"paper","kind":"read","effect":"u8","line":3},"#,
        r#"{"name":"ribbon","kind":"read","effect":"u8","line":5},"#,
        r#"{"name":"bow","kind":"read","effect":"u8","line":9}],"#,
        r#""conditions":[{"first":"paper","last":"paper","reads":["goods"],"line":2},"#,
        r#"{"first":"ribbon","last":"ribbon","arm":"else when","reads":["goods"],"line":4},"#,
        r#"{"arm":"else","line":6},{"first":"bow","last":"bow","line":8}],"emits":"u8","#,
        r#""events":[{"behind":"ribbon","block":2,"line":7}],"file":"src/wrap.rs","line":1}"#,
    );

    #[test]
    fn arms_follow_each_other() {
        let definition = Definition::from_json(ARMS).unwrap();
        assert_eq!(definition.to_json(), ARMS);
        let arms = definition.conditions.iter();
        let arms: Vec<_> = arms.map(|arm| (arm.first, arm.len)).collect();
        assert_eq!(arms, [(1, 1), (2, 1), (3, 0), (3, 1)]);
        let alone = ARMS.replace(r#""arm":"else when","#, "");
        let alone = Definition::from_json(&alone).unwrap();
        assert_ne!(alone.fingerprint(), definition.fingerprint());
        assert_ne!(alone.shape(), definition.shape());
        for (was, is) in [
            (
                r#""last":"paper","reads""#,
                r#""last":"paper","arm":"else","reads""#,
            ),
            (r#"{"arm":"else","#, "{"),
            (r#"{"arm":"else","#, r#"{"first":"bow","arm":"else","#),
            (r#"{"arm":"else","#, r#"{"arm":"else when","#),
            (r#""arm":"else when""#, r#""arm":"else""#),
            (r#""arm":"else when""#, r#""arm":"elsewhen""#),
            (r#""last":"bow","#, r#""last":"bow","arm":"else","#),
            (
                r#"{"first":"ribbon","last":"ribbon","#,
                r#"{"first":"bow","last":"bow","#,
            ),
        ] {
            let wrong = ARMS.replace(was, is);
            assert!(Definition::from_json(&wrong).is_err(), "{wrong}");
        }
    }
}
