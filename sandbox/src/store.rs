//! The resources an imitation holds, and the few operations on them that all vendors share.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// A resource as JSON.
pub(crate) type Object = Map<String, Value>;

/// Resources by endpoint (`/Users`), in order of creation.
#[derive(Debug, Default)]
pub(crate) struct Store {
    tables: BTreeMap<String, Vec<Object>>,
    last_number: u64,
}

impl Store {
    pub(crate) fn all(&self, endpoint: &str) -> &[Object] {
        self.tables.get(endpoint).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn get(&self, endpoint: &str, id: &str) -> Option<&Object> {
        self.all(endpoint).iter().find(|r| id_of(r) == id)
    }

    /// Adds the resource, or puts it in the place of the one with its id.
    pub(crate) fn put(&mut self, endpoint: &str, resource: Object) {
        let table = self.tables.entry(endpoint.to_owned()).or_default();
        match table.iter_mut().find(|r| id_of(r) == id_of(&resource)) {
            Some(present) => *present = resource,
            None => table.push(resource),
        }
    }

    pub(crate) fn remove(&mut self, endpoint: &str, id: &str) -> bool {
        let Some(table) = self.tables.get_mut(endpoint) else {
            return false;
        };
        let before = table.len();
        table.retain(|r| id_of(r) != id);
        table.len() < before
    }

    /// Whether another resource than `except` has this string, without regard to case, at `pick`.
    pub(crate) fn taken<'a>(
        &'a self,
        endpoint: &str,
        except: Option<&str>,
        value: Option<&str>,
        pick: impl Fn(&'a Object) -> Option<&'a str>,
    ) -> Option<&'a Object> {
        let value = value?;
        let others = self.all(endpoint).iter().filter(|r| Some(id_of(r)) != except);
        others.into_iter().find(|r| pick(r).is_some_and(|held| held.eq_ignore_ascii_case(value)))
    }

    /// The next number that no id uses, above every id that is one.
    pub(crate) fn next_number(&mut self, first: u64) -> u64 {
        let ids = self.tables.values().flatten().filter_map(|r| id_of(r).parse::<u64>().ok());
        let highest = ids.max().unwrap_or(0).max(self.last_number).max(first);
        self.last_number = highest + 1;
        self.last_number
    }
}

/// The `id` of a resource, empty if it has none yet.
pub(crate) fn id_of(resource: &Object) -> &str {
    resource.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// The string at a top-level attribute.
pub(crate) fn text<'a>(resource: &'a Object, attribute: &str) -> Option<&'a str> {
    resource.get(attribute).and_then(Value::as_str)
}

/// The string at `attribute.sub`.
pub(crate) fn sub_text<'a>(resource: &'a Object, attribute: &str, sub: &str) -> Option<&'a str> {
    resource.get(attribute)?.get(sub)?.as_str()
}

/// `value` of the first element of a multi-valued attribute.
pub(crate) fn first_value<'a>(resource: &'a Object, attribute: &str) -> Option<&'a str> {
    resource.get(attribute)?.get(0)?.get("value")?.as_str()
}

/// Absent in the sense of RFC 7643 section 2.5: missing, `null` or `[]`.
pub(crate) fn unset(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(values)) => values.is_empty(),
        Some(_) => false,
    }
}

/// How exact a vendor's timestamps are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Precision {
    /// `2023-04-08T14:53:43Z`
    Seconds,
    /// `2018-05-30T22:21:18.000Z`
    SecondsAsMillis,
    /// `2022-12-21T13:59:27.464Z`
    Millis,
}

/// The present time, UTC, in a vendor's form.
pub(crate) fn now(precision: Precision) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format_time(since.as_secs(), since.subsec_millis(), precision)
}

fn format_time(seconds: u64, millis: u32, precision: Precision) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let head = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    match precision {
        Precision::Seconds => format!("{head}Z"),
        Precision::SecondsAsMillis => format!("{head}.000Z"),
        Precision::Millis => format!("{head}.{millis:03}Z"),
    }
}

/// Days since 1970-01-01 as year, month, day (the well-known era arithmetic, for days after the epoch).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Sets `meta.lastModified`, and on a new resource also `created` and `resourceType`.
pub(crate) fn touch(resource: &mut Object, resource_type: &str, precision: Precision) {
    let now = now(precision);
    match resource.get_mut("meta").and_then(Value::as_object_mut) {
        Some(meta) => {
            meta.insert("lastModified".to_owned(), json!(now));
        }
        None => {
            let meta = json!({ "resourceType": resource_type, "created": now, "lastModified": now });
            resource.insert("meta".to_owned(), meta);
        }
    }
}

/// The members named in `order` first and in that order, the others behind them.
pub(crate) fn ordered(resource: &Object, order: &[&str]) -> Object {
    let first = order.iter().filter_map(|name| Some(((*name).to_owned(), resource.get(*name)?.clone())));
    let rest = resource.iter().filter(|(name, _)| !order.contains(&name.as_str()));
    first.chain(rest.map(|(n, v)| (n.clone(), v.clone()))).collect()
}

