//! What a live vendor showed of itself: that it lacks an HTTP method for a resource type.

use super::{PATCH, PUT};
use crate::{CallKind, ServedType, Target, VendorError};

/// A method that not every service provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// PUT.
    Put,
    /// PATCH.
    Patch,
}

impl Method {
    /// Its name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }

    /// The method that a call needs, if it is one of these.
    pub(crate) fn of(kind: &CallKind) -> Option<Self> {
        match kind {
            CallKind::Replace(..) => Some(Self::Put),
            CallKind::Patch(..) => Some(Self::Patch),
            _ => None,
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Put => PUT,
            Self::Patch => PATCH,
        }
    }
}

/// That the vendor lacks a method for a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The endpoint of the resource type, as clients see it.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// The status that told so.
    pub status: u16,
}

impl Target {
    /// The target with a method taken away that was found lacking; where the operator says that it is there, unchanged.
    #[must_use]
    pub fn lacking(mut self, lack: &Lack) -> Self {
        if self.is_said(lack.method) {
            return self;
        }
        let is_it = |served: &&mut ServedType| served.canonical.endpoint.eq_ignore_ascii_case(&lack.endpoint);
        if let Some(served) = self.types.iter_mut().find(is_it) {
            match lack.method {
                Method::Put => served.profile.operations.replace = false,
                Method::Patch => served.profile.operations.patch = false,
            }
        }
        self
    }

    /// Whether the operator says of a method whether it is there, so that nothing is to be learned.
    fn is_said(&self, method: Method) -> bool {
        self.settings.values.contains_key(method.setting())
    }

    /// The method that an error may show to be lacking; a read of the same URL has to confirm it.
    pub(crate) fn may_lack(&self, method: Option<Method>, error: &VendorError) -> Option<Method> {
        method.filter(|method| error.may_lack_method && !self.is_said(*method))
    }
}
