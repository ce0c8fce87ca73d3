//! Clients: what they ask, when, and whether the answer is right.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::figures::{Came, Figures};
use crate::gateway::TOKEN;
use crate::vendors::{TARGETS, Vendors};

/// Clients that wait for each answer, while the capacity is measured.
const WAITING: usize = 16;

/// All clients of one gateway.
pub(crate) struct Traffic {
    clients: Vec<Arc<Clients>>,
}

/// The clients of one target.
struct Clients {
    target: usize,
    /// Whether an answer other than the right one is a mistake.
    well: bool,
    connections: Connections,
    /// Those that no request is about at the moment.
    people: Mutex<Vec<Person>>,
    /// Those made by POST, to be deleted.
    made: Mutex<Vec<String>>,
    count: AtomicU64,
}

/// A person at the vendor.
#[derive(Clone, Debug)]
struct Person {
    id: String,
    name: String,
    /// The title; unknown after a change whose outcome is.
    title: Option<String>,
}

/// An answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Traffic {
    /// `people` by target; `well` if all vendors are.
    pub(crate) fn new(socket: PathBuf, people: &[Vec<(String, String)>], well: bool) -> Self {
        let person =
            |(id, name): &(String, String)| Person { id: id.clone(), name: name.clone(), title: Some("0".into()) };
        let clients = people.iter().enumerate().map(|(target, people)| {
            Arc::new(Clients {
                target,
                well: well || target == 0,
                connections: Connections { socket: socket.clone(), idle: Mutex::default() },
                people: Mutex::new(people.iter().map(person).collect()),
                made: Mutex::default(),
                count: AtomicU64::new(0),
            })
        });
        Self { clients: clients.collect() }
    }

    /// How many requests a second are answered to clients that wait for each answer.
    pub(crate) async fn capacity(&self, time: Duration) -> f64 {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for worker in 0..WAITING {
            let clients = self.clients[worker % TARGETS.len()].clone();
            tasks.spawn(async move {
                let mut answered = 0;
                while begun.elapsed() < time {
                    let came = clients.request().await;
                    assert!(matches!(came, Came::Right), "{came:?}");
                    answered += 1;
                }
                answered
            });
        }
        let answered: u32 = tasks.join_all().await.into_iter().sum();
        f64::from(answered) / begun.elapsed().as_secs_f64()
    }

    /// So many requests at the same time, whatever becomes of them.
    pub(crate) async fn at_once(&self, requests: usize) {
        let mut tasks = JoinSet::new();
        for number in 0..requests {
            let clients = self.clients[number % TARGETS.len()].clone();
            tasks.spawn(async move { clients.request().await });
        }
        tasks.join_all().await;
    }

    /// Requests to each target in turn, each at its time, whatever became of those before it. A request's time runs from
    /// when it was due.
    pub(crate) async fn open_loop(&self, rate: f64, time: Duration) -> Figures {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for number in 0.. {
            let due = begun + Duration::from_secs_f64(f64::from(number) / rate);
            if due > begun + time {
                break;
            }
            sleep_until(due).await;
            let clients = self.clients[number as usize % TARGETS.len()].clone();
            tasks.spawn(async move { (clients.target, clients.request().await, due.elapsed()) });
        }
        let mut figures = Figures::default();
        for (target, came, took) in tasks.join_all().await {
            figures.count(target, came, took);
        }
        figures
    }

    /// Where a vendor that was well holds something else than its clients were told.
    pub(crate) fn differences(&self, vendors: &Vendors) -> Vec<String> {
        let mut found = Vec::new();
        for clients in self.clients.iter().filter(|clients| clients.well) {
            let there: HashMap<String, String> = vendors.titles(clients.target).into_iter().collect();
            for Person { id, name, title } in lock(&clients.people).iter() {
                if title.as_ref() != there.get(id) {
                    found.push(format!("{name} was told {title:?}, the vendor holds {:?}", there.get(id)));
                }
            }
            let (people, made) = (lock(&clients.people).len(), lock(&clients.made).len());
            if there.len() != people + made {
                found.push(format!("{}: {} people, not {people} and {made}", TARGETS[clients.target], there.len()));
            }
        }
        found
    }
}

impl Clients {
    /// The next request, and what came of it.
    async fn request(&self) -> Came {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let person = lock(&self.people).pop();
        match (number % 10, person) {
            (0, person) => {
                lock(&self.people).extend(person);
                self.create(number).await
            }
            (1, person) => {
                lock(&self.people).extend(person);
                self.delete(number).await
            }
            (_, None) => self.list(&format!("{}-0", TARGETS[self.target])).await,
            (kind, Some(mut person)) => {
                let came = match kind {
                    2 | 3 => self.change(&mut person, "PUT", number).await,
                    4 => self.change(&mut person, "PATCH", number).await,
                    5 | 6 => self.list(&person.name).await,
                    _ => self.read(&person).await,
                };
                // To the other end, so that each has its turn.
                lock(&self.people).insert(0, person);
                came
            }
        }
    }

