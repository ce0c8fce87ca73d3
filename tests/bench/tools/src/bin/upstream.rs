//! A vendor that answers at once, always the same: the file of the adapter that the path tells, alone or as a list.
//!
//! `upstream ADDRESS FOLDER`, where the folder holds `<adapter>.json`.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What tells an adapter in a path: the name of its route, or its own place.
const PLACES: [(&str, &str); 5] =
    [("pingone", "/environments/"), ("veeva", "/api/v"), ("huawei", "/tenant-"), ("rsa", "/rsa/"), ("scim", "/")];

/// How many users there are.
const TOTAL: usize = 10_000;

const ID: &str = "2819c223-7f76-453a-919d-413861904646";

struct Answers {
    users: HashMap<&'static str, String>,
    login: Bytes,
    made: HashMap<(&'static str, Option<(usize, usize)>), Bytes>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("upstream ADDRESS FOLDER"));
    };
    let listener = TcpListener::bind(&address).await?;
    let answers = Rc::new(tokio::sync::Mutex::new(Answers::read(Path::new(&folder), &address)?));
    tokio::task::LocalSet::new()
        .run_until(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::task::spawn_local(serve(stream, answers.clone()));
            }
        })
        .await
}

/// Answers the requests of one connection in turn.
async fn serve(mut stream: TcpStream, answers: Rc<tokio::sync::Mutex<Answers>>) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    loop {
        while let Some((path, length)) = request(&buffer) {
            let answer = answers.lock().await.to(&path);
            drop(buffer.split_to(length));
            stream.write_all(&answer).await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// The path of the first request in the buffer, and its length, once it is whole.
fn request(buffer: &[u8]) -> Option<(String, usize)> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    };
    let length = end + lines.find_map(header).unwrap_or(0);
    (buffer.len() >= length).then_some((path, length))
}

impl Answers {
    fn read(folder: &Path, address: &str) -> io::Result<Self> {
        let mut users = HashMap::new();
        for (adapter, _) in PLACES {
            users.insert(
                adapter,
                std::fs::read_to_string(folder.join(format!("{adapter}.json")))?.trim_end().to_owned(),
            );
        }
        let login = format!(
            r#"{{"responseStatus":"SUCCESS","sessionId":"bench-session","userId":1,"vaultId":1,"vaultIds":[{{"id":1,"name":"Bench","url":"http://{address}/api"}}],"access_token":"bench-token","token_type":"Bearer","expires_in":86400}}"#
        );
        Ok(Self { users, login: answer(&login), made: HashMap::new() })
    }

    fn to(&mut self, path: &str) -> Bytes {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if path.ends_with("/auth") || path.ends_with("/token") {
            return self.login.clone();
        }
        let is_at = |(name, place): &&(&str, &str)| path.contains(place) || path[1..].starts_with(name);
        let adapter = PLACES.iter().find(is_at).map_or("scim", |(name, _)| name);
        let number = |name: &str| {
            let values = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(known, _)| *known == name);
            values.filter_map(|(_, value)| value.parse::<usize>().ok()).next()
        };
        let page = (number("startIndex").unwrap_or(1), number("count").unwrap_or(100));
        let page = path.ends_with("/Users").then_some(page);
        let users = &self.users;
        self.made.entry((adapter, page)).or_insert_with(|| make(&users[adapter], page)).clone()
    }
}

fn make(user: &str, page: Option<(usize, usize)>) -> Bytes {
    let Some((start, count)) = page else { return answer(user) };
    let numbers = start..(start + count).min(TOTAL + 1);
    let users: Vec<String> = numbers.map(|number| user.replace(ID, &format!("{number:036}"))).collect();
    answer(&format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{TOTAL},"startIndex":{start},"itemsPerPage":{},"Resources":[{}]}}"#,
        users.len(),
        users.join(",")
    ))
}

fn answer(body: &str) -> Bytes {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: {length}\r\n\r\n{body}").into()
}
