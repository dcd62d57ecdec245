//! The names in a definition that was read. An earlier version of this library recorded the leading
//! `_` of a name, too, and made keys with it.

use super::places::Places;
use crate::{
    definition::{Call, Child, Definition, Items, Rare, Step},
    names::bare,
    reference::Ref,
    text::{List, Text},
};

impl Definition {
    /// Removes the leading `_` of all names that are not in a step.
    pub(super) fn bare_names(&mut self) {
        for field in [&mut self.inputs, &mut self.services] {
            field
                .to_mut()
                .iter_mut()
                .for_each(|field| one(&mut field.name));
        }
        let conditions = self.conditions.to_mut().iter_mut();
        conditions.for_each(|condition| all(&mut condition.reads));
        let events = self.events.to_mut().iter_mut();
        events.for_each(|emit| all(&mut emit.reads));
        self.publish
            .iter_mut()
            .chain(&mut self.finally)
            .for_each(call);
    }
}

impl Step {
    /// Removes the leading `_` of the step's name, and of the names that it reads.
    pub(super) fn bare_names(&mut self, places: &Places) {
        let name = bare(&self.name);
        // Two steps are two steps.
        if *name != *self.name && !places.have(name) {
            self.underscored = true;
            one(&mut self.name);
        }
        all(&mut self.reads);
        if let Some(declared) = self.compensation.declared_mut() {
            call(declared);
        }
        self.resolve.iter_mut().for_each(|resolve| call(resolve));
        // A plain one is one of the program, and has no names.
        if let Ref::Owned(rare) = &mut self.rare {
            rare.bare_names();
        }
    }

    /// The name under which earlier versions recorded the step, if this definition is one of theirs;
    /// or its name.
    pub(super) fn written_name(&self) -> Text {
        if self.underscored {
            return format!("_{}", self.name).into();
        }
        self.name.clone()
    }
}

impl Rare {
    fn bare_names(&mut self) {
        self.ident
            .iter_mut()
            .chain(&mut self.keyed_by)
            .for_each(one);
        self.when.iter_mut().for_each(all);
        self.fallback.iter_mut().for_each(|fallback| call(fallback));
        if let Some(Items {
            item, reads, when, ..
        }) = &mut self.items
        {
            one(item);
            all(reads);
            when.iter_mut().for_each(all);
        }
        if let Some(Child {
            services, given, ..
        }) = &mut self.child
        {
            all(services);
            for given in given.to_mut() {
                one(&mut given.name);
                all(&mut given.reads);
            }
        }
    }
}

fn call(call: &mut Call) {
    all(&mut call.reads);
    call.keyed_by.iter_mut().for_each(one);
}

fn all(names: &mut List<Text>) {
    names.to_mut().iter_mut().for_each(one);
}

fn one(name: &mut Text) {
    let without = bare(name);
    if *without != **name {
        *name = without.to_owned().into();
    }
}

#[cfg(test)]
mod tests {
    use std::mem;

    use crate::definition::Definition;

    /// A definition of an earlier version of this library, for a program in which many names have a
    /// leading `_`, and the same as it is read.
    const UNDERSCORED: &str = concat!(
        r#"{"name":"_Buy","inputs":[{"name":"_order","type":"u8"}],"services":[{"name":"_shop","type":"Shop"}],"#,
        r#""output":"()","error":"E","steps":["#,
        r#"{"name":"_seat","kind":"step","effect":"u8","block":"_seat","reads":["_order"],"#,
        r#""compensate":{"reads":["_shop","_seat"],"by_key":true,"keyed_by":"_order"},"idempotent":true,"#,
        r#""keyed_by":"_order","line":1},"#,
        r#"{"name":"tie","ident":"_bow","kind":"step","effect":"u8","block":"_seat","#,
        r#""resolve":{"reads":["_shop"]},"fallback":{"reads":["_order"]},"stands_on":["_seat"],"#,
        r#""awaits":["_seat"],"child":{"saga":{"name":"Wrap","inputs":[{"name":"_size","type":"u8"}],"#,
        r#""services":[],"output":"()","error":"E","steps":[{"name":"_paper","kind":"step","effect":"()","#,
        r#""line":4}],"file":"","line":3}"#,
        r#","with":["_shop"],"given":[{"name":"_size","reads":["_order"]}]},"line":2},"#,
        r#"{"name":"_sent","kind":"step","effect":"u8","when":["_bow"],"for":{"item":"_line","#,
        r#""type":"u8","reads":["_seat"],"when":["_bow"],"each":{"name":"_sent","kind":"step","#,
        r#""effect":"u8","reads":["_line"],"line":5}},"line":5}],"#,
        r#""conditions":[{"first":"_sent","last":"_sent","reads":["_bow"],"line":5}],"#,
        r#""events":[{"behind":"_sent","reads":["_sent"],"line":6}],"publish":{"reads":["_shop"]},"#,
        r#""finally":{"reads":["_shop"]},"file":"src/buy.rs","line":1}"#,
    );

    #[test]
    fn a_leading_underscore_is_no_part_of_a_name_but_of_an_old_key() {
        let old = Definition::from_json(UNDERSCORED).unwrap();
        let new = UNDERSCORED.replace(r#""_"#, r#"""#);
        let new = Definition::from_json(&new.replace("Buy", "_Buy")).unwrap();
        let mut same = old.clone();
        for step in same.steps.to_mut() {
            let rare = &mut *step.rare;
            let each = rare.items.iter_mut().map(|items| &mut items.each);
            let child = rare.child.iter_mut().map(|child| &mut child.definition);
            for part in each.chain(child) {
                let mut definition = (**part).clone();
                let last = definition.steps.to_mut().last_mut().unwrap();
                assert!(mem::take(&mut last.underscored), "{}", last.name);
                *part = definition.into();
            }
            assert_eq!(mem::take(&mut step.underscored), step.name != "tie");
        }
        assert_eq!(same, new);
        assert_eq!(old.shape(), same.shape());
        assert_ne!(old.fingerprint(), same.fingerprint());
        // What is written again has the names of its steps, by which its journal and its keys have them.
        let written = old.to_json();
        assert_eq!(Definition::from_json(&written).unwrap(), old);
        for name in ["_seat", "_paper", "_sent"] {
            let name = format!(r#""name":"{name}""#);
            let [was, is] = [UNDERSCORED, &written].map(|json| json.matches(&name).count());
            assert_eq!(was, is, "{name}");
        }
    }

    #[test]
    fn two_steps_that_earlier_versions_told_apart_stay_two() {
        let names = |first: &str, second: &str| {
            let [first, second] = [first, second]
                .map(|name| format!(r#"{{"name":"{name}","kind":"read","effect":"()","line":1}}"#));
            let json = format!(
                r#"{{"name":"Buy","inputs":[],"services":[],"output":"()","error":"E","steps":[{first},{second}],"file":"","line":1}}"#,
            );
            let definition = Definition::from_json(&json).unwrap();
            assert_eq!(definition.to_json(), json);
            [0, 1].map(|step| definition.steps[step].name.to_string())
        };
        assert_eq!(names("_note", "note"), ["_note", "note"]);
        assert_eq!(names("note", "_note"), ["note", "_note"]);
        assert_eq!(names("_note", "_mail"), ["note", "mail"]);
    }
}
