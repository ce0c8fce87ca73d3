//! Every key of the configuration, once: what it may hold, its default, what it is for. Unknown keys, wrong types, ranges,
//! defaults and `config/reference.toml` all come from this table. A vendor's own keys are the vendor's
//! ([`scimux_adapters::Setting`]).

use Kind::{Flag, Integer, Map, Named, OneOf, Secret, Section, SomeOf, Text, TextOrTexts, Texts, Tokens};
use Need::{Default, Optional, Required};

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its dotted path; `*` stands for a name that the operator chooses.
    pub(super) path: &'static str,
    /// What it may hold.
    pub(super) kind: Kind,
    /// What happens when it is absent.
    pub(super) need: Need,
    /// An example, as TOML.
    pub(super) example: &'static str,
    /// What it is for.
    pub(super) doc: &'static str,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A table whose keys stand in this file.
    Section,
    /// A table of sections, each under a name of `[A-Za-z0-9_-]`.
    Named,
    /// A table with keys of the operator's choice.
    Map,
    /// A string that is not empty.
    Text,
    /// A list of such strings.
    Texts,
    /// One such string, or a list.
    TextOrTexts,
    /// `true` or `false`.
    Flag,
    /// A whole number, from and to.
    Integer(u64, u64),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A list of these strings.
    SomeOf(&'static [&'static str]),
    /// A secret or where to find it.
    Secret,
    /// A list of secrets or of their SHA-256.
    Tokens,
}

/// What happens when a key is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It counts as this TOML value.
    Default(&'static str),
    /// Nothing is set.
    Optional,
    /// It is a problem, where the section is there.
    Required,
}

const fn key(path: &'static str, kind: Kind, need: Need, example: &'static str, doc: &'static str) -> Key {
    Key { path, kind, need, example, doc }
}

