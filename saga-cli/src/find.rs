//! Which saga is meant.

use crate::{failure::Failure, look::Reader};
use std::collections::BTreeSet;
use typed_saga_engine::{Filter, Row, SagaId, look::Look};

/// The number of suggestions.
const SUGGESTIONS: usize = 3;
/// The least similarity of two texts, of 1.
const ALIKE: f64 = 0.85;
/// In how many sagas similar ids are looked for: a typing mistake need not cost minutes.
const LOOKED_AT: usize = 50_000;

impl Reader {
    /// The saga that is meant by `id`, or by `Name/id`.
    ///
    /// # Errors
    /// If there is none, or more than one.
    async fn find(&self, text: &str) -> Result<Row, Failure> {
        let mut found = self.called(None, text).await?;
        // Names and ids may contain slashes.
        for (slash, _) in text.match_indices('/') {
            let (name, id) = (&text[..slash], &text[slash + 1..]);
            found.extend(self.called(Some(name), id).await?);
        }
        match found.len() {
            0 => Err(self.unknown(text).await?),
            1 => Ok(found.remove(0)),
            _ => {
                let names = found.iter().map(|row| row.saga.to_string());
                let names = names.collect::<Vec<_>>().join(", ");
                let text = format!("`{text}` is the id of several sagas; name one of: {names}");
                Err(Failure::Usage(text))
            }
        }
    }

    /// That saga, read.
    pub(crate) async fn one(&self, text: &str) -> Result<Look, Failure> {
        let row = self.find(text).await?;
        let gone = || Failure::NotFound(format!("{} was purged just now", row.saga));
        self.look(row.clone()).await?.ok_or_else(gone)
    }

    async fn called(&self, name: Option<&str>, id: &str) -> Result<Vec<Row>, Failure> {
        let filter = Filter {
            saga: name.map(Into::into),
            id: Some(id.into()),
            ..Filter::default()
        };
        Ok(self.journal.list(filter).await?)
    }

    async fn unknown(&self, text: &str) -> Result<Failure, Failure> {
        let mut ids = BTreeSet::new();
        let (mut rows, mut seen) = (self.rows(Filter::default()), 0);
        while let Some(page) = rows.next().await?.filter(|_| seen < LOOKED_AT) {
            seen += page.len();
            for row in page {
                // Under its full name, too, for who writes that.
                if text.contains('/') {
                    ids.insert(row.saga.to_string());
                }
                ids.insert(row.saga.id.to_string());
            }
        }
        let similar = similar(text, ids.iter().map(String::as_str));
        let text = format!("there is no saga `{text}`{similar}");
        Ok(Failure::NotFound(text))
    }
}

/// `; did you mean …?`, if something is similar.
pub(crate) fn similar<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut alike: Vec<_> = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(text, known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.truncate(SUGGESTIONS);
    let names: Vec<_> = alike.iter().map(|(_, name)| format!("`{name}`")).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", names.join(", "))
}

/// The full name of a saga, for what is to be typed again.
pub(crate) fn full(saga: &SagaId) -> String {
    let name = saga.to_string();
    let bare = |c: char| c.is_alphanumeric() || "/-_.:@+,=".contains(c);
    if name.chars().all(bare) {
        name
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{full, similar};
    use typed_saga_engine::SagaId;

    #[test]
    fn a_name_can_be_typed_again() {
        for (id, text) in [
            ("trip-42", "BookTrip/trip-42"),
            ("a b", "'BookTrip/a b'"),
            ("it's", r"'BookTrip/it'\''s'"),
            ("$HOME", "'BookTrip/$HOME'"),
        ] {
            assert_eq!(full(&SagaId::new("BookTrip", id)), text);
        }
    }

    #[test]
    fn only_what_is_alike_is_suggested_the_most_alike_first() {
        let known = ["hotel", "hostel", "car"];
        assert_eq!(similar("hotl", known), "; did you mean `hotel`, `hostel`?");
        assert_eq!(similar("zeppelin", known), "");
    }
}
