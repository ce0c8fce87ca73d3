//! A small HTTP client and what the tests of all vendors share.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use scimux_sandbox::Sandbox;
use serde_json::{Value, json};

pub(crate) const SCIM: &str = "application/scim+json";
pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {:?}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

pub(crate) async fn start(vendor: &str) -> Sandbox {
    Sandbox::start(vendor, ([127, 0, 0, 1], 0).into()).await.expect("a free port")
}

/// One request on a connection of its own; Err if it was broken.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut request = hyper::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
    let answer = client.request(request).await.map_err(|e| e.to_string())?;
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.map_err(|e| e.to_string())?.to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
}

/// A client with one credential and one media type, below one URL.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) root: String,
    pub(crate) authorization: String,
    pub(crate) media_type: &'static str,
}

impl Api {
    pub(crate) async fn call(&self, method: &str, path: impl AsRef<str>, body: Option<Value>) -> Answer {
        self.with(method, path.as_ref(), body, &[]).await
    }

    pub(crate) async fn with(&self, method: &str, path: &str, body: Option<Value>, more: &[(&str, &str)]) -> Answer {
        let mut headers = vec![("authorization", self.authorization.as_str())];
        if body.is_some() {
            headers.push(("content-type", self.media_type));
        }
        headers.extend(more);
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        send(method, &format!("{}{path}", self.root), &headers, &body).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        self.call("PATCH", path, Some(body)).await
    }
}
