//! Golden files: for each vendor, `src/<vendor>/testdata/<case>/` holds
//!
//! - `call.json`: the call, in vendor names and RFC shape, with the source it is taken from;
//! - `request.http`: the request it becomes;
//! - `answer.http`: an answer of the vendor (a case may have none);
//! - `answer.json`: what that answer means.
//!
//! `UPDATE_GOLDEN=1 cargo test -p scimux-adapters --test golden` writes the second and the last anew.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use scimux_adapters::{
    Answer, Call, CallKind, CredentialForm, Profile, Repeat, Target, TargetSettings, Translated, Unsupported, Vendor,
    VendorError, vendors,
};
use scimux_scim::list::Page;
use scimux_scim::{AttributePath, ListQuery, Object, Op, PatchOp, ResourceType, Value, value};

#[test]
fn every_vendors_golden_files_hold() {
    let mut wrong = Vec::new();
    for vendor in vendors() {
        let cases = cases(vendor.name);
        assert!(!cases.is_empty(), "{} has no golden files", vendor.name);
        for case in cases {
            wrong.extend(check(vendor, &case).into_iter().map(|wrong| format!("{}: {wrong}", case.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_vendor_has_golden_files_for_each_operation_it_has() {
    for vendor in vendors() {
        let profile = Profile::parse(vendor.profile).expect("a profile");
        let kinds: Vec<(String, String)> = cases(vendor.name).iter().map(|case| call_names(case)).collect();
        for kind in profile.types {
            let has = kind.operations;
            let operations = [
                ("create", has.create),
                ("read", has.read),
                ("list", has.list),
                ("replace", has.replace),
                ("patch", has.patch),
                ("delete", has.delete),
            ];
            for (operation, _) in operations.into_iter().filter(|(_, has)| *has) {
                let wanted = (kind.endpoint.clone(), operation.to_owned());
                assert!(kinds.contains(&wanted), "{} has no golden file for {wanted:?}", vendor.name);
            }
        }
    }
}

fn call_names(case: &Path) -> (String, String) {
    let call = read_json(&case.join("call.json")).expect("every case has a call");
    let text = |name: &str| call.str(name).unwrap_or_default().to_owned();
    (text("endpoint"), text("call"))
}

fn cases(vendor: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(vendor).join("testdata");
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// What is wrong with a case.
fn check(vendor: &'static Vendor, case: &Path) -> Vec<String> {
    let given = match read_json(&case.join("call.json")) {
        Ok(given) => given,
        Err(error) => return vec![error],
    };
    let target = target(vendor, &given);
    let call = match read_call(&given, &target) {
        Ok(call) => call,
        Err(error) => return vec![format!("call.json: {error}")],
    };
    let made = match vendor.adapter.request(&call, &target) {
        Ok(translated) => print_request(&translated),
        Err(refusal) => format!("refused: {refusal}\n"),
    };
    let mut wrong = Vec::new();
    wrong.extend(compare(&case.join("request.http"), &made));
    let answer = fs::read_to_string(case.join("answer.http")).ok();
    match answer {
        Some(answer) => {
            let (head, body) = read_answer(&answer);
            let meant = print_answer(vendor.adapter.answer(&call, &target, &head, &body), &target, &call.endpoint);
            wrong.extend(compare(&case.join("answer.json"), &meant));
        }
        None if case.join("answer.json").exists() => wrong.push("answer.json has no answer.http".to_owned()),
        None => {}
    }
    wrong
}

fn compare(file: &Path, made: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, made).expect("the golden file can be written");
        return None;
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match fs::read_to_string(file) {
        Ok(golden) if golden == made => None,
        Ok(golden) => Some(format!("{name} differs\n--- golden\n{golden}--- made\n{made}")),
        Err(_) => Some(format!("{name} is missing; made\n{made}")),
    }
}

fn target(vendor: &'static Vendor, given: &Object) -> Target {
    let profile = Profile::parse(vendor.profile).expect("a profile");
    let preferred = ["session", "oauth2_client_credentials", "bearer"];
    let scheme = preferred.into_iter().find(|scheme| profile.auth.contains_key(*scheme)).expect("a scheme");
    let mut settings = TargetSettings {
        name: vendor.name.to_owned(),
        base_url: "https://vendor.example".parse().expect("a URL"),
        values: vendor.settings.iter().map(|setting| (setting.key.to_owned(), setting.example.to_owned())).collect(),
        scheme: scheme.to_owned(),
        delete: None,
        unsupported: Unsupported::Drop,
        scan_limit: 1000,
        urns: Vec::new(),
        attributes: Vec::new(),
        defaults: Vec::new(),
    };
    let changes = given.get("target").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, change) in changes {
        match (&*key, change.as_str()) {
            ("base_url", Some(url)) => settings.base_url = url.parse().expect("a URL"),
            ("scheme", Some(scheme)) => settings.scheme = scheme.to_owned(),
            (key, Some(value)) => drop(settings.values.insert(key.to_owned(), value.to_owned())),
            (key, None) => drop(settings.values.remove(key)),
        }
    }
    Target::new(vendor, settings).expect("the case's settings are right")
}

fn read_call(given: &Object, target: &Target) -> Result<Call, String> {
    let endpoint = given.str("endpoint").ok_or("endpoint is missing")?;
    let served = target.served(endpoint).ok_or("the endpoint is not served")?;
    let id = || given.str("id").map(Into::into).ok_or("id is missing");
    let body = || given.get("body").and_then(Value::as_object).cloned().ok_or("body is missing");
    let kind = match given.str("call").ok_or("call is missing")? {
        "create" => CallKind::Create(body()?),
        "read" => CallKind::Read(id()?),
        "list" => {
            let query = given.str("query").unwrap_or_default();
            CallKind::List(ListQuery::parse(query, &served.vendor).map_err(|error| error.detail)?)
        }
        "replace" => CallKind::Replace(id()?, body()?),
        "patch" => CallKind::Patch(id()?, operations(given, &served.vendor)?),
        "delete" => CallKind::Delete(id()?),
        other => return Err(format!("no call is named {other}")),
    };
    Ok(Call { endpoint: endpoint.to_owned(), kind, repeat: Repeat::Safe, if_match: None, is_shown: false })
}

fn operations(given: &Object, kind: &ResourceType) -> Result<Vec<PatchOp>, String> {
    let operations = given.get("operations").and_then(Value::as_array).ok_or("operations is missing")?;
    let read = |operation: &Value| {
        let operation = operation.as_object().ok_or("an operation is an object")?;
        let op = match operation.str("op") {
            Some("add") => Op::Add,
            Some("remove") => Op::Remove,
            Some("replace") => Op::Replace,
            other => return Err(format!("no op is {other:?}")),
        };
        let path = operation.str("path").ok_or("an operation has a path")?;
        let path = AttributePath::parse(path, kind).map_err(|error| error.detail)?;
        Ok(PatchOp { op, path, value: operation.get("value").cloned(), explicit: true })
    };
    operations.iter().map(read).collect()
}

fn print_request(translated: &Translated) -> String {
    let request = &translated.request;
    let mut text = format!("{} {}\n", request.method(), request.uri());
    match &translated.credential {
        CredentialForm::None => {}
        CredentialForm::Bearer => text.push_str("authorization: Bearer {secret}\n"),
        CredentialForm::Basic => text.push_str("authorization: Basic {secret}\n"),
        CredentialForm::Raw(name) => text.push_str(&format!("{name}: {{secret}}\n")),
        CredentialForm::Configured => text.push_str("{header}: {secret}\n"),
    }
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {}\n", value.to_str().expect("our headers are ASCII")));
    }
    if !request.body().is_empty() {
        let body = value::parse(request.body()).expect("our bodies are JSON");
        text.push_str(&format!("\n{}\n", pretty(&Value::Object(body))));
    }
    text
}

fn read_answer(text: &str) -> (http::response::Parts, Bytes) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default().strip_prefix("HTTP/1.1 ").expect("an answer begins with HTTP/1.1");
    let mut answer = http::Response::builder().status(status.trim());
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header is name: value");
        answer = answer.header(name, value);
    }
    let (head, ()) = answer.body(()).expect("a head").into_parts();
    (head, Bytes::copy_from_slice(body.trim_end().as_bytes()))
}

fn print_answer(answer: Result<Answer, VendorError>, target: &Target, endpoint: &str) -> String {
    let (name, value) = match answer {
        Ok(Answer::Resource(resource)) => ("resource", Value::Object(resource)),
        Ok(Answer::Shown(_)) => panic!("none was asked for"),
        Ok(Answer::Page(page)) => ("page", print_page(page, target, endpoint)),
        Ok(Answer::Empty(id)) => ("empty", id.map_or(Value::Null, Value::from)),
        Err(error) => ("error", print_error(&error)),
    };
    let mut object = Object::new();
    object.insert(name, value);
    format!("{}\n", pretty(&Value::Object(object)))
}

fn print_page(page: Page, target: &Target, endpoint: &str) -> Value {
    let served = target.served(endpoint).expect("the call was made for it");
    let listed = |text| scimux_adapters::dialect::listed(text, served).expect("a resource");
    let mut object = Object::new();
    object.insert("totalResults", page.total_results.map_or(Value::Null, Value::from));
    object.insert("startIndex", page.start_index.map_or(Value::Null, Value::from));
    object.insert("resources", Value::Array(page.resources.iter().map(listed).map(Value::Object).collect()));
    Value::Object(object)
}

fn print_error(error: &VendorError) -> Value {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let number = |number: Option<u64>| number.map_or(Value::Null, Value::from);
    let mut object = Object::new();
    object.insert("kind", Value::from(format!("{:?}", error.kind)));
    object.insert("status", number(error.status.map(u64::from)));
    object.insert("code", text(&error.code));
    object.insert("text", text(&error.text));
    object.insert("hint", text(&error.hint));
    object.insert("retryAfter", number(error.retry_after));
    object.insert("documented", error.documented);
    Value::Object(object)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("values are JSON")
}

fn read_json(file: &Path) -> Result<Object, String> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    value::parse(&Bytes::from(text)).map_err(|error| format!("{}: {}", file.display(), error.detail))
}
