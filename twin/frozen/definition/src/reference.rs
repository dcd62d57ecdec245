//! References to parts, which a constant borrows and a reader owns.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// A part that is stored elsewhere, so that it takes up little space where there is none, or where
/// it is the same as many others: borrowed in a `const`, owned if it was read.
#[derive(Clone)]
pub enum Ref<T: 'static> {
    /// One that the program declares.
    Static(&'static T),
    /// One of run time.
    Owned(Box<T>),
}

impl<T: 'static> Ref<T> {
    /// The part. In a `const`, nothing else gives it.
    #[must_use]
    #[inline]
    pub const fn get(&self) -> &T {
        match self {
            Self::Static(part) => part,
            Self::Owned(part) => part,
        }
    }
}

impl<T: 'static> Deref for Ref<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.get()
    }
}

/// Changing a part that the program declares copies it first.
impl<T: Clone + 'static> DerefMut for Ref<T> {
    fn deref_mut(&mut self) -> &mut T {
        if let Self::Static(part) = self {
            *self = Self::Owned(Box::new((**part).clone()));
        }
        match self {
            Self::Owned(part) => part,
            Self::Static(_) => unreachable!("it has been copied"),
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq + 'static> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: 'static> From<T> for Ref<T> {
    fn from(part: T) -> Self {
        Self::Owned(Box::new(part))
    }
}
