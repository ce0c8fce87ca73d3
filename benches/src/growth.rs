//! Paths of a size: `make bench-growth` shows that what they cost is flat or linear in it.

use std::fmt::Write as _;

use bytes::Bytes;
use scimux_adapters::TargetSettings;

use crate::exchange::{Ask, Exchange, answer, target};
use crate::{ID, Run, USER};

/// What grows.
#[derive(Debug)]
pub struct Growth {
    /// Its name.
    pub name: &'static str,
    /// What is counted, for the chart.
    pub unit: &'static str,
    /// The sizes that are measured.
    pub sizes: &'static [usize],
    /// The path of a size.
    pub prepare: fn(usize) -> Run,
}

/// All that grows in the pure paths.
pub const GROWTH: &[Growth] = &[
    Growth { name: "body", unit: "phone numbers in the user of a PUT", sizes: &[1, 64, 256, 512, 1024], prepare: body },
    Growth {
        name: "rules",
        unit: "renamed attributes of the target, PUT",
        sizes: &[1, 32, 64, 128, 256],
        prepare: rules,
    },
    Growth {
        name: "operations",
        unit: "operations in a PATCH carried out by read and PUT",
        sizes: &[1, 250, 500, 750, 1000],
        prepare: operations,
    },
    Growth { name: "members-put", unit: "members in the PUT of a group", sizes: MEMBERS, prepare: members_put },
    Growth {
        name: "members-diff",
        unit: "members of a group, PUT carried out by PATCH",
        sizes: MEMBERS,
        prepare: members_diff,
    },
    Growth {
        name: "members-add",
        unit: "members of a group, PATCH of one carried out by PUT",
        sizes: MEMBERS,
        prepare: members_add,
    },
    Growth {
        name: "members-patch",
        unit: "members added by one PATCH carried out by PUT",
        sizes: MEMBERS,
        prepare: members_patch,
    },
    Growth {
        name: "list",
        unit: "users read for a filter the vendor lacks",
        sizes: &[200, 2500, 5000, 7500, 10_000],
        prepare: list,
    },
];

const MEMBERS: &[usize] = &[10, 2500, 5000, 7500, 10_000];

fn body(size: usize) -> Run {
    let numbers: Vec<String> =
        (0..size).map(|number| format!(r#"{{"value":"+1 555 {number:07}","type":"work"}}"#)).collect();
    let with_numbers = |user: &str| {
        let at = user.find(r#""phoneNumbers":["#).expect("it has some") + r#""phoneNumbers":["#.len();
        let end = at + user[at..].find(']').expect("the list ends");
        format!("{}{}{}", &user[..at], numbers.join(","), &user[end..])
    };
    Exchange::over(
        target("scim", |_| {}),
        "/Users",
        Ask::Replace(with_numbers(USER).into()),
        with_numbers(&answer("scim")),
        1,
    )
    .calls(1)
}

fn rules(size: usize) -> Run {
    let pair = |number| {
        let canonical = format!("urn:acme:scim:schemas:extension:hr{number}:2.0:User:ours");
        (canonical, format!("urn:vendor:scim:schemas:extension:hr{number}:2.0:User:theirs"))
    };
    let attributes = (0..size).map(pair).collect();
    let user = USER.trim_end().strip_suffix('}').expect("an object").to_owned()
        + r#","urn:acme:scim:schemas:extension:hr0:2.0:User":{"ours":"a"}}"#;
    let renamed = target("scim", |settings| settings.attributes = attributes);
    Exchange::over(renamed, "/Users", Ask::Replace(user.into()), answer("scim"), 1).calls(1)
}

fn operations(size: usize) -> Run {
    let operations = (0..size).map(|number| {
        let name = ["title", "nickName", "name.givenName", "displayName"][number % 4];
        format!(r#"{{"op":"replace","path":"{name}","value":"value {number}"}}"#)
    });
    let emulated = target("scim", without_patch);
    Exchange::over(emulated, "/Users", Ask::Patch(message(operations)), answer("scim"), 1).calls(2)
}

fn members_put(size: usize) -> Run {
    Exchange::over(target("scim", |_| {}), "/Groups", Ask::Replace(group(size).into()), group(size), 1).calls(1)
}

fn members_diff(size: usize) -> Run {
    let wanted = group(size).replace("user-0000007\"", "user-other\"");
    Exchange::over(target("scim", without_put), "/Groups", Ask::Replace(wanted.into()), group(size), 1).any()
}

fn members_add(size: usize) -> Run {
    let added = std::iter::once(r#"{"op":"add","path":"members","value":[{"value":"user-new"}]}"#.to_owned());
    Exchange::over(target("scim", without_patch), "/Groups", Ask::Patch(message(added)), group(size), 1).calls(2)
}

fn members_patch(size: usize) -> Run {
    let members: Vec<String> = (0..size).map(|number| format!(r#"{{"value":"new-{number:07}"}}"#)).collect();
    let added = std::iter::once(format!(r#"{{"op":"add","path":"members","value":[{}]}}"#, members.join(",")));
    Exchange::over(target("scim", without_patch), "/Groups", Ask::Patch(message(added)), group(10), 1).calls(2)
}

fn list(size: usize) -> Run {
    let query = "filter=title%20eq%20%22nobody%22".to_owned();
    Exchange::new("rsa", Ask::List(query), size as u64).any()
}

fn without_patch(settings: &mut TargetSettings) {
    settings.values.insert("patch".to_owned(), "emulate".to_owned());
}

fn without_put(settings: &mut TargetSettings) {
    settings.values.insert("put".to_owned(), "emulate".to_owned());
}

fn message(operations: impl Iterator<Item = String>) -> Bytes {
    let operations: Vec<String> = operations.collect();
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    format!(r#"{{"schemas":["{urn}"],"Operations":[{}]}}"#, operations.join(",")).into()
}

fn group(size: usize) -> String {
    let mut members = String::new();
    for number in 0..size {
        let comma = if number == 0 { "" } else { "," };
        write!(members, r#"{comma}{{"value":"user-{number:07}","type":"User"}}"#).expect("writing to a string");
    }
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{ID}","displayName":"Guides","members":[{members}]}}"#
    )
}
