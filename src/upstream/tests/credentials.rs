//! Tokens and secrets. Time is tokio's and stands still unless a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use scimux_adapters::{CredentialForm, VendorError, VendorErrorKind};
use serde_json::json;
use tokio::time::{Duration, advance};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use super::super::{Credentials, HttpService};
use crate::target::fixture::{self, PLAIN, config, request, send, vendor};
use crate::telemetry::Metrics;

const OAUTH: &str = r#"{ scheme = "oauth2_client_credentials", token_url = "http://login.example/token", client_id = "us er", client_secret = "canary~secret" }"#;

fn with_auth(auth: &str) -> String {
    PLAIN.replace(r#"{ scheme = "bearer", token = "canary-secret" }"#, auth)
}

fn credentials(toml: &str, http: &HttpService) -> Arc<Credentials> {
    let config = config(toml);
    Arc::new(Credentials::new(&config.targets[0], http, &Arc::new(Metrics::new()), None))
}

fn token(number: usize, lifetime: u64) -> http::Response<Bytes> {
    let body =
        json!({"access_token": format!("canary-token-{number}"), "token_type": "Bearer", "expires_in": lifetime});
    fixture::json(200, &body)
}

/// A token endpoint that counts.
fn endpoint(lifetime: u64) -> (HttpService, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let (http, _) = vendor(move |_| Ok(token(counted.fetch_add(1, Ordering::SeqCst) + 1, lifetime)));
    (http, count)
}

async fn sent(credentials: &Credentials) -> Result<String, VendorError> {
    let mut headers = http::HeaderMap::new();
    credentials.current().await?.put_in(&mut headers, &CredentialForm::Bearer, None)?;
    let value = &headers["authorization"];
    assert!(value.is_sensitive());
    Ok(value.to_str().expect("ASCII").to_owned())
}

#[tokio::test]
async fn one_login_for_fifty_waiting_requests() {
    let count = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let (counted, closed) = (count.clone(), gate.clone());
    let http = BoxCloneSyncService::new(service_fn(move |_: http::Request<Bytes>| {
        let (counted, closed) = (counted.clone(), closed.clone());
        async move {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            closed.acquire().await.expect("never closed").forget();
            Ok(token(number, 3600))
        }
    }));
    let credentials = credentials(&with_auth(OAUTH), &http);
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { sent(&credentials).await })
        })
        .collect();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    waiting[0].abort();
    gate.add_permits(50);
    for task in waiting.into_iter().skip(1) {
        assert_eq!(task.await.expect("no panic").expect("a token"), "Bearer canary-token-1");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_token_request_is_that_of_rfc_6749() {
    let (http, seen) = vendor(|_| Ok(token(1, 3600)));
    let basic = OAUTH.replace("{ ", "{ scope = \"a b\", ");
    sent(&credentials(&with_auth(&basic), &http)).await.expect("a token");
    let post = OAUTH.replace("{ ", "{ client_auth = \"post\", ");
    sent(&credentials(&with_auth(&post), &http)).await.expect("a token");
    let seen = seen.lock().expect("no panic");
    // base64 of `us%20er:canary~secret`
    assert_eq!(seen[0].headers()["authorization"], "Basic dXMlMjBlcjpjYW5hcnl+c2VjcmV0");
    assert_eq!(seen[0].body(), "grant_type=client_credentials&scope=a%20b");
    assert_eq!(seen[0].headers()["content-type"], "application/x-www-form-urlencoded");
    assert!(!seen[1].headers().contains_key("authorization"));
    assert_eq!(seen[1].body(), "grant_type=client_credentials&client_id=us%20er&client_secret=canary~secret");
}

#[tokio::test(start_paused = true)]
async fn renewed_before_the_end() {
    let (http, count) = endpoint(1000);
    let credentials = credentials(&with_auth(OAUTH), &http);
    assert_eq!(sent(&credentials).await.expect("a token"), "Bearer canary-token-1");
    advance(Duration::from_secs(899)).await;
    assert_eq!(sent(&credentials).await.expect("a token"), "Bearer canary-token-1");
    advance(Duration::from_secs(2)).await;
    assert_eq!(sent(&credentials).await.expect("a token"), "Bearer canary-token-2");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_near_its_end_serves_while_the_login_is_down() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let (http, _) = vendor(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(token(1, 1000)),
        _ => Err(VendorError::new(VendorErrorKind::TimedOut)),
    });
    let credentials = credentials(&with_auth(OAUTH), &http);
    sent(&credentials).await.expect("a token");
    advance(Duration::from_secs(950)).await;
    assert_eq!(sent(&credentials).await.expect("a token"), "Bearer canary-token-1");
    advance(Duration::from_secs(51)).await;
    let error = sent(&credentials).await.expect_err("it has ended");
    assert_eq!(error.kind, VendorErrorKind::Unreachable, "nothing of the call was sent");
}

