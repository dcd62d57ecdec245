//! A canonical text for each JSON value, regardless of the order of its maps: inputs are compared
//! by this text.

use serde::de::Error;
use serde_json::value::RawValue;

use super::entries::entries;

/// The depth to which `serde_json` reads values: a value that is nested deeper could not be read
/// again.
const DEPTH: u32 = 128;

/// Returns this JSON with the keys of all objects in order and without white space.
///
/// Numbers and strings stay as they are written: no digit of a `u128` is lost, and `1` and `1.0`
/// remain different, as do `"é"` and `"\u00e9"`. A key that occurs twice stays twice, in the order
/// in which it was written.
///
/// # Errors
/// If it is not JSON, or nested deeper than 128.
pub fn canonical(json: &str) -> Result<String, serde_json::Error> {
    let mut text = String::with_capacity(json.len());
    write(serde_json::from_str(json)?, DEPTH, &mut text)?;
    Ok(text)
}

fn write(value: &RawValue, depth: u32, text: &mut String) -> Result<(), serde_json::Error> {
    let json = value.get();
    if !json.starts_with(['{', '[']) {
        text.push_str(json);
        return Ok(());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::custom(format_args!("nested deeper than {DEPTH}")));
    };
    if json.starts_with('[') {
        text.push('[');
        for (k, each) in serde_json::from_str::<Vec<&RawValue>>(json)?
            .into_iter()
            .enumerate()
        {
            if k > 0 {
                text.push(',');
            }
            write(each, depth, text)?;
        }
        text.push(']');
    } else {
        // Keys stay as they are written.
        let mut object = serde_json::Deserializer::from_str(json);
        let mut entries: Vec<(&RawValue, _)> = entries(&mut object)?;
        entries.sort_by_key(|(key, _)| key.get());
        text.push('{');
        for (k, (key, each)) in entries.into_iter().enumerate() {
            if k > 0 {
                text.push(',');
            }
            text.push_str(key.get());
            text.push(':');
            write(each, depth, text)?;
        }
        text.push('}');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use std::collections::HashMap;

    #[test]
    fn keys_are_sorted_at_every_level_and_white_space_goes() {
        let json = " {\"b\": [ {\"d\":1 ,\n\"c\" : { } } , [ ] ],\t\"a\":\"x y\"} ";
        assert_eq!(
            canonical(json).unwrap(),
            r#"{"a":"x y","b":[{"c":{},"d":1},[]]}"#
        );
    }

    #[test]
    fn numbers_and_strings_stay_as_written() {
        for json in [
            "340282366920938463463374607431768211455",
            "1e400",
            "1.0",
            "-0",
            r#""a\u00e9 \"{\" é""#,
            "null",
            r#"{"\u0061":1,"a":2}"#,
        ] {
            assert_eq!(canonical(json).unwrap(), json);
        }
        assert_ne!(canonical("1").unwrap(), canonical("1.0").unwrap());
    }

    #[test]
    fn a_key_that_is_there_twice_stays_in_its_order() {
        let json = r#"{"b":0,"a":2,"a":1}"#;
        assert_eq!(canonical(json).unwrap(), r#"{"a":2,"a":1,"b":0}"#);
    }

    #[test]
    fn a_map_gives_the_same_text_each_time() {
        let text = |numbers: &mut dyn Iterator<Item = u32>| {
            let map: HashMap<_, _> = numbers.map(|n| (n.to_string(), n)).collect();
            canonical(&serde_json::to_string(&map).unwrap()).unwrap()
        };
        assert_eq!(text(&mut (0..100)), text(&mut (0..100).rev()));
    }

    #[test]
    fn it_is_canonical_already() {
        let once = canonical(r#"{"b":{"y":[1, 2],"x":null},"a":{}}"#).unwrap();
        assert_eq!(canonical(&once).unwrap(), once);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for json in ["", "{", "{\"a\":}", "[1,]", "1 2", "'a'", "{a:1}"] {
            assert!(canonical(json).is_err(), "{json}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(canonical(&nested(128)).unwrap(), nested(128));
        let error = canonical(&nested(129)).unwrap_err().to_string();
        assert_eq!(error, "nested deeper than 128");
        assert!(canonical(&nested(10_000)).is_err());
    }
}