/// An hour: longer than any client waits, short enough to show a value written in milliseconds.
const HOUR: u64 = 3600;
/// 64 MiB in memory for one body is a mistake, not a limit.
const BODY: u64 = 64 << 20;

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("server", Section, Optional, "", "The front door."),
    key("server.listen", TextOrTexts, Default(r#""127.0.0.1:8080""#), r#"["127.0.0.1:8080", "unix:/run/scimux.sock"]"#,
        "Where clients connect: an address with port, or unix:/path for a socket (mode 0660, a stale one is replaced); one or a list."),
    key("server.public_url", Text, Optional, r#""https://scim.example.com""#,
        "Base of every URL the gateway writes. Required if listen is a wildcard or a unix socket; else http:// and the address."),
    key("server.allow_from", Texts, Optional, r#"["192.0.2.0/24", "2001:db8::/32"]"#,
        "Networks and addresses that requests may come from; from all others 403. Unix sockets are not asked. Default: all."),
    key("server.trusted_proxies", Texts, Optional, r#"["10.0.0.0/8", "unix"]"#,
        "Proxies that X-Forwarded-For is believed from, \"unix\" for one on a unix socket. Without it the header means nothing."),
    key("server.tls", Section, Optional, "", "TLS on all TCP addresses of listen; versions 1.2 and 1.3. Without it, something in front has to terminate TLS."),
    key("server.tls.certificate", Text, Required, r#""/etc/scimux/tls.crt""#, "PEM file of the certificate and what leads from it to a root."),
    key("server.tls.private_key", Text, Required, r#""/etc/scimux/tls.key""#, "PEM file of its key, not encrypted."),
    key("server.tls.client_ca", Text, Optional, r#""/etc/scimux/clients.pem""#,
        "PEM file of roots. With it clients are asked for a certificate, and one that these roots do not vouch for ends the connection."),
    key("server.tls.client_certificates", OneOf(&["optional", "required"]), Default(r#""optional""#), r#""required""#,
        "Whether a client without a certificate may connect; it still has to bring a token. Needs client_ca."),
    key("server.limits", Section, Optional, "", "Bounds of the front door."),
    key("server.limits.body_bytes", Integer(1024, BODY), Default("1048576"), "1048576", "The largest request body; beyond it 413. Also the maxPayloadSize of /Bulk."),
    key("server.limits.bulk_operations", Integer(1, 10_000), Default("1000"), "1000", "The most operations in one request to /Bulk (maxOperations); beyond it 413."),
    key("server.limits.header_timeout_secs", Integer(1, HOUR), Default("15"), "15",
        "For the head of a request, for the first request of a connection, and for its TLS handshake; then it is closed."),
    key("server.limits.body_timeout_secs", Integer(1, HOUR), Default("15"), "15", "For the body of a request, once its head is accepted; then 408."),
    key("server.limits.request_timeout_secs", Integer(1, HOUR), Default("30"), "30", "From the first byte of a request to the last of its answer."),
    key("server.limits.concurrency", Integer(1, 1_000_000), Default("1024"), "1024", "Requests in flight; beyond it 503 with Retry-After."),
    key("server.limits.failed_attempts_per_min", Integer(1, 100_000), Default("30"), "30",
        "Wrong credentials from one address (IPv6: one /64); beyond them 429, a second late. A right one passes all the same."),
    key("server.limits.drain_secs", Integer(1, HOUR), Default("20"), "20", "How long requests in flight may take when the gateway stops."),
    key("server.limits.drain_delay_secs", Integer(0, HOUR), Default("0"), "5",
        "How long /readyz says 503 before the listeners close: a few seconds in Kubernetes, whose endpoints lag."),

    key("admin", Section, Optional, "", "A second listener for the operator: GET of /livez /readyz /metrics /targets. Without this section there is none."),
    key("admin.listen", Text, Default(r#""127.0.0.1:9090""#), r#""127.0.0.1:9090""#, "Its address."),
    key("admin.socket", Text, Optional, r#""/run/scimux/admin.sock""#,
        "A unix socket, mode 0600, that also takes changes: scimux reload. Default: none."),

    key("log", Section, Optional, "", "The log, on standard error."),
    key("log.format", OneOf(&["json", "text"]), Default(r#""json""#), r#""text""#, "One JSON object a line, or text."),
    key("log.level", Text, Default(r#""info""#), r#""info,scimux=debug""#, "A tracing filter: off, error, warn, info, debug, trace, also by module."),

    key("clients", Named, Optional, "", "Who may call. With no client at all the gateway starts only on loopback or a unix socket."),
    key("clients.*", Section, Optional, "", "One client. Its name stands in the log."),
    key("clients.*.tokens", Tokens, Optional, r#"[{ env = "OKTA_TOKEN" }, { sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" }]"#,
        "Its bearer tokens, any of them (two while rotating): secrets, or { sha256 = \"64 hexadecimal digits\" } of one. Each client has tokens, certificates, or both."),
    key("clients.*.certificates", Texts, Optional, r#"["CN=okta,O=Acme", "dns:okta.example.com", "uri:spiffe://example.com/okta"]"#,
        "Names of its certificates, any of them: the whole subject, or one of the subject's alternative names. A request without\n\
         Authorization is the client's whose name its certificate bears. Needs server.tls.client_ca."),
    key("clients.*.allow_from", Texts, Optional, r#"["198.51.100.0/24"]"#, "Networks and addresses it may call from; from elsewhere its credential is a wrong one. Default: all."),
    key("clients.*.routes", Texts, Optional, r#"["crm"]"#, "The routes it may use. Default: all."),
    key("clients.*.read_only", Flag, Default("false"), "false", "Whether it may only read; a write is 403."),
    key("clients.*.quirks", SomeOf(&["replace_creates", "empty_string_clears", "json_answers", "method_override"]), Default("[]"),
        r#"["replace_creates"]"#, "What this client means otherwise than the RFC: replace under a value filter that finds nothing creates the value; the empty string clears any attribute; answers are application/json whatever Accept says; X-HTTP-Method-Override on POST is the method."),

    key("targets", Named, Optional, "", "The vendors' tenants."),
    key("targets.*", Section, Optional, "", "One tenant. A target that no route names gets a route of its own name."),
    key("targets.*.adapter", Text, Required, r#""scim""#, "The dialect; the vendors' own keys stand at the end of this file."),
    key("targets.*.base_url", Text, Required, r#""https://crm.example.com/scim/v2""#, "Where the vendor is, without what the adapter adds to the path."),
    key("targets.*.allow_plaintext", Flag, Default("false"), "false", "Whether http:// to a host that is not loopback is meant."),
    key("targets.*.auth", Section, Required, r#"{ scheme = "bearer", token = { env = "CRM_TOKEN" } }"#,
        "The credential for the vendor. Which keys it has depends on the scheme:\n\
         none; passthrough; bearer: token; basic: username, password; header: name, value;\n\
         oauth2_client_credentials: token_url, client_id, client_secret, client_auth, scope; session: username, password."),
    key("targets.*.auth.scheme", OneOf(super::auth::SCHEME_NAMES), Required, r#""bearer""#,
        "passthrough sends the client's Authorization to the vendor and needs a route with open = true; session is the vendor's own login."),
    key("targets.*.auth.token", Secret, Optional, r#"{ env = "CRM_TOKEN" }"#, "bearer: the token."),
    key("targets.*.auth.username", Text, Optional, r#""scimux""#, "basic, session: the user."),
    key("targets.*.auth.password", Secret, Optional, r#"{ file = "/run/secrets/crm" }"#, "basic, session: its password."),
    key("targets.*.auth.name", Text, Optional, r#""X-Api-Key""#, "header: the header's name."),
    key("targets.*.auth.value", Secret, Optional, r#"{ env = "CRM_KEY" }"#, "header: its value."),
    key("targets.*.auth.token_url", Text, Optional, r#""https://login.example.com/oauth2/token""#, "oauth2_client_credentials: the token endpoint."),
    key("targets.*.auth.client_id", Text, Optional, r#""scimux""#, "oauth2_client_credentials: the client."),
    key("targets.*.auth.client_secret", Secret, Optional, r#"{ env = "CRM_SECRET" }"#, "oauth2_client_credentials: its secret."),
    key("targets.*.auth.client_auth", OneOf(&["basic", "post"]), Default(r#""basic""#), r#""basic""#,
        "oauth2_client_credentials: client and secret as HTTP Basic, or in the form."),
    key("targets.*.auth.scope", Text, Optional, r#""scim""#, "oauth2_client_credentials: the scope."),
    key("targets.*.delete", OneOf(&["native", "deactivate", "refuse"]), Optional, r#""native""#,
        "What DELETE does. Default: native where the vendor has DELETE, else deactivate."),
    key("targets.*.unsupported", OneOf(&["drop", "refuse"]), Default(r#""drop""#), r#""drop""#,
        "What the vendor cannot hold is left out and named in the header scimux-dropped, or is 400 invalidValue."),
    key("targets.*.headers", Map, Optional, r#"{ "X-Tenant" = "acme" }"#, "Fixed headers to the vendor; values may be secrets."),
    key("targets.*.upstream", Section, Optional, "", "Bounds of the calls to this vendor."),
    key("targets.*.upstream.timeout_secs", Integer(1, HOUR), Default("10"), "10", "For one call."),
    key("targets.*.upstream.connect_timeout_secs", Integer(1, HOUR), Default("3"), "3", "For a connection."),
    key("targets.*.upstream.retries", Integer(0, 10), Default("2"), "2",
        "How often a call whose repetition does no harm is sent again (docs/RELIABILITY.md)."),
    key("targets.*.upstream.concurrency", Integer(1, 10_000), Default("32"), "32", "Calls in flight."),
    key("targets.*.upstream.rate_per_sec", Integer(1, 100_000), Optional, "50", "Calls a second at most; what the vendor's answers ask for counts too (docs/RELIABILITY.md)."),
    key("targets.*.upstream.scan_limit", Integer(1, 1_000_000), Default("1000"), "1000", "Resources read to answer what the vendor cannot filter or sort."),
    key("targets.*.upstream.response_bytes", Integer(1024, 8 * BODY), Default("8388608"), "8388608", "The largest answer."),
    key("targets.*.upstream.ca_file", Text, Optional, r#""/etc/scimux/vendor-ca.pem""#, "PEM file of roots beside the system's."),
    key("targets.*.upstream.proxy", Text, Optional, r#""http://proxy.example.com:3128""#, "The proxy for calls. Default: HTTPS_PROXY and NO_PROXY."),
    key("targets.*.urns", Map, Optional, r#"{ "urn:acme:scim:2.0:User" = "urn:vendor:scim:2.0:User" }"#, "Canonical URN = vendor URN, both ways."),
    key("targets.*.attributes", Map, Optional, r#"{ userType = "title" }"#, "Canonical attribute path = vendor attribute path, both ways."),
    key("targets.*.defaults", Map, Optional, r#"{ preferredLanguage = "en" }"#, "Vendor attribute path = value, set on create where the request has none."),

    key("routes", Named, Optional, "", "Front-door paths. Host match first, then the longest path."),
    key("routes.*", Section, Optional, "", "One route."),
    key("routes.*.path", Text, Optional, r#""/crm/scim/v2""#, "Its path. Default: /<route name>/scim/v2."),
    key("routes.*.target", Text, Optional, r#""crm""#, "Where it leads. Default: the target of the route's name."),
    key("routes.*.host", Text, Optional, r#""crm.scim.example.com""#, "Only requests to this host."),
    key("routes.*.public_discovery", Flag, Default("false"), "false", "Whether discovery documents are answered without a token."),
    key("routes.*.rules", Named, Optional, "", "What nobody may do here, by resource type."),
    key("routes.*.rules.*", Section, Optional, "", "One resource type, by its name, such as User. What is refused is 403."),
    key("routes.*.rules.*.create", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "POST."),
    key("routes.*.rules.*.read", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "GET of one."),
    key("routes.*.rules.*.list", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "GET of many, and searches; those over all types too."),
    key("routes.*.rules.*.replace", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "PUT."),
    key("routes.*.rules.*.patch", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "PATCH."),
    key("routes.*.rules.*.delete", OneOf(super::rules::WORDS), Default(r#""allow""#), r#""refuse""#, "DELETE."),
    key("routes.*.brake", Section, Optional, "",
        "The safety brake: beyond its limit deletes and deactivations are 503 until `scimux brake release ROUTE`, which needs admin.socket."),
    key("routes.*.brake.deletes_per_hour", Integer(1, 1_000_000), Required, "50",
        "How many there may be within an hour: deletes, and changes that set active to false, by PUT, PATCH or Bulk."),
    key("routes.*.open", Flag, Default("false"), "false", "Whether no token of the gateway's is asked for; only with a passthrough target, which needs it."),
];

/// The key with this path pattern.
pub(super) fn find(pattern: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == pattern)
}

/// The keys right below a pattern; the empty pattern is the top.
pub(super) fn below(pattern: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| parent(key.path) == pattern)
}

/// The last segment of a path.
pub(super) fn leaf(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, leaf)| leaf)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// A pattern or path with one more segment.
pub(super) fn join(path: &str, segment: &str) -> String {
    if path.is_empty() { segment.to_owned() } else { format!("{path}.{segment}") }
}

impl Kind {
    /// What is allowed, to end "must be …".
    pub(super) fn allowed(self) -> String {
        let quoted = |words: &[&str]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        match self {
            Section | Map => "a table".to_owned(),
            Named => "a table of named tables".to_owned(),
            Text => "a string that is not empty".to_owned(),
            Texts => "a list of strings".to_owned(),
            TextOrTexts => "a string or a list of strings".to_owned(),
            Flag => "true or false".to_owned(),
            Integer(from, to) => format!("a whole number from {from} to {to}"),
            OneOf(words) => format!("one of {}", quoted(words)),
            SomeOf(words) => format!("a list of some of {}", quoted(words)),
            Secret => super::secrets::ALLOWED.to_owned(),
            Tokens => "a list of secrets".to_owned(),
        }
    }
}
