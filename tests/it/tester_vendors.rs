//! The verdict of scim2-tester on routes to servers with ways of their own: scimmy, and each vendor's sandbox.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::independent::{node, printed, python};
use crate::world::{self, Gateway, TOKEN, World};

/// scimmy, an independent server whose answers lack much.
struct Scimmy {
    process: Child,
    address: String,
}

impl Scimmy {
    fn start() -> Self {
        let mut process = node("scimmy.cjs").stdout(Stdio::piped()).spawn().expect("node starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line).expect("the server prints where it is");
        let address = line.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/scim"));
        Self { address: address.expect("a base URL").to_owned(), process }
    }
}

impl Drop for Scimmy {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What the tester finds: how many results, and title and reason of those that are neither success nor skipped.
async fn verdict(place: &str, path: &str, values: &Value) -> (u64, Vec<(String, String)>) {
    let mut tester: Command = python("run_tester.py");
    tester.args([place, TOKEN, path, &values.to_string()]);
    let verdict = world::json(&printed(tester).await);
    let others = verdict["others"].as_array().expect("a list").iter().filter(|one| one["status"] != "SKIPPED");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |one: &Value| (text(&one["title"]), text(&one["reason"]));
    (verdict["results"].as_u64().expect("a number"), others.map(told).collect())
}

#[tokio::test]
async fn scimmy_has_no_more_errors_through_the_gateway() {
    let scimmy = Scimmy::start();
    let target = format!(
        "[targets.t]\nadapter = \"scim\"\nbase_url = \"http://{}/scim\"\nauth = {{ scheme = \"bearer\", token = \"T\" }}\n",
        scimmy.address
    );
    let gateway = Gateway::start(&target).await;
    let (direct, errors) = verdict(&scimmy.address, "/scim", &json!({})).await;
    let (through, left) = verdict(&gateway.socket().display().to_string(), "t", &json!({})).await;
    assert!(left.len() <= errors.len(), "{} errors directly, and through the gateway: {left:#?}", errors.len());
    assert!(through >= direct, "{through} results through the gateway, {direct} directly");
}

/// What a vendor demands of values, which no schema can say.
fn demanded(vendor: &str) -> Value {
    match vendor {
        "veeva" => json!({
            "userName": "{}@veepharm.com", "locale": "en-US", "timezone": "America/Los_Angeles",
            "SecurityProfile.value": "document_user__v", "SecurityPolicy.value": "2525", "LicenseType.value": "full__v",
        }),
        "pingone" => json!({"timezone": "Europe/Zurich", "Addresses.country": "CH"}),
        "huawei" => json!({"Emails.primary": true}),
        _ => json!({}),
    }
}

/// A result that is no success, and why it cannot be one.
struct Listed {
    vendor: &'static str,
    /// What it is known by: its title and reason.
    known_by: (&'static str, &'static str),
    why: &'static str,
}

const fn listed(vendor: &'static str, title: &'static str, reason: &'static str, why: &'static str) -> Listed {
    Listed { vendor, known_by: (title, reason), why }
}

const FIXED: &str = "a value is needed there, which no schema can say; replacing it works";
const NO_EXTERNAL_ID: &str = "the vendor has none, and no schema lists common attributes";
const READ_ONLY_TYPE: &str = "the vendor's own, readable only; the tester makes one of each type";
const REFERENCE: &str = "the tester takes it for a difference that the server adds the readOnly $ref";
const CREATION: &str = "the population is fixed at creation, and has a value from then on";

const LISTED: &[Listed] = &[
    listed("veeva", "object_deletion", "still exists after deletion", "the vendor has no DELETE: it deactivates"),
    listed("veeva", "", "'externalId'", NO_EXTERNAL_ID),
    listed("veeva", "", "cannot create a SecurityProfile", READ_ONLY_TYPE),
    listed("veeva", "", "cannot create a SecurityPolicy", READ_ONLY_TYPE),
    listed("veeva", "", "cannot create a LicenseType", READ_ONLY_TYPE),
    listed("veeva", "check_add_attribute", ":securityProfile'", REFERENCE),
    listed("veeva", "check_replace_attribute", ":securityProfile'", REFERENCE),
    listed("veeva", "", ":securityPolicy'", REFERENCE),
    listed("veeva", "", ":licenseType'", REFERENCE),
    listed("veeva", "", "unexpected value for 'urn:ietf:params:scim:schemas:extension:veevavault:2.0:User'", REFERENCE),
    listed("veeva", "", ":extendedAttributes'", "add appends to what the test of the whole extension has added"),
    listed("veeva", "check_replace_attribute", "'emails'", "the only e-mail is the primary one, whoever says so"),
    listed("veeva", "check_remove_attribute", "'preferredLanguage'", FIXED),
    listed("veeva", "check_remove_attribute", "'locale'", FIXED),
    listed("veeva", "check_remove_attribute", "'timezone'", FIXED),
    listed("veeva", "check_remove_attribute", "'active'", FIXED),
    listed("veeva", "check_remove_attribute", ":securityProfile'", FIXED),
    listed("veeva", "check_remove_attribute", "[securityProfile] is required", "the extension is required"),
    listed("pingone", "", "'emails'", "the only e-mail is the primary one, of the type that the profile gives it"),
    listed("pingone", "", "extension:2.0:PingOneUser", CREATION),
    listed("pingone", "check_remove_attribute", "'active'", FIXED),
    listed("huawei", "check_remove_attribute", "'active'", FIXED),
    listed(
        "huawei",
        "check_remove_attribute",
        "profileUrl",
        "only PUT removes it, and PUT would lose what is never returned",
    ),
    listed("rsa", "check_remove_attribute", "'active'", FIXED),
    listed("rsa", "", "'emails'", "primary is written and not returned"),
    listed("rsa", "", "'phoneNumbers'", "primary is written and not returned"),
];

/// What is found and not listed, and what is listed and not found.
async fn differences(world: &World, vendor: &'static str) -> Vec<String> {
    let place = world.gateway().socket().display().to_string();
    let (results, others) = verdict(&place, vendor, &demanded(vendor)).await;
    assert!(results > others.len() as u64, "{vendor}: nothing but errors");
    let is = |listed: &Listed, (title, reason): &(String, String)| {
        listed.vendor == vendor && title.contains(listed.known_by.0) && reason.contains(listed.known_by.1)
    };
    let unlisted = others.iter().filter(|one| !LISTED.iter().any(|listed| is(listed, one)));
    let unlisted = unlisted.map(|(title, reason)| format!("{vendor} {title}: {reason}"));
    let stale = LISTED.iter().filter(|listed| listed.vendor == vendor && !others.iter().any(|one| is(listed, one)));
    let stale = stale.map(|listed| format!("{vendor} {:?} is listed ({}) and not found", listed.known_by, listed.why));
    unlisted.chain(stale).collect()
}

#[tokio::test]
async fn over_each_sandbox_all_but_what_is_listed() {
    let world = World::all().await;
    let mut found = Vec::new();
    for vendor in scimux_sandbox::vendors() {
        found.extend(differences(&world, vendor).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
