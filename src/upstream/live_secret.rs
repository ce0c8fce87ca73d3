//! A secret that may be changed while the gateway runs.

use std::sync::{Mutex, PoisonError};

use crate::config::read_secret_file;
use crate::secret::{Secret, SecretSource};

/// A configured secret; one from a file is read again when it was refused.
#[derive(Debug)]
pub(crate) struct LiveSecret {
    source: SecretSource,
    current: Mutex<Secret>,
}

impl LiveSecret {
    /// The secret as the configuration has it.
    pub(crate) fn new(source: &SecretSource) -> Self {
        Self { source: source.clone(), current: Mutex::new(source.loaded().clone()) }
    }

    /// The secret as it is now.
    pub(crate) fn get(&self) -> Secret {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again after `used` was refused, and says whether there now is another secret. The file is small
    /// and near, and this is rare: it is read where we stand.
    pub(crate) fn changed_since(&self, used: &Secret) -> bool {
        if let SecretSource::File(path, _) = &self.source {
            match read_secret_file(path) {
                Ok(fresh) => *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh,
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "cannot read a secret again, the old one stays");
                }
            }
        }
        self.get() != *used
    }
}
