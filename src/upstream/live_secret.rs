//! A secret that may be changed while the gateway runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::{HeaderName, HeaderValue};
use scimux_adapters::CredentialForm;

use crate::config::read_secret_file;
use crate::secret::{Secret, SecretSource};

/// A configured secret; one from a file is read again when it was refused.
#[derive(Debug)]
pub(crate) struct LiveSecret {
    source: SecretSource,
    current: Mutex<Arc<Written>>,
}

/// A secret, and the header in which it was first sent: it is written once and sent often.
pub(super) struct Written {
    /// The secret.
    pub(super) secret: Secret,
    /// The header for this form of the credential.
    pub(super) header: OnceLock<(CredentialForm, HeaderName, HeaderValue)>,
}

impl Written {
    /// A secret that was not sent so far.
    pub(super) fn new(secret: Secret) -> Arc<Self> {
        Arc::new(Self { secret, header: OnceLock::new() })
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)
    }
}

impl LiveSecret {
    /// The secret as the configuration has it.
    pub(crate) fn new(source: &SecretSource) -> Self {
        Self { source: source.clone(), current: Mutex::new(Written::new(source.loaded().clone())) }
    }

    /// The secret as it is now.
    pub(crate) fn get(&self) -> Secret {
        self.current().secret.clone()
    }

    /// The same, with its header.
    pub(super) fn written(&self) -> Arc<Written> {
        self.current().clone()
    }

    /// Reads the file again after `used` was refused, and says whether there now is another secret. The file is small
    /// and near, and this is rare: it is read where we stand.
    pub(crate) fn changed_since(&self, used: &Secret) -> bool {
        if let SecretSource::File(path, _) = &self.source {
            match read_secret_file(path) {
                Ok(fresh) => *self.current() = Written::new(fresh),
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "cannot read a secret again, the old one stays");
                }
            }
        }
        self.get() != *used
    }

    fn current(&self) -> MutexGuard<'_, Arc<Written>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