#[tokio::test]
async fn a_dead_token_is_renewed_once_and_the_call_repeated_once() {
    for (dead, expected, logins, calls) in [(1, 200, 2, 2), (9, 502, 2, 2)] {
        let (login, call) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (login.clone(), call.clone());
        let (http, seen) = vendor(move |request| {
            if request.uri().path() == "/token" {
                return Ok(token(counts.0.fetch_add(1, Ordering::SeqCst) + 1, 3600));
            }
            let refused = counts.1.fetch_add(1, Ordering::SeqCst) < dead;
            let status = if refused { 401 } else { 200 };
            Ok(fixture::json(status, &json!({"id": "1", "userName": "babs"})))
        });
        let core = fixture::core(&config(&with_auth(OAUTH)), &http);
        let (answer, body) = send(&core, "GET", "/t/scim/v2/Users/1", "").await;
        assert_eq!(answer.status().as_u16(), expected, "{body}");
        let counted = || (login.load(Ordering::SeqCst), call.load(Ordering::SeqCst));
        assert_eq!(counted(), (logins, calls));
        let last = seen.lock().expect("no panic").last().expect("a call").headers()["authorization"].clone();
        assert_eq!(last, "Bearer canary-token-2");
        if expected == 502 {
            send(&core, "GET", "/t/scim/v2/Users/1", "").await;
            assert_eq!(counted(), (logins, calls + 1), "a fresh token refused is not the token's fault");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_not_hammered() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let (http, _) = vendor(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(fixture::json(401, &json!({"error": "invalid_client"})))
    });
    let credentials = credentials(&with_auth(OAUTH), &http);
    let logins = || count.load(Ordering::SeqCst);
    for (number, pause) in [30, 60, 120, 240, 480, 900, 900].into_iter().enumerate() {
        for _ in 0..3 {
            let error = sent(&credentials).await.expect_err("refused");
            assert_eq!(error.kind, VendorErrorKind::LoginRefused);
        }
        assert_eq!(logins(), number + 1);
        advance(Duration::from_secs(pause - 1)).await;
        let error = sent(&credentials).await.expect_err("refused");
        assert_eq!((error.retry_after, logins()), (Some(2), number + 1));
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_asked_too_often_is_not_asked_before_its_time() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let (http, _) = vendor(move |_| {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answer = if number == 1 { fixture::json(429, &json!({})) } else { token(number, 3600) };
        answer.headers_mut().insert("retry-after", "60".parse().expect("a number"));
        Ok(answer)
    });
    let credentials = credentials(&with_auth(OAUTH), &http);
    for _ in 0..3 {
        let error = sent(&credentials).await.expect_err("too often");
        assert_eq!((error.kind, error.status), (VendorErrorKind::RateLimited, Some(429)));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    advance(Duration::from_secs(60)).await;
    assert_eq!(sent(&credentials).await.expect("a token"), "Bearer canary-token-2");
}

#[tokio::test(start_paused = true)]
async fn a_changed_secret_file_ends_the_pause() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret");
    std::fs::write(&file, "old\n").expect("written");
    let (http, seen) = vendor(|request| {
        let right = request.body().ends_with(b"client_secret=new");
        Ok(if right { token(1, 3600) } else { fixture::json(400, &json!({"error": "invalid_client"})) })
    });
    let auth = OAUTH
        .replace("{ ", "{ client_auth = \"post\", ")
        .replace("\"canary~secret\"", &format!("{{ file = {file:?} }}"));
    let credentials = credentials(&with_auth(&auth), &http);
    sent(&credentials).await.expect_err("refused");
    sent(&credentials).await.expect_err("not even asked");
    assert_eq!(seen.lock().expect("no panic").len(), 1);
    std::fs::write(&file, "new\n").expect("written");
    sent(&credentials).await.expect("a token");
}

#[tokio::test]
async fn a_static_secret_is_read_again_when_it_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret");
    std::fs::write(&file, "old").expect("written");
    let (http, seen) = vendor(|request| {
        let status = if request.headers()["authorization"] == "Bearer new" { 200 } else { 401 };
        Ok(fixture::json(status, &json!({"id": "1", "userName": "babs"})))
    });
    let auth = format!("{{ scheme = \"bearer\", token = {{ file = {file:?} }} }}");
    let core = fixture::core(&config(&with_auth(&auth)), &http);
    let ask = || async { send(&core, "GET", "/t/scim/v2/Users/1", "").await.0.status().as_u16() };
    assert_eq!(ask().await, 502, "never 401: the client's token was fine");
    assert_eq!(seen.lock().expect("no panic").len(), 1, "there is no other secret to try");
    std::fs::write(&file, "new").expect("written");
    assert_eq!(ask().await, 200);
    assert_eq!(seen.lock().expect("no panic").len(), 3);
}

#[tokio::test]
async fn schemes_and_fixed_headers_as_they_are_sent() {
    let plain = |auth: &str| with_auth(auth) + "headers = { \"X-Tenant\" = \"acme\" }\n";
    for (auth, name, value) in [
        (r#"{ scheme = "bearer", token = "s" }"#, "authorization", "Bearer s"),
        (r#"{ scheme = "basic", username = "u", password = "s" }"#, "authorization", "Basic dTpz"),
        (r#"{ scheme = "header", name = "X-Api-Key", value = "s" }"#, "x-api-key", "s"),
    ] {
        let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({"id": "1", "userName": "babs"}))));
        let core = fixture::core(&config(&plain(auth)), &http);
        let headers = [("authorization", "Bearer good"), ("x-tenant", "mine"), ("x-api-key", "mine")];
        let answer = core.oneshot(request("GET", "/t/scim/v2/Users/1", &headers, "")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let seen = seen.lock().expect("no panic");
        let sent = |name: &str| seen[0].headers()[name].to_str().expect("ASCII").to_owned();
        assert_eq!((sent(name).as_str(), sent("x-tenant").as_str()), (value, "acme"), "{auth}");
    }
}

#[tokio::test]
async fn no_secret_shows_in_debug() {
    let (http, _) = endpoint(3600);
    for auth in [
        OAUTH,
        r#"{ scheme = "bearer", token = "canary-secret" }"#,
        r#"{ scheme = "basic", username = "u", password = "canary-secret" }"#,
        r#"{ scheme = "header", name = "X-Key", value = "canary-secret" }"#,
    ] {
        let credentials = credentials(&(with_auth(auth) + "headers = { \"X-Also\" = \"canary-header\" }\n"), &http);
        let credential = credentials.current().await.expect("a credential");
        let mut headers = http::HeaderMap::new();
        credential.put_in(&mut headers, &CredentialForm::Bearer, None).expect("put in");
        let shown = format!("{credentials:?} {credential:?} {headers:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

/// The credential of `toml` after a reload.
fn reloaded(toml: &str, http: &HttpService, before: &Credentials) -> Credentials {
    Credentials::new(&config(toml).targets[0], http, &Arc::new(Metrics::new()), Some(before))
}

#[tokio::test]
async fn a_reload_keeps_the_token_where_login_place_and_secret_are_the_same() {
    let (http, count) = endpoint(3600);
    let auth = with_auth(OAUTH);
    let before = credentials(&auth, &http);
    sent(&before).await.expect("a token");
    let same = reloaded(&(auth.clone() + "upstream.timeout_secs = 9\n"), &http, &before);
    assert!(same.same_as(&before));
    assert_eq!(sent(&same).await.expect("a token"), "Bearer canary-token-1");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let changes = [
        ("canary~secret", "another"),
        ("us er", "another"),
        ("login.example", "another.example"),
        ("/v2", "/v3"),
        ("adapter = \"scim\"", "headers = { \"X-Tenant\" = \"b\" }\nadapter = \"scim\""),
    ];
    for (from, to) in changes {
        let other = reloaded(&auth.replace(from, to), &http, &before);
        assert!(!other.same_as(&before), "{from} changed to {to}");
    }
    let other = reloaded(&auth.replace("canary~secret", "another"), &http, &before);
    assert_eq!(sent(&other).await.expect("a token"), "Bearer canary-token-2");
}

#[tokio::test(start_paused = true)]
async fn a_reload_ends_the_pause_after_a_refused_login() {
    let (http, seen) = vendor(|_| Ok(fixture::json(401, &json!({"error": "invalid_client"}))));
    let before = credentials(&with_auth(OAUTH), &http);
    sent(&before).await.expect_err("refused");
    sent(&before).await.expect_err("not even asked");
    let after = reloaded(&with_auth(OAUTH), &http, &before);
    sent(&after).await.expect_err("refused");
    assert_eq!(seen.lock().expect("no panic").len(), 2);
    sent(&after).await.expect_err("not even asked");
    assert_eq!(seen.lock().expect("no panic").len(), 2, "and then there is a pause again");
}
