//! Wrong configurations, each with every problem it has.

use super::{GOOD, assert_problems, good, problems};

/// `GOOD` with something before it, and what is found.
#[track_caller]
fn with(more: &str, expected: &[(&str, &str)]) {
    assert_problems(&problems(&format!("{more}{GOOD}"), &[]), expected);
}

/// `GOOD` with its target's lines replaced.
#[track_caller]
fn target(lines: &str, expected: &[(&str, &str)]) {
    let clients = "clients.c.tokens = [{ env = \"TOKEN\" }]\n";
    assert_problems(&problems(&format!("{clients}[targets.t]\n{lines}"), &[]), expected);
}

const HEAD: &str = "adapter = \"scim\"\nbase_url = \"https://scim.example.com\"\n";
const NONE: &str = "auth.scheme = \"none\"\n";

#[test]
fn nothing_is_wrong_in_the_good_one() {
    let (config, warnings) = good("", &[]);
    assert_eq!(config.routes[0].path, "/t/scim/v2");
    assert_eq!(config.server.limits.concurrency, 1024);
    assert!(warnings.is_empty());
}

#[test]
fn syntax_errors_give_the_place_and_not_the_line() {
    let found = problems("[server]\nlisten = \"a\nb\"\npassword = \"canary", &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.starts_with("line 2, column "), "{found:?}");
    assert!(!found[0].message.contains("canary"), "{found:?}");
}

#[test]
fn unknown_keys_name_the_nearest() {
    with("sever.listen = \"127.0.0.1:1\"\n", &[("sever", "did you mean `server`?")]);
    with("[server]\nlistn = \"127.0.0.1:1\"\n", &[("server.listn", "did you mean `listen`?")]);
    with("[server.limits]\nbodybytes = 1\n", &[("server.limits.bodybytes", "did you mean `body_bytes`?")]);
    with("[server.limits]\nzzz = 1\n", &[("server.limits.zzz", "known here: body_bytes, ")]);
    target(&format!("{HEAD}{NONE}upstream = {{ timeout = 3 }}"), &[("targets.t.upstream.timeout", "`timeout_secs`")]);
    target(&format!("{HEAD}{NONE}unsuported = \"drop\""), &[("targets.t.unsuported", "`unsupported`")]);
    target(
        &format!("{HEAD}auth = {{ scheme = \"bearer\", tokn = {{ env = \"TOKEN\" }} }}"),
        &[("targets.t.auth.tokn", "`token`"), ("targets.t.auth.token", "missing")],
    );
}

#[test]
fn the_admin_socket_is_a_path_of_its_own() {
    with("[admin]\nsocket = \"admin.sock\"\n", &[("admin.socket", "begins with /")]);
    let both = "[server]\nlisten = \"unix:/run/a.sock\"\npublic_url = \"https://a.example\"\n[admin]\nsocket = \"/run/a.sock\"\n";
    with(both, &[("admin.socket", "the same as server.listen")]);
}

#[test]
fn rules_are_about_types_and_operations_there_are() {
    with("[routes.t.rules]\nusers.delete = \"refuse\"\n", &[("routes.t.rules.users", "did you mean `User`?")]);
    with("[routes.t.rules]\nUser.remove = \"refuse\"\n", &[("routes.t.rules.User.remove", "known here: create, ")]);
    with("[routes.t.rules]\nUser.delete = \"no\"\n", &[("routes.t.rules.User.delete", "\"allow\", \"refuse\"")]);
    with("[routes.t.rules]\nUser = \"refuse\"\n", &[("routes.t.rules.User", "must be a table")]);
    with("[routes.t.brake]\n", &[("routes.t.brake.deletes_per_hour", "missing")]);
    with("[routes.t.brake]\ndeletes_per_hour = 0\n", &[("routes.t.brake.deletes_per_hour", "out of range")]);
}

