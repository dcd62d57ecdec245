use super::{Answer, Codec, Encode, Unrecorded, codec};

#[test]
fn what_is_encoded_is_decoded() {
    let codec = codec::<Vec<(u8, String)>>();
    let value = vec![(1, "one".to_owned())];
    let json = codec.encode(&value).unwrap().unwrap();
    assert_eq!(json, r#"[[1,"one"]]"#);
    assert_eq!(codec.decode(&json).unwrap(), value);
    assert!(codec.decode("[[1]]").is_err());
}

#[test]
fn a_value_goes_on_as_it_is_read_back() {
    let (value, json) = codec::<Option<()>>().read_back(Some(()));
    assert_eq!((value, json), (None, Some(Ok("null".to_owned()))));
}

#[test]
fn what_cannot_be_recorded_goes_on_as_it_is() {
    let (value, json) = codec::<f64>().read_back(f64::NAN);
    assert!(value.is_nan() && json.unwrap().is_err());
}

#[test]
fn what_is_not_recorded_goes_on_as_it_is() {
    assert_eq!(Codec::none().read_back(Some(())), (Some(()), None));
    assert_eq!(Unrecorded.read_back(Some(())), (Some(()), None));
    assert_eq!(Codec::none().read_back_inputs(Some(())), Some(()));
}

#[test]
fn a_float_is_read_back_to_the_last_bit() {
    // The fast way to read floats gives one beside it.
    let float = 122.290_764_238_873_15_f64;
    assert_eq!(codec().read_back(float).0.to_bits(), float.to_bits());
}

#[test]
fn an_answer_is_written_as_what_it_found() {
    let answer = Answer(codec::<Option<u8>>());
    assert_eq!(answer.read_back(None), (None, None));
    let null = Some(Ok("null".to_owned()));
    assert_eq!(answer.read_back(Some(None)), (Some(None), null));
    let seven = Some(Ok("7".to_owned()));
    assert_eq!(answer.read_back(Some(Some(7))), (Some(Some(7)), seven));
}

#[test]
fn a_panic_while_writing_is_an_error() {
    let codec = Codec::<u8>::of(|_, _| panic!("no"), |_| panic!("never"));
    assert_eq!(codec.encode(&1).unwrap().unwrap_err(), "panicked: no");
    assert_eq!(codec.decode("1").unwrap_err(), "panicked: never");
    assert_eq!(codec.read_back(1).0, 1);
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    assert_eq!(codec::<f64>().encode(&1.5).unwrap().unwrap(), "1.5");
    assert_eq!(
        codec::<f64>().encode(&f64::NAN).unwrap().unwrap_err(),
        "it cannot be read back: invalid type: null, expected f64 at line 1 column 4"
    );
}

#[test]
fn without_serde_nothing_is_kept() {
    assert!(Codec::<u8>::none().encode(&1).is_none());
    assert!(Codec::<u8>::none().decode("1").is_err());
}
