//! Secrets that cannot be printed.

use std::fmt;
use std::path::PathBuf;

/// A secret's text. Its `Debug` prints `***`; it has no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be sent or compared and never printed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable; its value was read when the configuration was.
    Env(String, Secret),
    /// A file, read again after a refused credential. The value is the one read with the configuration, without the
    /// newline at its end.
    File(PathBuf, Secret),
    /// In the configuration itself.
    Plain(Secret),
}

impl SecretSource {
    /// The secret as it was when the configuration was read.
    #[must_use]
    pub fn loaded(&self) -> &Secret {
        match self {
            Self::Env(_, secret) | Self::File(_, secret) | Self::Plain(secret) => secret,
        }
    }
}
