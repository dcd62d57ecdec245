//! How the tables of words are written.

/// Makes an enum and its table of one list.
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
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What there is to know of it.
            #[must_use]
            pub const fn entry(self) -> &'static $entry {
                match self {
                    $(Self::$variant => &$entry $fields,)*
                }
            }

            /// The one with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|this| this.entry().name == name)
            }
        }
    };
}

pub(super) use table;
