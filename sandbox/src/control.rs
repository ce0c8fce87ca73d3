//! The imitation's own endpoints below `/__sandbox`, for those who run one without Rust.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Shared;
use crate::store::Object;
use crate::vendor::{Answer, Request};
use crate::{Exchange, Fault, FaultKind};

const JSON: &str = "application/json";

pub(crate) fn handle(request: &Request, shared: &Shared) -> Answer {
    let path = request.path.trim_start_matches("/__sandbox/");
    let outcome = match (request.method.as_str(), path) {
        ("GET", "health") => Ok(json!({ "vendor": shared.vendor.name() })),
        ("GET", "switches") => Ok(shared.state().switches.as_json()),
        ("PUT", "switches") => request.object().and_then(|body| set_all(&body, shared)),
        ("POST", "faults") => request.object().and_then(|body| {
            shared.add_fault(fault(&body)?);
            Ok(json!({ "queued": true }))
        }),
        ("DELETE", "faults") => {
            shared.clear();
            Ok(json!({ "cleared": true }))
        }
        ("GET", "exchanges") => Ok(shared.take_exchanges().iter().map(exchange).collect()),
        _ => Err("there are: health, switches, faults, exchanges".to_owned()),
    };
    match outcome {
        Ok(body) => Answer::json(200, JSON, &body),
        Err(problem) => Answer::json(400, JSON, &json!({ "error": problem })),
    }
}

fn set_all(body: &Object, shared: &Shared) -> Result<Value, String> {
    let mut state = shared.state();
    for (name, value) in body {
        state.switches.set(name, value)?;
    }
    Ok(state.switches.as_json())
}

fn fault(body: &Object) -> Result<Fault, String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let kind = match text("kind").unwrap_or_default().as_str() {
        "delay" => FaultKind::Delay(Duration::from_millis(number("millis").ok_or("delay needs millis")?)),
        "slow_drip" => FaultKind::SlowDrip(Duration::from_millis(number("millis").ok_or("slow_drip needs millis")?)),
        "status" => FaultKind::Status {
            status: status(number("status"))?,
            headers: headers(body.get("headers")),
            body: text("body").unwrap_or_default(),
        },
        "break_before_reading" => FaultKind::BreakBeforeReading,
        "break_after_reading" => FaultKind::BreakAfterReading,
        "half_body" => FaultKind::HalfBody,
        "not_json" => FaultKind::NotJson,
        "expire_session" => FaultKind::ExpireSession,
        other => {
            return Err(format!(
                "no fault {other:?}; there are delay, status, break_before_reading, break_after_reading, half_body, slow_drip, \
                 not_json, expire_session"
            ));
        }
    };
    let times = u32::try_from(number("times").unwrap_or(1)).map_err(|_| "times is too large")?;
    Ok(Fault { method: text("method"), path_contains: text("path_contains"), times, kind })
}

fn status(number: Option<u64>) -> Result<u16, String> {
    let status = number.and_then(|n| u16::try_from(n).ok()).filter(|n| (200..600).contains(n));
    status.ok_or_else(|| "status needs a status from 200 to 599".to_owned())
}

fn headers(value: Option<&Value>) -> Vec<(String, String)> {
    let object = value.and_then(Value::as_object).into_iter().flatten();
    object.filter_map(|(n, v)| Some((n.clone(), v.as_str()?.to_owned()))).collect()
}

fn exchange(exchange: &Exchange) -> Value {
    let headers = |list: &[(String, String)]| list.iter().map(|(n, v)| json!([n, v])).collect::<Value>();
    json!({
        "method": exchange.method,
        "path": exchange.path,
        "headers": headers(&exchange.headers),
        "body": exchange.body,
        "status": exchange.status,
        "answer_headers": headers(&exchange.answer_headers),
        "answer": exchange.answer,
    })
}
