//! Sockets, faults, and the record of what crossed the wire.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::store::{Object, Store, id_of, now};
use crate::vendor::{Answer, Request, State, Switches, Vendor};
use crate::{Exchange, Fault, FaultKind, control};

/// So many exchanges are kept; older ones are forgotten.
const RECORDED: usize = 1000;

/// What the connections of one imitation share.
pub(crate) struct Shared {
    pub(crate) vendor: &'static dyn Vendor,
    pub(crate) address: SocketAddr,
    state: Mutex<State>,
    faults: Mutex<Vec<Fault>>,
    exchanges: Mutex<VecDeque<Exchange>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("vendor", &self.vendor.name())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A handler that panicked in a test must not hide behind a poisoned lock in the next one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(vendor: &'static dyn Vendor, address: SocketAddr) -> Shared {
        let state = State {
            store: Store::default(),
            switches: Switches::new(vendor.switches()),
            tokens: std::collections::HashMap::new(),
            refuse_credential: false,
        };
        let (faults, exchanges) = (Mutex::default(), Mutex::default());
        Shared { vendor, address, state: Mutex::new(state), faults, exchanges }
    }

    /// Where a client on this machine finds it.
    pub(crate) fn origin(&self) -> String {
        let mut address = self.address;
        match address {
            SocketAddr::V4(_) if address.ip().is_unspecified() => address.set_ip([127, 0, 0, 1].into()),
            SocketAddr::V6(_) if address.ip().is_unspecified() => address.set_ip(std::net::Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *lock(&self.exchanges)).into()
    }

    pub(crate) fn add_fault(&self, fault: Fault) {
        lock(&self.faults).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.faults).clear();
        self.state().switches.reset();
    }

    pub(crate) fn seed(&self, endpoint: &str, resource: Value) -> String {
        let mut resource = match resource {
            Value::Object(resource) => resource,
            _ => Object::new(),
        };
        let mut state = self.state();
        if id_of(&resource).is_empty() {
            let id = self.vendor.new_id(&mut state.store);
            resource.insert("id".to_owned(), json!(id));
        }
        if !resource.contains_key("meta") {
            let resource_type = endpoint.trim_start_matches('/').trim_end_matches('s');
            let now = now(self.vendor.clock());
            let meta = json!({"resourceType": resource_type, "created": now, "lastModified": now});
            resource.insert("meta".to_owned(), meta);
        }
        self.vendor.complete(endpoint, &mut resource);
        let id = id_of(&resource).to_owned();
        state.store.put(endpoint, resource);
        id
    }

    /// The oldest fault that matches, counted down.
    fn strike(&self, request: &Request) -> Option<FaultKind> {
        let mut faults = lock(&self.faults);
        faults.retain(|f| f.times > 0);
        let whole = whole_path(request);
        let matches = |f: &Fault| {
            f.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(&request.method))
                && f.path_contains.as_ref().is_none_or(|p| whole.contains(p.as_str()))
        };
        let fault = faults.iter_mut().find(|f| matches(f))?;
        fault.times -= 1;
        Some(fault.kind.clone())
    }

    /// Keeps the exchange; without an answer the connection is about to be broken.
    fn record(&self, request: &Request, answer: Option<&Answer>) {
        let answered = answer.cloned().unwrap_or_default();
        let exchange = Exchange {
            method: request.method.clone(),
            path: whole_path(request),
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: answered.status,
            answer_headers: answered.headers,
            answer: answered.body,
        };
        let mut exchanges = lock(&self.exchanges);
        if exchanges.len() == RECORDED {
            exchanges.pop_front();
        }
        exchanges.push_back(exchange);
    }

    /// The vendor's work, recorded in the order in which it is done. `hide` records a broken connection.
    fn work(&self, request: &Request, kind: Option<&FaultKind>) -> Answer {
        let mut state = self.state();
        if matches!(kind, Some(FaultKind::ExpireSession)) {
            state.tokens.clear();
            state.refuse_credential = true;
        }
        let answer = self.vendor.handle(request, &mut state);
        state.refuse_credential = false;
        let hidden = matches!(kind, Some(FaultKind::BreakAfterReading));
        self.record(request, (!hidden).then_some(&answer));
        answer
    }
}

fn whole_path(request: &Request) -> String {
    match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    }
}

/// Serves until the task is aborted; the connections end with it.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // An accept that fails (too many open files) is no reason to stop; the next one may succeed.
        let Ok((socket, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| serve(request, Arc::clone(&shared)));
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // The error of a connection is the client's hanging up, or a fault that was asked for.
            let _ = builder.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the sandbox broke the connection")
    }
}

impl std::error::Error for Broken {}

async fn serve(request: hyper::Request<Incoming>, shared: Arc<Shared>) -> Result<hyper::Response<Content>, Broken> {
    // A vendor finishes what it began, whether or not the client still listens.
    tokio::spawn(exchange(request, shared)).await.map_err(|_| Broken)?
}