#[test]
fn types_and_ranges() {
    with("server = 1\n", &[("server", "is a number; must be a table")]);
    with("server.limits.body_bytes = \"1\"\n", &[("server.limits.body_bytes", "is a string; must be a whole number")]);
    with("server.limits.body_bytes = 1.5\n", &[("server.limits.body_bytes", "not a whole number")]);
    with("server.limits.request_timeout_secs = 0\n", &[("server.limits.request_timeout_secs", "0 is out of range")]);
    with("server.limits.request_timeout_secs = -1\n", &[("server.limits.request_timeout_secs", "below zero")]);
    with("server.limits.request_timeout_secs = 30000\n", &[("server.limits.request_timeout_secs", "from 1 to 3600")]);
    with("server.limits.drain_secs = 1979-05-27\n", &[("server.limits.drain_secs", "must be a whole number")]);
    with("targets.x = 1\n", &[("targets.x", "must be a table")]);
    with("routes.t.open = \"yes\"\n", &[("routes.t.open", "must be true or false")]);
    with("log.format = \"yaml\"\n", &[("log.format", "must be one of \"json\", \"text\"")]);
    with("log.level = \"infoo\"\n", &[("log.level", "\"infoo\" is no level")]);
    with("log.level = \"scimux=nope\"\n", &[("log.level", "not a tracing filter")]);
    with("routes.t.path = \"\"\n", &[("routes.t.path", "empty")]);
    target(
        &format!("{HEAD}{NONE}delete = \"nativ\""),
        &[("targets.t.delete", "\"native\", \"deactivate\", \"refuse\"")],
    );
    target(&format!("{HEAD}{NONE}unsupported = 3"), &[("targets.t.unsupported", "must be one of")]);
}

#[test]
fn what_is_missing_is_named_with_an_example() {
    assert_problems(&problems("", &[]), &[("targets", "missing")]);
    target("", &[("targets.t.adapter", "missing"), ("targets.t.auth", "missing"), ("targets.t.base_url", "missing")]);
    target(&format!("{HEAD}auth = {{}}"), &[("targets.t.auth.scheme", "missing; must be one of")]);
    with("[clients.d]\n", &[("clients.d.tokens", "missing")]);
    for vendor in scimux_adapters::vendors() {
        let text = format!(
            "[targets.t]\nadapter = {:?}\nbase_url = \"https://x.example\"\nauth.scheme = \"none\"",
            vendor.name
        );
        let found = problems(&text, &[]);
        for setting in vendor.settings.iter().filter(|setting| setting.required) {
            let key = format!("targets.t.{}", setting.key);
            assert!(
                found.iter().any(|problem| problem.key == key && problem.message.contains("missing")),
                "{found:#?}"
            );
        }
    }
}

#[test]
fn listeners() {
    with("[server]\nlisten = \"localhost\"\n", &[("server.listen", "must be IP:port")]);
    with("[server]\nlisten = \"unix:run\"\n", &[("server.listen", "begins with /")]);
    with("[server]\nlisten = []\n", &[("server.listen", "empty")]);
    with("[server]\nlisten = [1]\n", &[("server.listen", "a list of strings")]);
    with("[server]\nlisten = \"0.0.0.0:80\"\n", &[("server.public_url", "0.0.0.0:80 gives clients no URL")]);
    with("[server]\nlisten = [\"127.0.0.1:80\", \"unix:/s\"]\n", &[("server.public_url", "unix:/s")]);
    with("[server]\nlisten = [\"127.0.0.1:80\", \"127.0.0.1:80\"]\n", &[("server.listen", "twice")]);
    with("[server]\npublic_url = \"https://x.example/?a\"\n", &[("server.public_url", "no query")]);
    with("[server]\npublic_url = \"ftp://x.example\"\n", &[("server.public_url", "not a URL")]);
    with("admin.listen = \"127.0.0.1:8080\"\n", &[("admin.listen", "the same as server.listen")]);
    with("admin.listen = \"9090\"\n", &[("admin.listen", "must be IP:port")]);
}

#[test]
fn without_clients_only_out_of_the_networks_reach() {
    let listen = |at: &str, more: &str| {
        format!("[server]\nlisten = {at:?}\npublic_url = \"https://x.example\"\n[targets.t]\n{HEAD}{more}")
    };
    assert_problems(&problems(&listen("0.0.0.0:80", NONE), &[]), &[("clients", "no client")]);
    assert_problems(&problems(&listen("127.0.0.1:80", NONE), &[]), &[]);
    assert_problems(&problems(&listen("unix:/run/s", NONE), &[]), &[]);
    let open = "auth.scheme = \"passthrough\"\n[routes.t]\nopen = true\n";
    assert_problems(&problems(&listen("0.0.0.0:80", open), &[]), &[]);
}

