//! One target as the core calls it: everything between a call in vendor names and the network.

pub(crate) mod breaker;
pub(crate) mod deadline;
pub(crate) mod describe;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod knowledge;
pub(crate) mod lasting;
pub(crate) mod observe;
pub(crate) mod quota;
pub(crate) mod renew;
pub(crate) mod repeat;
pub(crate) mod status;
pub(crate) mod translate;
pub(crate) mod understand;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use scimux_adapters::{Answer, Call, Note, Target, VendorError};
use scimux_scim::ScimError;

use crate::config::{Auth, TargetConfig};
use crate::core::redact::{Redactor, hosts};
use crate::stack::{self, Station};
use crate::telemetry::{Metrics, Record};
use crate::upstream::{Credentials, HttpService};
use lasting::Lasting;

/// Segments of base URLs that say nothing of whose they are.
const WORDS_OF_THE_TRADE: [&str; 5] = ["api", "rest", "scim", "v1", "v2"];

/// A target with its service, its credential and what is known of it.
pub(crate) struct LiveTarget {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// What the configuration says.
    pub(crate) config: Arc<TargetConfig>,
    /// What a reload keeps of it.
    pub(crate) lasting: Lasting,
    /// Its credential.
    pub(crate) credentials: Arc<Credentials>,
    /// What of it may not reach clients.
    pub(crate) redactor: Redactor,
    /// Makes calls.
    pub(crate) service: CallService,
}

impl LiveTarget {
    /// A target whose calls go through `http`, in front of clients that reach the gateway at `public_url`; `before` is the
    /// target of its name before a reload.
    pub(crate) fn new(
        config: &Arc<TargetConfig>,
        http: HttpService,
        public_url: &str,
        metrics: &Arc<Metrics>,
        before: Option<&Self>,
    ) -> Self {
        let settings = &config.target.settings;
        let mut words: Vec<String> = Self::places(config).iter().flat_map(hosts).collect();
        words.extend(config.target.tenant_words().map(ToOwned::to_owned));
        words.extend(path_words(&settings.base_url));
        let credentials = before.map(|before| &*before.credentials);
        let credentials = Arc::new(Credentials::new(config, &http, metrics, credentials));
        let lasting = Lasting::after(before, config, &credentials);
        let service = stack::target(config, credentials.clone(), &lasting, metrics.clone(), http);
        let redactor = Redactor::new(words, public_url);
        let name = settings.name.as_str().into();
        Self { name, config: config.clone(), lasting, credentials, redactor, service }
    }

    /// Where its calls and logins go.
    pub(crate) fn places(config: &TargetConfig) -> Vec<Uri> {
        let base = config.target.settings.base_url.clone();
        match &config.auth {
            Auth::OAuth2 { token_url, .. } => vec![base, token_url.clone()],
            _ => vec![base],
        }
    }
}

/// What the path of a base URL tells of the target: the whole, and each segment that is no word of the trade.
fn path_words(base_url: &Uri) -> Vec<String> {
    let path = base_url.path().trim_matches('/');
    let telling = |segment: &&str| !WORDS_OF_THE_TRADE.iter().any(|word| word.eq_ignore_ascii_case(segment));
    let whole = Some(path).filter(|path| path.contains('/'));
    whole.into_iter().chain(path.split('/').filter(telling)).map(ToOwned::to_owned).collect()
}

impl fmt::Debug for LiveTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveTarget").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A target's whole stack.
pub(crate) type CallService = Station<Asked, Heard, CallError>;

/// What goes along with a call.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The request it is made for.
    pub(crate) record: Arc<Record>,
    /// The client's `traceparent`.
    pub(crate) traceparent: Option<HeaderValue>,
    /// The client's `Authorization`, where it is passed through.
    pub(crate) authorization: Option<HeaderValue>,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The call.
    pub(crate) call: Arc<Call>,
    /// The target as the call was made for it.
    pub(crate) target: Arc<Target>,
    /// What goes along.
    pub(crate) trace: Trace,
    /// Whether it ends with its client's patience; a mutation that has started does not.
    pub(crate) ends_with_client: bool,
}

/// A call in the vendor's form, still without its credential.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What was asked.
    pub(crate) asked: Asked,
    /// The request.
    pub(crate) request: http::Request<Bytes>,
    /// The form of its credential.
    pub(crate) form: scimux_adapters::CredentialForm,
}

/// A call as it is sent once.
#[derive(Debug)]
pub(crate) struct Sending {
    /// The call.
    pub(crate) prepared: Arc<Prepared>,
    /// Its request, with the credential.
    pub(crate) request: http::Request<Bytes>,
}

/// The answer to a call.
#[derive(Debug)]
pub(crate) struct Heard {
    /// What the vendor answered.
    pub(crate) answer: Answer,
    /// What was changed on the way there.
    pub(crate) notes: Vec<Note>,
}

/// An answer understood, and the status it came under.
#[derive(Debug)]
pub(crate) struct Understood {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What the vendor answered.
    pub(crate) answer: Answer,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// This vendor cannot be asked that.
    Refused(ScimError),
    /// It was asked, and refused or failed.
    Vendor(VendorError),
}

impl From<VendorError> for CallError {
    fn from(error: VendorError) -> Self {
        Self::Vendor(error)
    }
}
