//! In place of servers on other systems than Unix.

use std::path::Path;

/// A server, of which there is none here.
#[derive(Debug)]
pub enum Server {}

#[allow(missing_docs, reason = "as on Unix")]
impl Server {
    #[must_use]
    pub fn start(settings: &[&str]) -> Option<Self> {
        Self::start_with(settings, &[])
    }

    #[must_use]
    pub fn start_with(_: &[&str], _: &[(&str, &str)]) -> Option<Self> {
        saga_tests::leave_out("servers of Postgres are started on Unix alone");
        None
    }

    #[must_use]
    pub fn url(&self, _: &str) -> String {
        match *self {}
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        match *self {}
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        match *self {}
    }

    #[must_use]
    pub fn database(&self) -> String {
        match *self {}
    }

    #[must_use]
    pub fn sql(&self, _: &str, _: &str) -> String {
        match *self {}
    }

    #[must_use]
    pub fn sql_at(&self, _: &str, _: &str) -> String {
        match *self {}
    }

    #[must_use]
    pub fn standby(&self) -> Self {
        match *self {}
    }

    pub fn own_clock(&self, _: &str) {
        match *self {}
    }

    pub fn set_clock(&self, _: &str, _: i64) {
        match *self {}
    }

    pub fn crash(&self) {
        match *self {}
    }

    pub fn promote(&self) {
        match *self {}
    }
}

/// A pooler, of which there is none here.
#[derive(Debug)]
pub enum Pooler {}

#[allow(missing_docs, reason = "as on Unix")]
impl Pooler {
    #[must_use]
    pub fn start(server: &Server, _: &[&str]) -> Option<Self> {
        match *server {}
    }

    #[must_use]
    pub fn url(&self, _: &str) -> String {
        match *self {}
    }

    pub fn restart(&mut self) {
        match *self {}
    }
}