#[test]
fn urls() {
    let url = |url: &str, words| {
        target(&format!("adapter = \"scim\"\nbase_url = {url:?}\n{NONE}"), &[("targets.t.base_url", words)])
    };
    url("http://scim.example.com", "allow_plaintext");
    url("https://scim.example.com/?a=b", "no query");
    url("https://scim.example.com/#a", "no fragment");
    url("https://user:canary@scim.example.com", "no user or password");
    url("https://scim.example.com:99999", "the port must be");
    url("https://scim.example.com/a//b", "no empty segments");
    url("https://scim.example.com/a/../b", "no empty segments");
    url("scim.example.com", "not a URL");
    url("/v2", "not a URL");
    target(&format!("adapter = \"scim\"\nbase_url = \"http://x.example\"\nallow_plaintext = true\n{NONE}"), &[]);
    target(&format!("adapter = \"scim\"\nbase_url = \"http://[::1]:1/\"\n{NONE}"), &[]);
    target(
        &format!(
            "{HEAD}[targets.t.auth]\nscheme = \"oauth2_client_credentials\"\nclient_id = \"i\"\nclient_secret = {{ env = \"SECRET\" }}\n\
             token_url = \"http://x.example\""
        ),
        &[("targets.t.auth.token_url", "allow_plaintext")],
    );
    target(
        &format!("{HEAD}{NONE}upstream.proxy = \"https://p.example:1\""),
        &[("targets.t.upstream.proxy", "http://host:port")],
    );
    target(
        &format!("{HEAD}{NONE}upstream.proxy = \"http://u:canary@p.example:1\""),
        &[("targets.t.upstream.proxy", "no user")],
    );
}

#[test]
fn schemes_have_their_own_keys() {
    target(
        &format!("{HEAD}auth = {{ scheme = \"bearer\" }}"),
        &[("targets.t.auth.token", "missing; scheme \"bearer\"")],
    );
    target(&format!("{HEAD}auth = {{ scheme = \"beare\" }}"), &[("targets.t.auth.scheme", "must be one of")]);
    target(
        &format!("{HEAD}auth = {{ scheme = \"none\", token = {{ env = \"SECRET\" }} }}"),
        &[("targets.t.auth.token", "scheme \"none\" does not use it")],
    );
    target(
        &format!("{HEAD}auth = {{ scheme = \"basic\", username = \"a:b\", password = {{ env = \"SECRET\" }} }}"),
        &[("targets.t.auth.username", "colon")],
    );
    target(
        &format!("{HEAD}auth = {{ scheme = \"header\", name = \"Host\", value = {{ env = \"SECRET\" }} }}"),
        &[("targets.t.auth.name", "the gateway sets host itself")],
    );
    let session = "auth = { scheme = \"session\", username = \"u\", password = { env = \"SECRET\" } }";
    target(&format!("{HEAD}{session}"), &[("targets.t.auth.scheme", "no login of its own")]);
    target(
        &format!("adapter = \"scm\"\nbase_url = \"https://x.example\"\n{NONE}"),
        &[("targets.t.adapter", "did you mean `scim`?")],
    );
}

#[test]
fn headers() {
    let headers = |headers: &str, expected| {
        target(
            &format!("{HEAD}auth = {{ scheme = \"bearer\", token = {{ env = \"SECRET\" }} }}\nheaders = {headers}"),
            expected,
        )
    };
    headers("{ \"X-Tenant\" = \"acme\" }", &[]);
    headers("{ \"X Tenant\" = \"acme\" }", &[("targets.t.headers.\"X Tenant\"", "not the name of an HTTP header")]);
    headers("{ X-A = \"a\\nb\" }", &[("targets.t.headers.X-A", "line break")]);
    headers("{ X-A = \"a\", x-a = \"b\" }", &[("targets.t.headers.x-a", "twice")]);
    headers("{ authorization = \"a\" }", &[("targets.t.headers.authorization", "auth sets authorization already")]);
    headers("{ X-A = 1 }", &[("targets.t.headers.X-A", "is a number; must be { env")]);
    headers("[]", &[("targets.t.headers", "must be a table")]);
}