async fn exchange(request: hyper::Request<Incoming>, shared: Arc<Shared>) -> Result<hyper::Response<Content>, Broken> {
    let (parts, body) = request.into_parts();
    let mut request = head(&parts, &shared);
    if request.path.starts_with("/__sandbox/") {
        request.body = body.collect().await.map_err(|_| Broken)?.to_bytes().to_vec();
        return respond(control::handle(&request, &shared), How::Whole);
    }
    let fault = shared.strike(&request);
    if let Some(FaultKind::BreakBeforeReading) = fault {
        shared.record(&request, None);
        return Err(Broken);
    }
    request.body = body.collect().await.map_err(|_| Broken)?.to_bytes().to_vec();
    if let Some(answer) = fault.as_ref().and_then(instead) {
        shared.record(&request, Some(&answer));
        return respond(answer, How::Whole);
    }
    let answer = shared.work(&request, fault.as_ref());
    match fault {
        Some(FaultKind::BreakAfterReading) => Err(Broken),
        Some(FaultKind::Delay(time)) => {
            tokio::time::sleep(time).await;
            respond(answer, How::Whole)
        }
        Some(FaultKind::HalfBody) => respond(answer, How::Half),
        Some(FaultKind::SlowDrip(each)) => respond(answer, How::Drip(each)),
        _ => respond(answer, How::Whole),
    }
}

fn head(parts: &hyper::http::request::Parts, shared: &Shared) -> Request {
    let text = |v: &hyper::header::HeaderValue| String::from_utf8_lossy(v.as_bytes()).into_owned();
    let headers: Vec<_> = parts.headers.iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
    let authority = parts.uri.authority().map(ToString::to_string);
    let host = authority.or_else(|| parts.headers.get("host").map(text)).unwrap_or_else(|| shared.address.to_string());
    Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers,
        body: Vec::new(),
        host,
    }
}

/// The answer of a fault that takes the vendor's place.
fn instead(kind: &FaultKind) -> Option<Answer> {
    match kind {
        FaultKind::Status { status, headers, body } => {
            let mut headers: Vec<_> = headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
            if !body.is_empty() && !headers.iter().any(|(n, _)| n == "content-type") {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }
            Some(Answer { status: *status, headers, body: body.clone() })
        }
        FaultKind::NotJson => {
            let body = "<!DOCTYPE html><html><body>We will be back soon.</body></html>".to_owned();
            Some(Answer { status: 200, headers: Vec::new(), body }.with("content-type", "text/html"))
        }
        _ => None,
    }
}

/// How much of a body comes, and how.
enum How {
    Whole,
    Half,
    /// Byte by byte, each so much later than the one before.
    Drip(Duration),
}

fn respond(answer: Answer, how: How) -> Result<hyper::Response<Content>, Broken> {
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let whole = Bytes::from(answer.body);
    let size = whole.len() as u64;
    let all = |whole: Bytes| Some(whole).filter(|bytes| !bytes.is_empty());
    let content = match how {
        How::Half => {
            response = response.header("content-length", whole.len());
            Content { rest: Some(whole.slice(..whole.len() / 2)), size, then: Then::Flush, drip: None }
        }
        How::Whole => Content { rest: all(whole), size, then: Then::End, drip: None },
        How::Drip(each) => {
            let next = Box::pin(tokio::time::sleep(each));
            Content { rest: all(whole), size, then: Then::End, drip: Some(Drip { each, next }) }
        }
    };
    response.body(content).map_err(|_| Broken)
}

/// A body that may end in the middle, or take its time.
struct Content {
    rest: Option<Bytes>,
    size: u64,
    then: Then,
    drip: Option<Drip>,
}

/// When the next byte comes.
struct Drip {
    each: Duration,
    next: Pin<Box<tokio::time::Sleep>>,
}

impl Content {
    /// The next byte of a body that drips.
    fn poll_drip(&mut self, context: &mut Context<'_>) -> Option<Poll<Bytes>> {
        let (drip, rest) = (self.drip.as_mut()?, self.rest.as_mut()?);
        if drip.next.as_mut().poll(context).is_pending() {
            return Some(Poll::Pending);
        }
        drip.next.as_mut().reset(tokio::time::Instant::now() + drip.each);
        let byte = rest.split_to(1);
        if rest.is_empty() {
            self.rest = None;
        }
        Some(Poll::Ready(byte))
    }
}

/// What follows the bytes of a [`Content`].
enum Then {
    End,
    /// Wait once, so that what was sent leaves the buffer, then break.
    Flush,
    Break,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(byte) = self.poll_drip(context) {
            return byte.map(|byte| Some(Ok(Frame::data(byte))));
        }
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Flush => {
                self.then = Then::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break => Poll::Ready(Some(Err(Broken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && matches!(self.then, Then::End)
    }

    fn size_hint(&self) -> SizeHint {
        match self.then {
            Then::End => SizeHint::with_exact(self.rest.as_ref().map_or(0, |b| b.len() as u64)),
            Then::Flush | Then::Break => SizeHint::with_exact(self.size),
        }
    }
}