/// One page: `start` is 1-based.
pub(crate) fn page<T>(items: Vec<T>, start: usize, count: usize) -> Vec<T> {
    items.into_iter().skip(start.saturating_sub(1)).take(count).collect()
}

/// Where a dotted or URN-prefixed attribute name stands: the keys to follow from the root.
fn steps(path: &str) -> Vec<&str> {
    let is_urn = path.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("urn:"));
    let (urn, rest) = match path.rfind(':') {
        Some(at) if is_urn => (Some(&path[..at]), &path[at + 1..]),
        _ => (None, path),
    };
    let extension = urn.filter(|urn| !urn.to_ascii_lowercase().starts_with("urn:ietf:params:scim:schemas:core:"));
    extension.into_iter().chain(rest.splitn(2, '.')).collect()
}

/// A member found without regard to case.
pub(crate) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// Every value at an attribute path; arrays on the way are searched element by element.
pub(crate) fn values_at<'a>(resource: &'a Object, path: &str) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    let steps = steps(path);
    let Some((first, rest)) = steps.split_first() else {
        return found;
    };
    found.extend(member(resource, first));
    for step in rest {
        let flat = found.into_iter().flat_map(elements);
        found = flat.filter_map(|v| member(v.as_object()?, step)).collect();
    }
    found.into_iter().flat_map(elements).collect()
}

/// The elements of an array, or the value itself.
pub(crate) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        other => std::slice::from_ref(other),
    }
}

/// `attributes` and `excludedAttributes` of RFC 7644 section 3.9; `always` stays whatever was asked.
pub(crate) fn project(resource: &Object, only: Option<&str>, without: Option<&str>, always: &[&str]) -> Object {
    let names = |list: &str| list.split(',').map(|n| n.trim().to_owned()).collect::<Vec<_>>();
    match (only.map(names), without.map(names)) {
        (Some(only), _) => {
            let mut kept = Object::new();
            for (name, value) in resource {
                if always.iter().any(|a| a.eq_ignore_ascii_case(name)) {
                    kept.insert(name.clone(), value.clone());
                } else if let Some(value) = keep(name, value, &only) {
                    kept.insert(name.clone(), value);
                }
            }
            kept
        }
        (None, Some(without)) => {
            let mut kept = resource.clone();
            for path in &without {
                if !always.iter().any(|a| a.eq_ignore_ascii_case(path)) {
                    drop_at(&mut kept, &steps(path));
                }
            }
            kept
        }
        (None, None) => resource.clone(),
    }
}

fn keep(name: &str, value: &Value, only: &[String]) -> Option<Value> {
    if only.iter().any(|path| steps(path) == [name] || path.eq_ignore_ascii_case(name)) {
        return Some(value.clone());
    }
    let whole = |path: &&String| matches!(steps(path).as_slice(), [one] if one.eq_ignore_ascii_case(name));
    if only.iter().any(|path| whole(&path)) {
        return Some(value.clone());
    }
    let subs = only.iter().filter_map(|path| match steps(path).as_slice() {
        [first, sub, ..] if first.eq_ignore_ascii_case(name) => Some((*sub).to_owned()),
        _ => None,
    });
    let subs: Vec<String> = subs.collect();
    if subs.is_empty() { None } else { Some(keep_subs(value, &subs)) }
}

fn keep_subs(value: &Value, subs: &[String]) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|v| keep_subs(v, subs)).collect(),
        Value::Object(object) => {
            let wanted = |name: &str| subs.iter().any(|s| s.eq_ignore_ascii_case(name));
            let members = object.iter().filter(|(name, _)| wanted(name));
            Value::Object(members.map(|(n, v)| (n.clone(), v.clone())).collect())
        }
        other => other.clone(),
    }
}

fn drop_at(object: &mut Object, steps: &[&str]) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    let Some(name) = object.keys().find(|n| n.eq_ignore_ascii_case(first)).cloned() else {
        return;
    };
    if rest.is_empty() {
        object.shift_remove(&name);
        return;
    }
    match object.get_mut(&name) {
        Some(Value::Object(inner)) => drop_at(inner, rest),
        Some(Value::Array(values)) => {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|inner| drop_at(inner, rest));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_calendar_dates() {
        assert_eq!(format_time(1_671_631_167, 464, Precision::Millis), "2022-12-21T13:59:27.464Z");
        assert_eq!(format_time(951_782_400, 0, Precision::Seconds), "2000-02-29T00:00:00Z");
        assert_eq!(format_time(0, 0, Precision::SecondsAsMillis), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn projection_keeps_what_was_asked() {
        let user = json!({"id": "1", "userName": "u", "name": {"givenName": "g", "familyName": "f"}});
        let user = user.as_object().expect("an object");
        let only = project(user, Some("name.givenName"), None, &["id"]);
        assert_eq!(Value::Object(only), json!({"id": "1", "name": {"givenName": "g"}}));
        let without = project(user, None, Some("id,name.familyName"), &["id"]);
        assert_eq!(Value::Object(without), json!({"id": "1", "userName": "u", "name": {"givenName": "g"}}));
    }
}
