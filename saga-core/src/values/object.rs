//! A JSON object whose fields are each encoded by their own codec: the inputs of a durable saga by
//! name, or its effects by step.
//!
//! Fields stay raw text until their codec reads them, so no value is converted on the way.

use crate::values::{
    codec::{Codec, Encoded},
    entries::entries,
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An object that was read, as a list of its fields.
pub struct Object<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Object<'j> {
    /// Returns an object of these fields as JSON. A field without a value is omitted.
    ///
    /// # Errors
    /// Which field cannot be encoded, and why.
    pub fn write<const N: usize>(
        mut fields: [(&str, Option<Result<String, String>>); N],
    ) -> Result<String, String> {
        written(&mut fields)
    }

    /// Reads an object whose fields must all be in `names`, each at most once.
    ///
    /// # Errors
    /// Which field is not in `names`, or is repeated; or why `json` is not an object.
    pub fn read(json: &'j str, names: &[&str]) -> Result<Self, String> {
        let object: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        for (position, (name, _)) in object.0.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                return Err(of_field(name, &no_such_field(names)));
            }
            if object.0[..position].iter().any(|(other, _)| other == name) {
                return Err(of_field(name, "this field is there twice"));
            }
        }
        Ok(object)
    }

    /// The names of the fields in which two objects differ. Fields whose texts differ are compared by
    /// `same`, which is given the name of the field and both values.
    ///
    /// # Errors
    /// Why one of them is not an object.
    #[inline(never)]
    pub fn differing(
        one: &'j str,
        other: &'j str,
        same: fn(&str, &str, &str) -> bool,
    ) -> Result<Vec<String>, serde_json::Error> {
        let (Self(one), Self(other)) = (serde_json::from_str(one)?, serde_json::from_str(other)?);
        let differs = |(name, value): &&(String, &RawValue)| {
            let other = other.iter().find(|(other, _)| other == name);
            other.is_none_or(|(_, other)| {
                let (one, other) = (value.get(), other.get());
                one != other && !same(name, one, other)
            })
        };
        let is_missing =
            |(name, _): &&(String, &RawValue)| one.iter().all(|(other, _)| other != name);
        let fields = one.iter().filter(differs);
        let fields = fields.chain(other.iter().filter(is_missing));
        Ok(fields.map(|(name, _)| name.clone()).collect())
    }

    /// Decodes the value of a field.
    ///
    /// # Errors
    /// If the field is missing, or its value cannot be decoded.
    pub fn field<T>(&self, name: &str, codec: Codec<T>) -> Result<T, String> {
        let Some(json) = self.json(name) else {
            return Err(of_field(name, "this field is missing"));
        };
        let value = codec.decode(json);
        value.map_err(|why| of_field(name, &why))
    }

    /// Decodes the value of a field that may be missing.
    ///
    /// # Errors
    /// Why the value cannot be decoded.
    pub fn optional<T>(&self, name: &str, codec: Codec<T>) -> Result<Option<T>, String> {
        let Some(json) = self.json(name) else {
            return Ok(None);
        };
        let value = codec.decode(json);
        value.map(Some).map_err(|why| of_field(name, &why))
    }

    #[inline(never)]
    fn json(&self, name: &str) -> Option<&'j str> {
        let (_, json) = self.0.iter().find(|(other, _)| other == name)?;
        Some(json.get())
    }
}

/// Takes the values of the fields. Compiled once, whatever their number.
#[inline(never)]
fn written(fields: &mut [(&str, Encoded)]) -> Result<String, String> {
    let mut json = String::from("{");
    for (name, value) in fields {
        let Some(value) = value.take() else { continue };
        let value = value.map_err(|why| of_field(name, &why))?;
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&serde_json::Value::from(*name).to_string());
        json.push(':');
        json.push_str(&value);
    }
    json.push('}');
    Ok(json)
}

#[cold]
#[inline(never)]
fn of_field(name: &str, why: &str) -> String {
    format!("`{name}`: {why}")
}

fn no_such_field(names: &[&str]) -> String {
    if names.is_empty() {
        return "there is no such field, nor any other".to_owned();
    }
    format!("there is no such field, only `{}`", names.join("`, `"))
}