    async fn create(&self, number: u64) -> Came {
        let name = format!("made-{number}");
        let answer = self.ask("POST", "/Users", &person(&name, "new")).await;
        let came = self.judge(answer.as_ref(), 201, |body| body["userName"] == *name);
        if let (Came::Right, Some(answer)) = (&came, &answer) {
            lock(&self.made).push(answer.json()["id"].as_str().unwrap_or_default().to_owned());
        }
        came
    }

    async fn delete(&self, number: u64) -> Came {
        let Some(id) = lock(&self.made).pop() else { return self.create(number).await };
        let answer = self.ask("DELETE", &format!("/Users/{id}"), &Value::Null).await;
        self.judge(answer.as_ref(), 204, |_| true)
    }

    async fn change(&self, person: &mut Person, method: &str, number: u64) -> Came {
        let title = number.to_string();
        let body = match method {
            "PUT" => self::person(&person.name, &title),
            _ => json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "title", "value": title}]}),
        };
        person.title = None;
        let answer = self.ask(method, &format!("/Users/{}", person.id), &body).await;
        let came = self.judge(answer.as_ref(), 200, |body| body["id"] == *person.id && body["title"] == *title);
        if matches!(came, Came::Right) {
            person.title = Some(title);
        }
        came
    }

    async fn read(&self, person: &Person) -> Came {
        let answer = self.ask("GET", &format!("/Users/{}", person.id), &Value::Null).await;
        self.judge(answer.as_ref(), 200, |body| {
            let is_known = person.title.as_ref().is_none_or(|title| body["title"] == **title);
            is_known && body["id"] == *person.id && body["userName"] == *person.name
        })
    }

    async fn list(&self, name: &str) -> Came {
        let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
        let answer = self.ask("GET", &path, &Value::Null).await;
        self.judge(answer.as_ref(), 200, |body| body["totalResults"] == 1 && body["Resources"][0]["userName"] == *name)
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder()
            .method(method)
            .uri(format!("/{}/scim/v2{path}", TARGETS[self.target]))
            .header("host", "scim.example.com")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/scim+json");
        self.connections.send(request.body(Full::new(body)).expect("a request")).await
    }

    /// The answer is the one that is right, or one that the contract has for a vendor that is ill.
    fn judge(&self, answer: Option<&Answer>, status: u16, right: impl FnOnce(&Value) -> bool) -> Came {
        let Some(answer) = answer else { return Came::Wrong("no answer".to_owned()) };
        let body = answer.json();
        if answer.status == status && right(&body) {
            return Came::Right;
        }
        match answer.refusal() {
            Some(refused) if !self.well => Came::Refused(refused),
            _ => Came::Wrong(format!("{} {} instead of {status}: {body}", TARGETS[self.target], answer.status)),
        }
    }
}

fn person(name: &str, title: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true, "title": title})
}

impl Answer {
    /// The body; `null` if there is none.
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The status, if it is what CONTRACT section 4 has for a vendor that fails, in its form.
    fn refusal(&self) -> Option<u16> {
        let (status, body) = (self.status.as_u16(), self.json());
        let text = status.to_string();
        let listed = matches!(status, 429 | 500 | 502 | 503 | 504);
        // The gateway's own failure, not the vendor's.
        let own = body["detail"] == "internal error";
        let formed = body["status"] == *text && body["schemas"][0] == ERROR;
        let says_when = !matches!(status, 429 | 503) || self.headers.contains_key("retry-after");
        (listed && !own && formed && says_when).then_some(status)
    }
}

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Connections to the gateway, as many as there are requests at a time.
struct Connections {
    socket: PathBuf,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl Connections {
    async fn send(&self, request: Request<Full<Bytes>>) -> Option<Answer> {
        let mut connection = self.connection().await?;
        let (head, body) = connection.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        lock(&self.idle).push(connection);
        Some(Answer { status: head.status, headers: head.headers, body })
    }

    async fn connection(&self) -> Option<SendRequest<Full<Bytes>>> {
        loop {
            let Some(mut idle) = lock(&self.idle).pop() else { break };
            if idle.ready().await.is_ok() {
                return Some(idle);
            }
        }
        let (sender, connection) = handshake(TokioIo::new(UnixStream::connect(&self.socket).await.ok()?)).await.ok()?;
        tokio::spawn(connection);
        Some(sender)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
