//! `saga check`: looks at everything in the journal.

use crate::{
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{plain, styled},
};
use serde::Serialize;

#[derive(Serialize)]
struct Checked {
    /// What is damaged; null if the store leaves that to its administrator.
    damage: Option<Vec<String>>,
}

/// Has the store checked. Damage is an error, so that a script notices.
pub(crate) async fn check(reader: &Reader) -> Result<Report, Failure> {
    let damage = reader.journal.check().await?;
    let text = match damage.as_deref() {
        None => "nothing was checked: a database checks itself (`amcheck`)\n".to_owned(),
        Some([]) => format!("{}: the file is whole\n", styled(style::GOOD, "done")),
        Some(damage) => {
            let lines = damage.iter().map(|damage| plain(damage) + "\n");
            let lines: String = lines.collect();
            let damaged = styled(style::BAD, "damaged");
            format!("{damaged}: restore a backup\n\n{lines}")
        }
    };
    let is_damaged = damage.as_ref().is_some_and(|damage| !damage.is_empty());
    let mut report = Report::of(&Checked { damage }, text)?;
    if is_damaged {
        report.code = Failure::Error(String::new()).code();
    }
    Ok(report)
}