impl<'de: 'j, 'j> Deserialize<'de> for Object<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries(deserializer).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::Object;
    use crate::values::codec::{Codec, codec};

    #[test]
    fn fields_stand_in_their_order_and_the_absent_are_left_out() {
        let fields = [
            ("b", codec::<u8>().encode(&1)),
            ("none", None),
            ("a \"quoted\" name", codec::<Option<u8>>().encode(&None)),
        ];
        let json = Object::write(fields).unwrap();
        assert_eq!(json, r#"{"b":1,"a \"quoted\" name":null}"#);
        let object = Object::read(&json, &["b", "none", "a \"quoted\" name"]).unwrap();
        assert_eq!(object.field("b", codec::<u8>()), Ok(1));
        assert_eq!(object.optional("none", codec::<u8>()), Ok(None));
        let quoted = object.field("a \"quoted\" name", codec::<Option<u8>>());
        assert_eq!(quoted, Ok(None));
    }

    #[test]
    fn values_are_not_converted() {
        let json = r#" { "large" : 340282366920938463463374607431768211455 } "#;
        let object = Object::read(json, &["large"]).unwrap();
        assert_eq!(object.field("large", codec::<u128>()), Ok(u128::MAX));
        let written = Object::write([("large", codec::<u128>().encode(&u128::MAX))]);
        assert_eq!(written.unwrap(), json.replace(' ', ""));
    }

    #[test]
    fn an_object_of_nothing() {
        assert_eq!(Object::write([]).unwrap(), "{}");
        Object::read("{}", &[]).unwrap();
        let error = error(r#"{"a":1}"#, &[]);
        assert_eq!(error, "`a`: there is no such field, nor any other");
    }

    #[test]
    fn errors_name_the_field() {
        let names = ["trip", "nights"];
        let unknown = error(r#"{"trp":1}"#, &names);
        let only = "`trp`: there is no such field, only `trip`, `nights`";
        assert_eq!(unknown, only);
        let twice = error(r#"{"trip":1,"trip":1}"#, &names);
        assert_eq!(twice, "`trip`: this field is there twice");

        let object = Object::read(r#"{"trip":[]}"#, &names).unwrap();
        let missing = object.field("nights", codec::<Option<u8>>()).unwrap_err();
        assert_eq!(missing, "`nights`: this field is missing");
        let wrong = object.field("trip", codec::<u8>()).unwrap_err();
        let expected = "`trip`: invalid type: sequence, expected u8 at line 1 column 0";
        assert_eq!(wrong, expected);

        let unwritable = Codec::<u8>::of(|_, _| Err("no".to_owned()), |_| Ok(0));
        let error = Object::write([("trip", unwritable.encode(&1))]).unwrap_err();
        assert_eq!(error, "`trip`: no");
    }

    #[test]
    fn fields_are_compared_by_name() {
        fn differing(one: &str, other: &str) -> Option<Vec<String>> {
            let differing = Object::differing(one, other, |name, one, other| {
                name == "set" && (one, other) == ("[1,2]", "[2,1]")
            });
            differing.ok()
        }
        for (one, other, names) in [
            (r#"{"a":1,"set":[1,2]}"#, r#"{"set":[2,1],"a":1}"#, &[][..]),
            (
                r#"{"a":1,"set":[1,2]}"#,
                r#"{"a":2,"set":[2,1]}"#,
                &["a"][..],
            ),
            (
                r#"{"a":1,"set":[1,2]}"#,
                r#"{"a":2,"set":[3]}"#,
                &["a", "set"][..],
            ),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#, &["a"][..]),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#, &["b"][..]),
            (r#"{"a":1,"b":1}"#, r#"{"a":1}"#, &["b"][..]),
            (r#"{"a":1}"#, r#"{"b":1}"#, &["a", "b"][..]),
        ] {
            assert_eq!(differing(one, other).unwrap(), names, "{one} {other}");
        }
        assert_eq!(differing("[]", "{}"), None);
    }

    #[test]
    fn only_an_object_is_one() {
        let list = error("[]", &[]);
        assert!(
            list.starts_with("invalid type: sequence, expected an object"),
            "{list}"
        );
        assert!(!error("{", &[]).is_empty());
    }

    fn error(json: &str, names: &[&str]) -> String {
        match Object::read(json, names) {
            Ok(_) => panic!("{json} has no mistake"),
            Err(why) => why,
        }
    }
}
