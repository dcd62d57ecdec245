//! The macro that declares the tables of words.

/// Creates an enum and its table from one list.
macro_rules! table {
    ($(#[$about:meta])* $name:ident of $entry:ident: $($variant:ident $fields:tt)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name {
            $(
                #[doc = concat!("See the [entry](", stringify!($name), "::entry).")]
                $variant,
            )*
        }

        impl $name {
            /// All words, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The entry of this word.
            #[must_use]
            pub const fn entry(self) -> &'static $entry {
                match self {
                    $(Self::$variant => &$entry $fields,)*
                }
            }

            /// The word with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|this| this.entry().name == name)
            }
        }
    };
}

pub(super) use table;
