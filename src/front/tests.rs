//! Each station over a service that does what the test says; no sockets.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST, RETRY_AFTER};
use http_body_util::Full;
use tokio::time::Duration;
use tower::{Layer, ServiceExt};

use super::concurrency::Places;
use super::error_body::refuse;
use super::{Request, Response, access_log, concurrency, deadline, error_body, form, headers, panic, request_id};
use crate::config::{Access, Limits};
use crate::stack::{self, CoreService, FrontService};
use crate::target::fixture::{read, request};
use crate::telemetry::{Metrics, Record};

fn handler<F, A>(handle: F) -> CoreService
where
    F: Fn(Request) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    stack::station(move |request| {
        let answer = handle(request);
        async move { Ok::<_, Infallible>(answer.await) }
    })
}

fn ok() -> CoreService {
    handler(|_| async { Response::new(Full::default()) })
}

fn typed(status: u16, kind: &str, body: &str) -> Response {
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, kind);
    answer.body(Full::new(Bytes::from(body.to_owned()))).expect("a response")
}

fn whole(core: CoreService, concurrency: usize) -> (FrontService, Arc<Metrics>, Arc<Places>) {
    let (second, none) = (Duration::from_secs(1), Duration::ZERO);
    let limits = Limits {
        body_bytes: 10,
        bulk_operations: 10,
        header_timeout: second,
        body_timeout: second,
        failed_attempts_per_min: 1,
        request_timeout: second,
        concurrency,
        drain: none,
        drain_delay: none,
    };
    let (places, metrics) = (Arc::new(Places::new(concurrency)), Arc::new(Metrics::new()));
    (stack::front(&limits, Access::default(), places.clone(), metrics.clone(), core), metrics, places)
}

fn get(headers: &[(&str, &str)]) -> Request {
    let mut request = request("GET", "/x?filter=secret", headers, "");
    request.headers_mut().insert(HOST, "scim.example.com".parse().expect("a host"));
    request
}

#[tokio::test]
async fn harmless_ids_are_kept_and_others_made() {
    let service = request_id::layer().layer(ok());
    for (given, kept) in
        [("abc-1._Z", true), ("", false), ("two words", false), ("a\"b", false), (&"x".repeat(129), false)]
    {
        let answer = service.clone().oneshot(get(&[("x-request-id", given)])).await.expect("an answer");
        let id = answer.headers()["x-request-id"].to_str().expect("ASCII").to_owned();
        assert_eq!(id == given, kept, "{given}");
        assert!(!id.is_empty());
    }
    let seen = handler(|request| async move {
        let record = request.extensions().get::<Arc<Record>>().expect("a record").clone();
        typed(200, "text/plain", &record.id)
    });
    let (_, body) = read(request_id::layer().layer(seen).oneshot(get(&[("x-request-id", "7")])).await).await;
    assert_eq!(body, 7);
}

#[tokio::test]
async fn plain_errors_become_scim_errors_and_keep_their_headers() {
    let plain = handler(|_| async {
        let mut answer = refuse(http::StatusCode::METHOD_NOT_ALLOWED, "only GET");
        answer.headers_mut().insert(ALLOW, "GET".parse().expect("a value"));
        answer
    });
    let (answer, body) = read(error_body::layer().layer(plain).oneshot(get(&[])).await).await;
    assert_eq!((answer.status().as_u16(), answer.headers()[ALLOW].as_bytes()), (405, &b"GET"[..]));
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/scim+json");
    assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
    assert_eq!((&body["status"], &body["detail"]), (&"405".into(), &"only GET".into()));

    let foreign = handler(|_| async { typed(413, "text/plain", "length limit exceeded") });
    let (_, body) = read(error_body::layer().layer(foreign).oneshot(get(&[])).await).await;
    assert_eq!((&body["status"], &body["detail"]), (&"413".into(), &"Payload Too Large".into()));
}

#[tokio::test]
async fn headers_not_on_the_list_are_left_out() {
    let chatty = handler(|_| async {
        let mut answer = typed(200, "application/scim+json", "{}");
        for name in ["server", "x-vendor", "set-cookie"] {
            answer.headers_mut().insert(name, "x".parse().expect("a value"));
        }
        answer.headers_mut().insert(RETRY_AFTER, "1".parse().expect("a value"));
        answer
    });
    let answer = headers::layer().layer(chatty).oneshot(get(&[])).await.expect("an answer");
    assert!(answer.headers().keys().all(|name| headers::ALLOWED.contains(name)), "{:?}", answer.headers());
    assert_eq!(answer.headers().len(), 2);
}

