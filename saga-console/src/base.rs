//! The path under which the console is mounted.

use axum::http::Uri;

/// The path under which the console is mounted, without the slash at the end: its own paths begin
/// with it.
#[derive(Clone)]
pub(crate) struct Base(pub(crate) String);

impl Base {
    /// `nest` takes what it is mounted below off the path, and keeps the whole one.
    pub(crate) fn of(original: &Uri, inner: &Uri) -> Self {
        let whole = original.path();
        let base = whole.strip_suffix(inner.path()).unwrap_or(whole);
        Self(base.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn it_knows_where_it_is_mounted() {
        for (original, inner, base) in [
            ("/", "/", ""),
            ("/sagas?state=parked", "/sagas?state=parked", ""),
            ("/admin/sagas/saga", "/saga", "/admin/sagas"),
            ("/admin/", "/", "/admin"),
            ("/admin", "/", "/admin"),
        ] {
            let (original, inner) = (original.parse().unwrap(), inner.parse().unwrap());
            assert_eq!(Base::of(&original, &inner).0, base);
        }
    }
}
