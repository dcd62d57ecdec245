//! Names and ids in the file. A damaged one may have bytes that are not UTF-8: it is shown, and
//! found again, with those bytes written as `\xff`.

use rusqlite::{
    Connection, Row as SqlRow, ToSql,
    types::{ToSqlOutput, Value, ValueRef},
};
use std::borrow::Cow;
use typed_saga_engine::SagaId;

/// A text for SQLite, of any bytes.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, [u8]>);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

impl From<Text<'_>> for Value {
    fn from(Text(bytes): Text<'_>) -> Self {
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Blob(error.into_bytes()),
        }
    }
}

/// A text of a row, and whether it is valid UTF-8.
pub(crate) fn text(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<(String, bool)> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), true));
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Ok((text, false))
}

/// Name and id, from a column on, and whether both are valid UTF-8.
pub(crate) fn saga(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<(SagaId, bool)> {
    let ((saga, name_is_whole), (id, id_is_whole)) = (text(row, column)?, text(row, column + 1)?);
    Ok((SagaId::new(saga, id), name_is_whole && id_is_whole))
}

/// The bytes that are shown like this, if they are not UTF-8.
fn bytes_of(told: &str) -> Option<Vec<u8>> {
    if !told.contains("\\x") {
        return None;
    }
    let mut bytes = Vec::with_capacity(told.len());
    let mut rest = told;
    while let Some(escape) = rest.find("\\x") {
        let byte = rest.get(escape + 2..escape + 4);
        let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.extend_from_slice(&rest.as_bytes()[..escape]);
        rest = &rest[escape..];
        let skip = if let Some(byte) = byte.filter(|byte| !byte.is_ascii()) {
            bytes.push(byte);
            4
        } else {
            bytes.extend_from_slice(b"\\x");
            2
        };
        rest = &rest[skip..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    std::str::from_utf8(&bytes).is_err().then_some(bytes)
}

/// The condition that a column has this text, or damaged bytes that are shown like this, and its values.
pub(crate) fn fits<'a>(column: &str, text: &'a str) -> (String, Vec<Text<'a>>) {
    let whole = Text(text.as_bytes().into());
    match bytes_of(text) {
        None => (format!("{column} = ?"), vec![whole]),
        Some(damaged) => {
            let sql = format!("{column} IN (?, CAST(? AS TEXT))");
            (sql, vec![whole, Text(damaged.into())])
        }
    }
}

/// The smallest bytes that are greater than all that begin with these, if any are.
pub(crate) fn behind(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|byte| *byte < 0xff)?;
    let mut behind = bytes[..=last].to_vec();
    behind[last] += 1;
    Some(behind)
}

/// Name and id as the file has them: those of the damaged row that is shown like this, if there is
/// one, or else just these texts.
pub(crate) fn stored<'a>(
    conn: &Connection,
    saga: &'a str,
    id: &'a str,
) -> rusqlite::Result<[Text<'a>; 2]> {
    let [name, damaged_id] = [saga, id].map(bytes_of);
    if name.is_some() || damaged_id.is_some() {
        let or = |bytes: Option<Vec<u8>>, text: &str| bytes.unwrap_or_else(|| text.into());
        let bytes = [or(name, saga), or(damaged_id, id)];
        let damaged = bytes.map(|bytes| Text(Cow::Owned(bytes)));
        let is_there = "SELECT EXISTS (SELECT 1 FROM saga WHERE name = ?1 AND id = ?2)";
        let mut look = conn.prepare_cached(is_there)?;
        if look.query_row([&damaged[0], &damaged[1]], |row| row.get(0))? {
            return Ok(damaged);
        }
    }
    Ok([saga, id].map(|text| Text(Cow::Borrowed(text.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::bytes_of;

    #[test]
    fn what_is_no_text_is_found_by_what_is_told_of_it() {
        for (told, bytes) in [
            ("c\\xff1", Some(b"c\xff1".as_slice())),
            ("\\x80\\xfe", Some(b"\x80\xfe".as_slice())),
            ("é\\xffé", Some("é\u{0}é".as_bytes())),
            ("trip-42", None),
            ("\\x41", None),
            ("\\xc3\\xa9", None),
            ("\\x", None),
            ("\\xé", None),
        ] {
            let bytes = bytes.map(|bytes| {
                let zero = |byte: &u8| if *byte == 0 { 0xff } else { *byte };
                bytes.iter().map(zero).collect::<Vec<_>>()
            });
            assert_eq!(bytes_of(told), bytes, "{told}");
        }
    }
}
