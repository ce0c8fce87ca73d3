//! A request as text: request line, headers, an empty line, body. Lines end in CRLF or LF.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use crate::config::Route;
use crate::core::path::segments;

/// The longest head, in bytes.
pub(crate) const HEAD_BYTES: usize = 65_536;
const MAX_HEADERS: usize = 100;

/// A request as it was written.
#[derive(Debug)]
pub(super) struct Raw {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Reads a request. `Content-Length` does not count: the body ends where the text does.
///
/// # Errors
/// What is wrong with its form.
pub(super) fn parse(text: &[u8]) -> Result<Raw, String> {
    let mut lines = Lines(text);
    let first = lines.find(|line| !line.is_empty()).ok_or("the request is empty")?;
    let (method, target) = request_line(first)?;
    let mut headers = HeaderMap::new();
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        let (name, value) = header(line)?;
        headers.append(name, value);
        if headers.len() > MAX_HEADERS {
            return Err(format!("the request has more than {MAX_HEADERS} headers"));
        }
    }
    let body = lines.0;
    if text.len() - body.len() > HEAD_BYTES {
        return Err(format!("the request's head is longer than {HEAD_BYTES} bytes"));
    }
    if headers.remove(TRANSFER_ENCODING).is_some() {
        return Err("Transfer-Encoding is not understood here; write the body as it is".to_owned());
    }
    headers.remove(CONTENT_LENGTH);
    Ok(Raw { method, target, headers, body: Bytes::copy_from_slice(body) })
}

/// Lines without their ends; what is left is the text behind them.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let (line, rest) = end.map_or((self.0, &[][..]), |end| (&self.0[..end], &self.0[end + 1..]));
        self.0 = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

fn request_line(line: &[u8]) -> Result<(Method, String), String> {
    let wrong = || "the first line must be METHOD PATH, for example PATCH /Users/1 HTTP/1.1".to_owned();
    let text = std::str::from_utf8(line).map_err(|_| wrong())?;
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let (method, target) = match parts[..] {
        [method, target] => (method, target),
        [method, target, version] if version.starts_with("HTTP/") => (method, target),
        _ => return Err(wrong()),
    };
    Ok((method.parse().map_err(|_| wrong())?, target.to_owned()))
}

fn header(line: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    // The line itself is not repeated: it may hold a credential.
    let wrong = || "a line of the request's head is no `Name: value`".to_owned();
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| wrong())?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| wrong())?;
    Ok((name, value))
}

impl Raw {
    /// The request as it comes in at the front door by this route. Its path may be the whole one, also in a URL, or the
    /// part below the route.
    ///
    /// # Errors
    /// The path is none.
    pub(super) fn below(self, route: &Route) -> Result<Request<Bytes>, String> {
        let wrong = || format!("{:?} is no path; it must begin with / or be a URL", self.target);
        let given: Uri = self.target.parse().map_err(|_| wrong())?;
        let path = given.path_and_query().filter(|path| path.as_str().starts_with('/')).ok_or_else(wrong)?;
        let whole = {
            let mut asked = segments(path.path());
            segments(&route.path).all(|own| asked.next() == Some(own))
        };
        let path = if whole { path.to_string() } else { format!("{}{path}", route.path) };
        let mut request = Request::new(self.body.clone());
        *request.uri_mut() = path.parse().map_err(|_| wrong())?;
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(host) = &route.host {
            // `--route` says where the request goes, whatever host it was written for.
            request.headers_mut().insert(HOST, HeaderValue::try_from(host).map_err(|_| wrong())?);
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests;
