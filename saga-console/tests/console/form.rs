//! Forms, as a browser sends them.

use crate::asking::{Answer, ask, page};
use axum::{Router, body::Body, http::Request};

/// What a form's person fills in.
pub(crate) const WHO: [(&str, &str); 2] = [("by", "ada"), ("why", "the hotel is open again")];
pub(crate) const RESUME: &str = "/act?saga=BookTrip&id=trip-2&action=resume";
/// What a browser says of a form that is sent by the page of the same origin.
pub(crate) const OWN: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

/// The page that says what would follow: its cookie, and the fields of its form.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) cookie: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Form {
    pub(crate) async fn of(console: &Router, address: &str) -> Self {
        let page = page(console, address).await;
        let cookie = page.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
        let inputs = page.text.split("<input type=\"hidden\" name=\"").skip(1);
        let fields = inputs.filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        });
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            fields: fields.collect(),
        }
    }

    pub(crate) fn with(mut self, more: &[(&str, &str)]) -> Self {
        for (name, value) in more {
            self.fields.retain(|(field, _)| field != name);
            self.fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        let mut fields = self.fields.iter();
        &fields.find(|(field, _)| field == name).unwrap().1
    }

    /// Sent by the page that it is on.
    pub(crate) async fn send(&self, console: &Router, path: &str) -> Answer {
        self.send_as(console, path, &OWN).await
    }

    /// Sent with these headers.
    pub(crate) async fn send_as(
        &self,
        console: &Router,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let fields = self.fields.iter();
        let body: Vec<_> = fields
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ask(console, request.body(Body::from(body.join("&"))).unwrap()).await
    }
}
