//! A value in serde's data model, as text: what its `Serialize` says of it, before a format such as
//! JSON leaves some of that out.
//!
//! Two equal values have equal texts, whatever the order of their maps and sets. A set is a list to
//! serde, so the order of lists does not count, either.

use serde::{
    Serialize, Serializer,
    de::value::Error,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use std::fmt::{Debug, Display};

type Text = Result<String, Error>;

/// Returns the text of a value.
///
/// # Errors
/// The error of its `Serialize`.
pub(super) fn model<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    value.serialize(Model).map_err(|error| error.to_string())
}

struct Model;

/// The parts of a value that has several.
struct Parts {
    /// Its name, if it has one.
    name: String,
    texts: Vec<String>,
    /// Whether their order counts.
    in_order: bool,
    brackets: [&'static str; 2],
}

const ROUND: [&str; 2] = ["(", ")"];
const SQUARE: [&str; 2] = ["[", "]"];
const CURLY: [&str; 2] = ["{", "}"];
const FIELDS: [&str; 2] = [" { ", " }"];

impl Parts {
    fn new(name: String, brackets: [&'static str; 2]) -> Self {
        Self {
            name,
            texts: Vec::new(),
            in_order: true,
            brackets,
        }
    }

    fn in_any_order(brackets: [&'static str; 2]) -> Self {
        Self {
            in_order: false,
            ..Self::new(String::new(), brackets)
        }
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.texts.push(value.serialize(Model)?);
        Ok(())
    }

    fn add_field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let value = value.serialize(Model)?;
        self.texts.push(format!("{name}: {value}"));
        Ok(())
    }

    fn text(mut self) -> String {
        if !self.in_order {
            self.texts.sort_unstable();
        }
        let [open, close] = self.brackets;
        format!("{}{open}{}{close}", self.name, self.texts.join(", "))
    }
}

fn path(name: &str, variant: &str) -> String {
    format!("{name}::{variant}")
}

/// A literal with its type: `1u8` and `1i64` are two values.
fn literal(value: impl Display, ty: &str) -> String {
    format!("{value}{ty}")
}

fn quoted(value: impl Debug) -> String {
    format!("{value:?}")
}

macro_rules! literals {
    ($($method:ident: $ty:ident,)*) => {
        $(fn $method(self, value: $ty) -> Text {
            Ok(literal(value, stringify!($ty)))
        })*
    };
}

impl Serializer for Model {
    type Ok = String;
    type Error = Error;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    literals! {
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
    }

    fn serialize_bool(self, value: bool) -> Text {
        Ok(quoted(value))
    }

    fn serialize_char(self, value: char) -> Text {
        Ok(quoted(value))
    }

    fn serialize_str(self, value: &str) -> Text {
        Ok(quoted(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Text {
        Ok(quoted(value))
    }

    fn serialize_none(self) -> Text {
        Ok("None".to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Text {
        self.serialize_newtype_struct("Some", value)
    }

    fn serialize_unit(self) -> Text {
        Ok("()".to_owned())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Text {
        Ok(name.to_owned())
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Text {
        Ok(path(name, variant))
    }

    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Text
    where
        T: Serialize + ?Sized,
    {
        let mut parts = Parts::new(name.to_owned(), ROUND);
        parts.add(value)?;
        Ok(parts.text())
    }

    fn serialize_newtype_variant<T>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Text
    where
        T: Serialize + ?Sized,
    {
        let mut parts = Parts::new(path(name, variant), ROUND);
        parts.add(value)?;
        Ok(parts.text())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts::in_any_order(SQUARE))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(String::new(), ROUND))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(name.to_owned(), ROUND))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Error> {
        Ok(Parts::new(path(name, variant), ROUND))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts::in_any_order(CURLY))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(name.to_owned(), FIELDS))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Error> {
        Ok(Parts::new(path(name, variant), FIELDS))
    }
}

macro_rules! elements {
    ($($tr:ident: $method:ident,)*) => {
        $(impl $tr for Parts {
            type Ok = String;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.add(value)
            }

            fn end(self) -> Text {
                Ok(self.text())
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

macro_rules! fields {
    ($($tr:ident,)*) => {
        $(impl $tr for Parts {
            type Ok = String;
            type Error = Error;

            fn serialize_field<T>(&mut self, name: &'static str, value: &T) -> Result<(), Error>
            where
                T: Serialize + ?Sized,
            {
                self.add_field(name, value)
            }

            fn end(self) -> Text {
                Ok(self.text())
            }
        })*
    };
}

fields! {
    SerializeStruct,
    SerializeStructVariant,
}

impl SerializeMap for Parts {
    type Ok = String;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.add(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = value.serialize(Model)?;
        // A `Serialize` calls this after `serialize_key`.
        let key = self.texts.pop().unwrap_or_default();
        self.texts.push(format!("{key}: {value}"));
        Ok(())
    }

    fn end(self) -> Text {
        Ok(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::model;
    use serde::Serialize;
    use std::collections::{BTreeMap, HashMap, HashSet};

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct Pair(u8, f64);

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Either {
        Signed(i64),
        Byte(u8),
    }

    #[derive(Serialize)]
    enum Kind {
        Plain,
        Of(char),
        Two(bool, bool),
        Named { it: Option<()> },
    }

    fn of(value: impl Serialize) -> String {
        model(&value).unwrap()
    }

    #[test]
    fn what_json_does_not_keep_apart_is_kept_apart() {
        assert_ne!(of(None::<()>), of(Some(())));
        assert_ne!(of(Some(None::<u8>)), of(None::<Option<u8>>));
        assert_ne!(of(Either::Signed(5)), of(Either::Byte(5)));
        assert_ne!(of(Some(f64::NAN)), of(None::<f64>));
        assert_ne!(of(0.0), of(-0.0));
    }

    #[test]
    fn it_reads_like_rust() {
        let kinds = (
            Kind::Plain,
            Kind::Of('x'),
            Kind::Two(true, false),
            Kind::Named { it: Some(()) },
        );
        assert_eq!(
            of(kinds),
            "(Kind::Plain, Kind::Of('x'), Kind::Two(true, false), Kind::Named { it: Some(()) })"
        );
        let map = BTreeMap::from([("b", (Unit, Pair(1, 0.5))), ("a", (Unit, Pair(2, 1.0)))]);
        assert_eq!(
            of(map),
            r#"{"a": (Unit, Pair(2u8, 1f64)), "b": (Unit, Pair(1u8, 0.5f64))}"#
        );
        assert_eq!(of(vec!["b", "a"]), r#"["a", "b"]"#);
        assert_eq!(of(u128::MAX), "340282366920938463463374607431768211455u128");
    }

    #[test]
    fn maps_and_sets_are_equal_in_any_order() {
        let numbers = || 0..100u32;
        let map = |numbers: &mut dyn Iterator<Item = u32>| numbers.map(|n| (n, n)).collect();
        let maps: [HashMap<_, _>; 2] = [map(&mut numbers()), map(&mut numbers().rev())];
        assert_eq!(of(&maps[0]), of(&maps[1]));
        let sets: [HashSet<_>; 2] = [numbers().collect(), numbers().rev().collect()];
        assert_eq!(of(&sets[0]), of(&sets[1]));
    }

    #[test]
    fn an_error_says_why() {
        struct Unwritable;
        impl Serialize for Unwritable {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no"))
            }
        }
        assert_eq!(model(&vec![Unwritable]).unwrap_err(), "no");
    }
}