#[tokio::test]
async fn plain_json_where_accept_names_only_that() {
    let scim = handler(|_| async { typed(200, "application/scim+json", "{}") });
    let service = headers::layer().layer(scim);
    for (accept, plain) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/json, text/html", true),
        ("application/json, application/scim+json", false),
        ("application/scim+json;q=0.1, application/json", false),
        ("application/scim+json;q=0, application/json", true),
        ("application/json, */*;q=0.1", false),
        ("application/*", false),
        ("text/html", false),
    ] {
        let answer = service.clone().oneshot(get(&[("accept", accept)])).await.expect("an answer");
        let expected = if plain { "application/json" } else { "application/scim+json" };
        assert_eq!(answer.headers()[CONTENT_TYPE], expected, "{accept}");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_the_next_request_is_served() {
    let service = panic::layer().layer(handler(|request| async move {
        assert!(request.uri().path() != "/panic", "a value that must not be shown");
        Response::new(Full::default())
    }));
    let panics = request("GET", "/panic", &[], "");
    assert_eq!(service.clone().oneshot(panics).await.expect("an answer").status(), 500);
    assert_eq!(service.oneshot(get(&[])).await.expect("an answer").status(), 200);

    let at_once = panic::layer().layer(handler(|_| {
        assert!(std::hint::black_box(false), "before there is a future");
        std::future::pending()
    }));
    assert_eq!(at_once.oneshot(get(&[])).await.expect("an answer").status(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_ran_out_of_time_is_504_and_counted() {
    let slow = deadline::layer(Duration::from_secs(1)).layer(handler(|_| std::future::pending()));
    assert_eq!(slow.oneshot(get(&[])).await.expect("an answer").status(), 504);

    let (service, metrics, places) = whole(handler(|_| std::future::pending()), 1);
    let (answer, body) = read(service.oneshot(get(&[])).await).await;
    assert_eq!((answer.status().as_u16(), &body["status"]), (504, &"504".into()));
    assert!(metrics.text().contains(r#"scimux_requests_total{route="other",method="GET",status="504"} 1"#));
    assert_eq!(places.taken(), 0);
}

#[tokio::test]
async fn a_client_that_hangs_up_is_counted() {
    let metrics = Arc::new(Metrics::new());
    let service = access_log::layer(metrics.clone()).layer(handler(|_| std::future::pending()));
    let mut answer = Box::pin(service.oneshot(get(&[])));
    assert!(futures_util::poll!(&mut answer).is_pending());
    drop(answer);
    assert!(metrics.text().contains(r#"status="499"} 1"#), "{}", metrics.text());
}

#[tokio::test]
async fn beyond_the_limit_it_is_503_until_the_record_is_gone() {
    let places = Arc::new(Places::new(1));
    let inner = concurrency::layer(places.clone()).layer(handler(|request| async move {
        let record = request.extensions().get::<Arc<Record>>().expect("a record").clone();
        if request.uri().path() == "/keep" {
            // As a mutation does that outlives its client.
            tokio::spawn(async move {
                std::future::pending::<()>().await;
                drop(record);
            });
        }
        Response::new(Full::default())
    }));
    let service = request_id::layer().layer(inner);
    assert_eq!(service.clone().oneshot(get(&[])).await.expect("an answer").status(), 200);
    assert_eq!(places.taken(), 0);
    let keep = request("PUT", "/keep", &[], "");
    assert_eq!(service.clone().oneshot(keep).await.expect("an answer").status(), 200);
    assert_eq!(places.taken(), 1);
    let answer = service.oneshot(get(&[])).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers()[RETRY_AFTER].as_bytes()), (503, &b"1"[..]));
}

#[tokio::test]
async fn one_host_and_one_coding_or_none() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], u16);
    let service = form::layer().layer(ok());
    let cases: [Case; 16] = [
        ("/", &[("host", "a.example")], 200),
        ("/", &[("host", "A.example:8080")], 200),
        ("/", &[("host", "[::1]:8080")], 200),
        ("/", &[("host", "a.example"), ("transfer-encoding", "Chunked")], 200),
        ("http://a.example/", &[("host", "A.example:80")], 200),
        ("/", &[], 400),
        ("http://a.example/", &[], 400),
        ("/", &[("host", "a.example"), ("host", "a.example")], 400),
        ("/", &[("host", "")], 400),
        ("/", &[("host", "a.example/b")], 400),
        ("/", &[("host", "u@a.example")], 400),
        ("http://a.example/", &[("host", "b.example")], 400),
        ("http://a.example/", &[("host", "a.example:81")], 400),
        ("http://u@a.example/", &[("host", "a.example")], 400),
        ("/", &[("host", "a.example"), ("transfer-encoding", "gzip, chunked")], 501),
        ("/", &[("host", "a.example"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], 501),
    ];
    for (target, headers, expected) in cases {
        let answer = service.clone().oneshot(request("GET", target, headers, "")).await.expect("an answer");
        assert_eq!(answer.status(), expected, "{target} {headers:?}");
    }
    // HTTP/1.0 knows no Host, HTTP/2 has it in the target.
    for (version, target) in [(http::Version::HTTP_10, "/"), (http::Version::HTTP_2, "https://a.example/")] {
        let mut asked = request("GET", target, &[], "");
        *asked.version_mut() = version;
        assert_eq!(service.clone().oneshot(asked).await.expect("an answer").status(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_answer_comes_late_and_takes_no_place() {
    let (service, metrics, places) = whole(
        handler(|request| async move {
            request.extensions().get::<Arc<Record>>().expect("a record").hold();
            Response::new(Full::default())
        }),
        1,
    );
    let begun = tokio::time::Instant::now();
    let mut answer = Box::pin(service.oneshot(get(&[])));
    assert!(futures_util::poll!(&mut answer).is_pending());
    assert_eq!(places.taken(), 0);
    assert!(metrics.text().contains(r#"status="200"} 1"#), "it is written down when it is ready");
    answer.await.expect("an answer");
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}
