use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::VaultLogin;
use crate::adapter::{Login, Session};
use crate::fixture::{configured, target};
use crate::{Target, VendorError, VendorErrorKind as Kind};

fn answer(target: &Target, status: u16, body: &str) -> Result<Session, VendorError> {
    let (head, ()) = Response::builder().status(status).body(()).expect("a head").into_parts();
    VaultLogin.answer(target, &head, &Bytes::copy_from_slice(body.as_bytes()))
}

/// The success body of [25.2 auth] with the Vault's URL.
fn granted(url: &str) -> String {
    format!(
        r#"{{"responseStatus":"SUCCESS","sessionId":"3B3C45FD","userId":12021,"vaultId":1776,"vaultIds":[
            {{"id":1,"name":"Other","url":"https://other.veevavault.com/api"}},
            {{"id":1776,"name":"PromoMats","url":"{url}"}}]}}"#
    )
}

#[test]
fn the_request_is_a_form_to_the_login_path() {
    let request = VaultLogin.request(&target("veeva"), "scim@veepharm.com", "p&ss wörd");
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://vendor.example:8443/base/api/v25.2/auth");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["x-vaultapi-clientid"], "acme-scimux");
    assert_eq!(request.body(), "username=scim%40veepharm.com&password=p%26ss%20w%C3%B6rd");
}

#[test]
fn a_session_for_this_vault_lives_47_hours() {
    let target =
        configured("veeva", |settings| settings.base_url = "https://PromoMats.example".parse().expect("a URL"));
    let session = answer(&target.expect("right"), 200, &granted("https://promomats.example/api")).expect("granted");
    assert_eq!((session.secret.as_str(), session.lifetime), ("3B3C45FD", Duration::from_secs(169_200)));
    assert!(!format!("{session:?}").contains("3B3C45FD"));
}

#[test]
fn a_session_for_another_vault_is_refused() {
    let veeva = target("veeva");
    for url in ["https://other.example/api", "https://vendor.example/api", "http://vendor.example:8444/api", "", "x"] {
        let error = answer(&veeva, 200, &granted(url)).expect_err(url);
        assert_eq!(error.kind, Kind::LoginRefused);
        assert!(error.hint.expect("a hint").contains("another Vault"));
    }
    assert!(answer(&veeva, 200, &granted("https://vendor.example:8443/api")).is_ok());
}

#[test]
fn a_failed_login_names_its_code() {
    let refused = |code: &str| {
        let body = format!(
            r#"{{"responseStatus":"FAILURE","errors":[{{"type":"{code}","message":"m"}}],"errorType":"AUTHENTICATION_FAILED"}}"#
        );
        answer(&target("veeva"), 200, &body).expect_err("refused")
    };
    let codes = [
        "NO_PASSWORD_PROVIDED",
        "USERNAME_OR_PASSWORD_INCORRECT",
        "USER_LOCKED_OUT",
        "PASSWORD_CHANGE_REQUIRED",
        "INACTIVE_USER",
        "INSUFFICIENT_ACCESS",
    ];
    for code in codes {
        let error = refused(code);
        assert_eq!((error.kind, error.code.as_deref()), (Kind::LoginRefused, Some(code)));
    }
    let limited = refused("API_LIMIT_EXCEEDED");
    assert_eq!((limited.kind, limited.retry_after), (Kind::RateLimited, Some(60)));
}

#[test]
fn an_outage_is_no_refusal() {
    let veeva = target("veeva");
    assert_eq!(answer(&veeva, 503, "").expect_err("an outage").kind, Kind::Unavailable);
    assert_eq!(answer(&veeva, 401, "").expect_err("refused").kind, Kind::LoginRefused);
    assert_eq!(answer(&veeva, 404, "<html>").expect_err("another host").kind, Kind::WrongTarget);
    assert_eq!(answer(&veeva, 200, "<html>").expect_err("a page").kind, Kind::NotUnderstood);
    assert_eq!(answer(&veeva, 200, r#"{"responseStatus":"SUCCESS"}"#).expect_err("nothing").kind, Kind::NotUnderstood);
}
