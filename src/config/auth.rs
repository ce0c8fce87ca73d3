//! `[targets.*.auth]`: the credential schemes, each with its keys.

use http::{HeaderName, HeaderValue};

use super::Auth;
use super::findings::nearest;
use super::secrets::Secrets;
use super::table::Table;
use super::urls;

/// A scheme and its keys.
struct Scheme {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const SCHEMES: [Scheme; 7] = [
    Scheme { name: "none", required: &[], optional: &[] },
    Scheme { name: "passthrough", required: &[], optional: &[] },
    Scheme { name: "bearer", required: &["token"], optional: &[] },
    Scheme { name: "basic", required: &["username", "password"], optional: &[] },
    Scheme { name: "header", required: &["name", "value"], optional: &[] },
    Scheme {
        name: "oauth2_client_credentials",
        required: &["token_url", "client_id", "client_secret"],
        optional: &["client_auth", "scope"],
    },
    Scheme { name: "session", required: &["username", "password"], optional: &[] },
];

/// Their names.
pub(super) const SCHEME_NAMES: &[&str] = &{
    let mut names = [""; SCHEMES.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = SCHEMES[index].name;
        index += 1;
    }
    names
};

/// The credential of a target.
pub(super) fn auth(target: &Table, allow_plaintext: bool, secrets: Secrets) -> Option<Auth> {
    let table = target.section("auth");
    let scheme = SCHEMES.iter().find(|scheme| table.text("scheme") == Some(scheme.name))?;
    check_keys(&table, scheme);
    match scheme.name {
        "none" => Some(Auth::None),
        "passthrough" => Some(Auth::Passthrough),
        "bearer" => Some(Auth::Bearer(secrets.read(&table, "token")?)),
        "basic" => {
            let (username, password) = (table.text("username"), secrets.read(&table, "password"));
            if username.is_some_and(|username| username.contains(':')) {
                table.problem("username", "HTTP Basic has no user name with a colon");
            }
            Some(Auth::Basic(username?.to_owned(), password?))
        }
        "header" => {
            let (name, value) = (header_name(&table, "name"), secrets.read(&table, "value"));
            Some(Auth::Header(name?, value?))
        }
        "session" => {
            let (username, password) = (table.text("username"), secrets.read(&table, "password"));
            Some(Auth::Session { username: username?.to_owned(), password: password? })
        }
        _ => oauth2(&table, allow_plaintext, secrets),
    }
    .filter(|auth| sendable(auth, &table))
}

fn oauth2(table: &Table, allow_plaintext: bool, secrets: Secrets) -> Option<Auth> {
    let token_url = urls::outbound(table, "token_url", allow_plaintext);
    let client_secret = secrets.read(table, "client_secret");
    Some(Auth::OAuth2 {
        token_url: token_url?,
        client_id: table.text("client_id")?.to_owned(),
        client_secret: client_secret?,
        basic: table.text("client_auth") == Some("basic"),
        scope: table.text("scope").map(str::to_owned),
    })
}

fn check_keys(table: &Table, scheme: &Scheme) {
    let known = || ["scheme"].into_iter().chain(scheme.required.iter().chain(scheme.optional).copied());
    for name in table.names().filter(|name| super::keys::find(&format!("targets.*.auth.{name}")).is_some()) {
        if !known().any(|key| key == name) {
            table.problem(name, format!("scheme {:?} does not use it; {}", scheme.name, nearest(name, known())));
        }
    }
    for key in scheme.required.iter().filter(|key| !table.has(key)) {
        table.problem(key, format!("missing; scheme {:?} needs {}", scheme.name, scheme.required.join(", ")));
    }
}

/// Whether what goes into a header as it is can stand in one.
fn sendable(auth: &Auth, table: &Table) -> bool {
    let (key, secret) = match auth {
        Auth::Bearer(secret) => ("token", secret),
        Auth::Header(_, secret) => ("value", secret),
        _ => return true,
    };
    let fits = HeaderValue::from_str(secret.loaded().expose()).is_ok();
    if !fits {
        table.problem(key, "the secret holds a line break or another character that no HTTP header can hold");
    }
    fits
}

/// A key that holds the name of a header which the configuration may set.
fn header_name(table: &Table, key: &str) -> Option<HeaderName> {
    free_header(table.text(key)?).map_err(|message| table.problem(key, message)).ok()
}

/// A header's name, unless the gateway or HTTP itself must set that header.
pub(super) fn free_header(text: &str) -> Result<HeaderName, String> {
    const TAKEN: [&str; 14] = [
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    ];
    let name: HeaderName = text.parse().map_err(|_| format!("{text:?} is not the name of an HTTP header"))?;
    if TAKEN.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
        return Err(format!("the gateway sets {name} itself; choose another header"));
    }
    Ok(name)
}