#[test]
fn routes() {
    with(
        "routes.t.target = \"tt\"\n",
        &[("routes.t.target", "did you mean `t`?"), ("targets.t", "no route leads to it")],
    );
    with("routes.a.target = \"t\"\nroutes.b.target = \"t\"\n", &[]);
    with(
        "[routes.a]\ntarget = \"t\"\npath = \"/x/\"\n[routes.b]\ntarget = \"t\"\npath = \"/x\"\n",
        &[("routes.b.path", "the same as route a (/x)")],
    );
    with(
        "[routes.a]\ntarget = \"t\"\npath = \"/x\"\nhost = \"A.example\"\n[routes.b]\ntarget = \"t\"\npath = \"/x\"\n",
        &[],
    );
    with("routes.t.path = \"x\"\n", &[("routes.t.path", "must be /segments")]);
    with("routes.t.path = \"/\"\n", &[("routes.t.path", "must be /segments")]);
    with("routes.t.path = \"/a/../b\"\n", &[("routes.t.path", "must be /segments")]);
    with("routes.t.host = \"https://x.example\"\n", &[("routes.t.host", "without scheme")]);
    with("routes.\"a b\".target = \"t\"\n", &[("routes.\"a b\"", "a name may only hold")]);
    with("routes.t.open = true\n", &[("routes.t.open", "anybody could use")]);
    target(&format!("{HEAD}auth.scheme = \"passthrough\""), &[("routes.t.open", "must be true")]);
}

#[test]
fn clients() {
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    with(&format!("clients.d.tokens = [{{ sha256 = {hash:?} }}]\n"), &[]);
    with("clients.d.tokens = [{ sha256 = \"9f86\" }]\n", &[("clients.d.tokens[0]", "64 hexadecimal digits")]);
    with("clients.d.tokens = []\n", &[("clients.d.tokens", "empty")]);
    with("clients.d.tokens = \"x\"\n", &[("clients.d.tokens", "must be a list")]);
    with("clients.d.tokens = [{ env = \"TOKEN\" }]\n", &[("clients.d.tokens", "client c has the same token")]);
    with(
        "clients.d = { tokens = [{ env = \"SECRET\" }], routes = [\"tt\"] }\n",
        &[("clients.d.routes", "did you mean `t`?")],
    );
    with(
        "clients.d = { tokens = [{ env = \"SECRET\" }], quirks = [\"x\"] }\n",
        &[("clients.d.quirks", "a list of some of")],
    );
}

/// One run, ten mistakes, ten problems, none of which repeats a secret.
#[test]
fn ten_mistakes_are_ten_problems() {
    let text = "
        [server]
        listn = \"127.0.0.1:80\"
        limits.body_bytes = 0
        [log]
        level = \"loud\"
        [clients.c]
        tokens = [{ env = \"ABSENT\" }, { sha256 = \"canary\" }]
        routes = [\"nowhere\"]
        [targets.t]
        adapter = \"scim\"
        base_url = \"https://u:canary@scim.example.com\"
        auth = { scheme = \"bearer\", token = { file = \"/absent/canary-file\" } }
        delete = \"never\"
        [routes.r]
        target = \"nothing\"
    ";
    let expected = [
        ("clients.c.routes", "there is no such route"),
        ("clients.c.tokens[0]", "the environment variable ABSENT is not set"),
        ("clients.c.tokens[1]", "64 hexadecimal digits"),
        ("log.level", "is no level"),
        ("routes.r.target", "there is no target \"nothing\""),
        ("server.limits.body_bytes", "out of range"),
        ("server.listn", "did you mean `listen`?"),
        ("targets.t.auth.token", "cannot read /absent/canary-file"),
        ("targets.t.base_url", "no user or password"),
        ("targets.t.delete", "must be one of"),
    ];
    let found = problems(text, &[]);
    assert_problems(&found, &expected);
    assert!(found.iter().all(|problem| problem.origin == "test.toml" && !problem.message.contains("u:canary")));
}
