//! The commands that end of themselves.

use super::{Environment, Exit, Terminal, run};

/// Runs a command; its exit, standard output and standard error.
async fn scimux(arguments: &[&str], environment: &[(&str, &str)]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment: Environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut terminal =
        Terminal { input: &mut std::io::empty(), out: &mut out, err: &mut err, is_terminal: false, environment };
    let exit = run(["scimux"].iter().chain(arguments).map(Into::into), &mut terminal).await;
    (exit, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
}

/// A configuration in a file that is removed again.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), text).expect("it can be written");
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().expect("the path is UTF-8")
}

const GOOD: &str = "
    [server]
    listen = \"0.0.0.0:80\"
    public_url = \"https://scim.example.com:8443/gate/\"
    [clients.all]
    tokens = [\"a\"]
    [clients.auditor]
    tokens = [\"b\"]
    routes = [\"t\"]
    read_only = true
    [targets.t]
    adapter = \"scim\"
    base_url = \"https://vendor.example/v2\"
    auth.scheme = \"none\"
    [targets.u]
    adapter = \"scim\"
    base_url = \"https://vendor.example/v2\"
    auth.scheme = \"none\"
    [routes.u]
    host = \"U.example.com\"
    path = \"/scim\"
";

#[tokio::test]
async fn help_is_well_and_bad_usage_is_not() {
    let (exit, out, err) = scimux(&["--help"], &[]).await;
    assert_eq!((exit, err.as_str()), (Exit::Well, ""));
    for command in ["serve", "check", "explain", "demo", "sandbox"] {
        assert!(out.contains(command), "{out}");
    }
    for wrong in
        [&[][..], &["explain"], &["serve", "--nope"], &["sandbox", "nobody"], &["sandbox", "scim", "--listen", "x"]]
    {
        let (exit, out, err) = scimux(wrong, &[]).await;
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{wrong:?}");
        assert!(!err.is_empty(), "{wrong:?}");
    }
}

#[tokio::test]
async fn check_prints_routes_and_urls() {
    let good = file(GOOD);
    let (exit, out, err) = scimux(&["check", "--config", path(&good)], &[]).await;
    assert_eq!((exit, err.as_str()), (Exit::Well, ""), "{out}");
    for line in [
        "  t      /t/scim/v2          t (scim, https://vendor.example/v2)  all, auditor (read only)\n",
        "  u      u.example.com/scim  u (scim, https://vendor.example/v2)  all\n",
        "  t  https://scim.example.com:8443/gate/t/scim/v2\n",
        "  u  https://u.example.com:8443/scim\n",
    ] {
        assert!(out.contains(line), "{line:?} is not in {out}");
    }
    assert!(out.starts_with("warning: "), "plain tokens are warned about: {out}");
}

#[tokio::test]
async fn check_prints_every_problem() {
    let wrong = file("[server]\nlistn = 1\n[targets.t]\nadapter = \"scim\"\n");
    let (exit, out, _) = scimux(&["check", "--config", path(&wrong)], &[]).await;
    assert_eq!(exit, Exit::Usage);
    for key in ["server.listn", "targets.t.auth", "targets.t.base_url"] {
        assert!(out.contains(&format!("{}: {key}: ", path(&wrong))), "{out}");
    }
    assert!(out.ends_with("3 problems\n"), "{out}");
}

#[tokio::test]
async fn the_file_is_the_option_then_the_variable() {
    let (good, absent) = (file(GOOD), "/absent.toml");
    let (exit, ..) = scimux(&["check"], &[("SCIMUX_CONFIG", path(&good))]).await;
    assert_eq!(exit, Exit::Well);
    let (exit, out, _) = scimux(&["check", "--config", absent], &[("SCIMUX_CONFIG", path(&good))]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(out.starts_with("/absent.toml: cannot read it"), "{out}");
}

#[tokio::test]
async fn serve_refuses_what_check_refuses() {
    let wrong = file("[targets.t]\n");
    let (exit, out, err) = scimux(&["serve", "--config", path(&wrong)], &[]).await;
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    assert!(err.contains("targets.t.adapter: missing"), "{err}");
}

/// The walk-through is as expected, fits into 80 columns, shows enough and no secret.
#[tokio::test]
async fn the_demo_is_as_expected() {
    let (exit, out, _) = scimux(&["demo", "--once"], &[]).await;
    assert_eq!(exit, Exit::Well, "{out}");
    assert!(out.ends_with("Every step was as expected.\n"), "{out}");
    let long: Vec<&str> = out.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:#?}");
    assert!(!out.contains('\u{1b}'), "colour without a terminal");
    assert!(out.matches("as expected\n").count() >= 8);
    for vendor in scimux_sandbox::vendors() {
        let sandbox =
            scimux_sandbox::Sandbox::start(vendor, ([127, 0, 0, 1], 0).into()).await.expect("loopback is there");
        let toml = sandbox.target_toml();
        let secrets = ["password = \"", "client_secret = \"", " token = \""];
        let values = secrets.iter().flat_map(|key| toml.split(key).skip(1)).filter_map(|rest| rest.split('"').next());
        for secret in values {
            assert!(!out.contains(secret), "the {vendor} secret is shown");
        }
    }
}

#[tokio::test]
async fn check_asks_targets_only_when_told_to() {
    let mut text = String::new();
    for vendor in scimux_sandbox::vendors() {
        let sandbox =
            scimux_sandbox::Sandbox::start(vendor, ([127, 0, 0, 1], 0).into()).await.expect("loopback is there");
        text.push_str(&format!("[targets.{vendor}]\n{}\n", sandbox.target_toml()));
        Box::leak(Box::new(sandbox)); // it serves until the test process ends
    }
    let running = file(&text);
    let (exit, out, _) = scimux(&["check", "--config", path(&running), "--targets"], &[]).await;
    assert_eq!(exit, Exit::Well, "{out}");
    assert_eq!(out.matches("  ok  answers: ").count(), scimux_sandbox::vendors().len(), "{out}");
    assert_eq!(out.matches("; with its own description it serves User, Group").count(), 1, "{out}");

    let stopped = file("[targets.t]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth.scheme = \"none\"\n");
    let (exit, out, _) = scimux(&["check", "--config", path(&stopped), "--targets"], &[]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(out.contains("  t  failed  no connection; check base_url"), "{out}");
    let (exit, ..) = scimux(&["check", "--config", path(&stopped)], &[]).await;
    assert_eq!(exit, Exit::Well);
}

/// The gateway has no credential of its own for it.
#[tokio::test]
async fn check_asks_nothing_of_a_target_whose_credential_is_the_clients() {
    let text = "[targets.t]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth.scheme = \"passthrough\"\n\
                [routes.t]\nopen = true\n";
    let (exit, out, _) = scimux(&["check", "--config", path(&file(text)), "--targets"], &[]).await;
    assert_eq!(exit, Exit::Well, "{out}");
    assert!(out.contains("  t  ok  not asked: the credential is the client's"), "{out}");
}
