use std::time::Duration;
use typed_saga_engine::Life;

/// Which of the last commits a power failure may take; see the [crate's
/// documentation](crate#what-a-crash-may-take).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// None: every commit waits for the disk.
    #[default]
    Full,
    /// The last ones: only checkpoints wait for the disk.
    Normal,
}

/// How a file is opened.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) synchronous: Synchronous,
    pub(crate) take_over: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_size: Option<u64>,
    pub(crate) life: Option<Life>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            take_over: false,
            busy_timeout: Duration::from_secs(5),
            max_size: None,
            life: None,
        }
    }
}

impl Options {
    /// The options of [`Sqlite::open`](crate::Sqlite::open).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The life of the sagas in a file that is made: that of a file that was lost, so that sagas which are
    /// submitted again have their old keys. Default: one that is drawn. A file that is there keeps its own.
    #[must_use]
    pub fn life(mut self, life: Life) -> Self {
        self.life = Some(life);
        self
    }

    /// Which commits a power failure may take. Default: none, [`Synchronous::Full`].
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Opens the file even if its owner is alive. The owner is fenced as soon as this engine calls
    /// [`Store::open`](typed_saga_engine::Store::open): its later writes are refused, but its
    /// running calls continue while this engine already settles them. So end the old process first,
    /// unless you deploy by rolling over. When the owner ends, this engine is the owner; until then nobody
    /// else can take the file over. Without this option a second engine on a file, which is
    /// almost always a deployment mistake, gets
    /// [`StoreError::Owned`](typed_saga_engine::StoreError::Owned).
    #[must_use]
    pub fn take_over(mut self) -> Self {
        self.take_over = true;
        self
    }

    /// How long a write waits for the lock of another process before it fails with
    /// [`StoreError::Unavailable`](typed_saga_engine::StoreError::Unavailable). Default: 5 s.
    #[must_use]
    pub fn busy_timeout(mut self, wait: Duration) -> Self {
        self.busy_timeout = wait;
        self
    }

    /// The greatest size of the file in bytes; a write that needs more fails with
    /// [`StoreError::Unavailable`](typed_saga_engine::StoreError::Unavailable), as on a full disk.
    /// Default: no limit.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }
}
