use std::time::Duration;

/// What a power loss may take of what was written last; see the [crate's
/// documentation](crate#what-a-crash-may-take).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Nothing: every commit waits for the disk.
    #[default]
    Full,
    /// The last commits: the disk is waited for from time to time.
    Normal,
}

/// How a file is opened.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) synchronous: Synchronous,
    pub(crate) take_over: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_size: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            take_over: false,
            busy_timeout: Duration::from_secs(5),
            max_size: None,
        }
    }
}

impl Options {
    /// Those of [`Sqlite::open`](crate::Sqlite::open).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a power loss may take. Default: nothing, [`Synchronous::Full`].
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Opens the file even if its owner is alive. The owner is fenced as soon as this one calls
    /// [`Store::open`](saga_engine::Store::open): what it writes after that is refused, but calls
    /// that it has under way go on, while this one already asks how they ended. Without this, two
    /// engines on one file, which is almost always a mistake in a deployment, are
    /// [`StoreError::Owned`](saga_engine::StoreError::Owned).
    #[must_use]
    pub fn take_over(mut self) -> Self {
        self.take_over = true;
        self
    }

    /// How long the lock of another process is waited for before a write is
    /// [`StoreError::Unavailable`](saga_engine::StoreError::Unavailable). Default: 5 s.
    #[must_use]
    pub fn busy_timeout(mut self, wait: Duration) -> Self {
        self.busy_timeout = wait;
        self
    }

    /// How many bytes the file may have; a write that needs more is
    /// [`StoreError::Unavailable`](saga_engine::StoreError::Unavailable), as on a full disk.
    /// Default: as many as there are.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }
}
