//! A list of many pages needs the memory of one: what was read is let go.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::world::Gateway;

/// How many resources one page has, and how large each is.
const PAGE: u64 = 100;
const RESOURCE: usize = 8 * 1024;

/// A vendor whose users are made as they are asked for. It has `pages` pages of them.
async fn vendor(pages: u64) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = service_fn(move |request| async move { Ok::<_, Infallible>(page(&request, pages * PAGE)) });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    port
}

fn page(request: &Request<Incoming>, total: u64) -> Response<Full<Bytes>> {
    let parameter = |name: &str| {
        let pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| value.parse::<u64>().ok())
    };
    let start = parameter("startIndex").unwrap_or(1);
    let end = (start + parameter("count").unwrap_or(PAGE).min(PAGE)).min(total + 1);
    let filler = "x".repeat(RESOURCE);
    let users: Vec<String> = (start..end)
        .map(|id| format!(r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"{id}","userName":"u{id}","nickName":"{filler}","active":{}}}"#, id % 2 == 0))
        .collect();
    let body = format!(
        r#"{{"totalResults":{total},"startIndex":{start},"itemsPerPage":{},"Resources":[{}]}}"#,
        users.len(),
        users.join(",")
    );
    Response::builder().header("content-type", "application/scim+json").body(body.into()).expect("an answer")
}

/// The most memory the gateway has had after it has read a list of so many pages, in bytes.
async fn peak(pages: u64) -> usize {
    let port = vendor(pages).await;
    let toml = format!(
        "[targets.t]\nadapter = \"rsa\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
         auth = {{ scheme = \"bearer\", token = \"t\" }}\nupstream.scan_limit = 1000000\n"
    );
    let gateway = Gateway::start(&toml).await;
    // The vendor neither evaluates this nor sorts.
    let path = "/t/scim/v2/Users?filter=active%20eq%20true&sortBy=userName&count=2&attributes=userName";
    let list = gateway.send("GET", path, Value::Null).await.expect(200);
    assert_eq!(list["totalResults"], pages * PAGE / 2);
    gateway.peak_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_the_number_of_pages() {
    let (few, many) = (peak(4).await, peak(40).await);
    let read = 36 * usize::try_from(PAGE).expect("small") * RESOURCE;
    let grown = many.saturating_sub(few);
    assert!(grown < read / 4, "{grown} bytes more for {read} bytes more that were read");
}
