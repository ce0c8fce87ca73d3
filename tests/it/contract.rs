//! The example configuration of the contract, pointed at sandboxes: each row of the table holds with its mappings,
//! defaults and settings too.

use scimux_sandbox::Sandbox;
use scimux_sandbox::demo::{ABIGAIL, ISABELLA, USER_TWO, WEI};
use serde_json::{Value, json};

use crate::world::{Answer, Gateway, PUBLIC, TOKEN, json as parse, sandbox};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ACME: &str = "urn:acme:scim:schemas:extension:vault:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";

struct Contract {
    gateway: Gateway,
    veeva: Sandbox,
    ping: Sandbox,
    huawei: Sandbox,
    rsa: Sandbox,
    plain: Sandbox,
}

impl Contract {
    /// `tests/testdata/contract.toml` with the sandboxes' addresses and credentials for the vendors', and nothing else
    /// changed but where to listen and the proxy, which is not there.
    async fn start() -> Self {
        let (veeva, ping) = (sandbox("veeva").await, sandbox("pingone").await);
        let (huawei, rsa, plain) = (sandbox("huawei").await, sandbox("rsa").await, sandbox("scim").await);
        let example = include_str!("../testdata/contract.toml");
        let from = example.find("[clients.okta]").expect("the clients' section");
        let secret = |sandbox: &Sandbox, key: &str| {
            let toml = sandbox.target_toml();
            let at = toml.find(&format!("{key} = \"")).unwrap_or_else(|| panic!("{key} in {toml}"));
            toml[at..].split('"').nth(1).expect("a quoted value").to_owned()
        };
        let ping_base = ping.base_url();
        let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/ca.pem");
        let (ping_id, ping_secret) = (secret(&ping, "client_id"), secret(&ping, "client_secret"));
        let changes = [
            ("https://veepharm.veevavault.com", veeva.base_url()),
            ("https://scim-api.pingone.eu", ping_base.clone()),
            ("https://auth.pingone.eu", ping_base),
            ("https://scim.cn-north-4.myhuaweicloud.com", huawei.base_url()),
            ("https://example.auth.securid.com/scim", rsa.base_url()),
            ("http://127.0.0.1:9000/v2", plain.base_url()),
            ("client_id = \"…\"", format!("client_id = \"{ping_id}\"")),
            ("{ file = \"/run/secrets/ping\" }", format!("\"{ping_secret}\"")),
            ("username = \"u\"", format!("username = \"{}\"", secret(&plain, "username"))),
            ("/etc/scimux/vendor-ca.pem", ca.to_owned()),
            ("proxy = \"http://proxy:3128\"", "# no proxy".to_owned()),
            ("host = \"veeva.scim.example.com\"", "# one host".to_owned()),
            ("routes = [\"veeva\", \"ping\"]", "# all routes".to_owned()),
        ];
        let toml = changes.iter().fold(example[from..].to_owned(), |toml, (old, new)| {
            assert!(toml.contains(old), "the example holds {old}");
            toml.replace(old, new)
        });
        let environment = [
            ("OKTA_TOKEN", TOKEN.to_owned() + "-okta"),
            ("VEEVA_PASSWORD", secret(&veeva, "password")),
            ("HUAWEI_TOKEN", secret(&huawei, "token")),
            ("RSA_CLIENT_SECRET", secret(&rsa, "token")),
            ("P", secret(&plain, "password")),
        ];
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { gateway: Gateway::start_with(&toml, &environment).await, veeva, ping, huawei, rsa, plain }
    }

    async fn send(&self, route: &str, method: &str, path: &str, body: Value) -> Answer {
        self.gateway.send(method, &format!("/{route}/scim/v2{path}"), body).await
    }

    async fn patch(&self, route: &str, path: &str, operations: Value) -> Answer {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.send(route, "PATCH", path, json!({"schemas": schemas, "Operations": operations})).await
    }
}

/// Method and body of the last call a vendor saw.
fn last(sandbox: &Sandbox) -> (String, Value) {
    let exchange = sandbox.take_exchanges().pop().expect("a call");
    (exchange.method, if exchange.body.is_empty() { Value::Null } else { parse(&exchange.body) })
}

/// rfc-traps 232 and 335: by position, never by text.
#[tokio::test]
async fn veeva_with_urn_and_attribute_mapping() {
    let contract = Contract::start().await;
    let path = format!("/Users/{ABIGAIL}");
    let operations = json!([
        {"op": "replace", "path": "userType", "value": "read_only__v"},
        {"op": "replace", "path": format!("{ACME}:securityProfile.value"), "value": "document_user__v"},
    ]);
    let resource = contract.patch("veeva", &path, operations).await.expect(200);
    let exchanges = contract.veeva.take_exchanges();
    let sent = &exchanges.last().expect("a call").headers;
    assert!(sent.contains(&("x-vaultapi-clientid".into(), "acme-scimux".into())), "{sent:?}");
    let sent = parse(&exchanges.last().expect("a call").body);
    assert_eq!(sent[VAULT]["licenseType"]["value"], "read_only__v");
    assert_eq!(sent[VAULT]["securityProfile"]["value"], "document_user__v");
    assert!(sent.get("emails").is_none(), "only what changed: {sent}");
    assert_eq!(
        (&resource["userType"], &resource[ACME]["securityProfile"]["value"]),
        (&json!("read_only__v"), &json!("document_user__v"))
    );
    assert!(!resource.to_string().contains("veevavault"), "{resource}");
    assert_eq!(resource["meta"]["location"], format!("{PUBLIC}/veeva/scim/v2{path}"));

    // PUT: the licence is mapped to a core attribute that the request lacks, and must not be wiped for that.
    let body = json!({
        "schemas": [USER, ACME], "userName": "abigail@veepharm.com", "name": {"familyName": "S", "givenName": "A"},
        "emails": [{"value": "abigail@veepharm.com", "type": "work"}], "locale": "en-US", "preferredLanguage": "en",
        "timezone": "America/New_York",
    });
    let resource = contract.send("veeva", "PUT", &path, body).await.expect(200);
    assert_eq!(resource["userType"], "read_only__v");
    let (method, sent) = last(&contract.veeva);
    assert_eq!((method.as_str(), &sent["locale"]), ("PUT", &json!("en_US")));
    assert!(sent.get(VAULT).is_none_or(|vault| vault.get("licenseType").is_none()), "{sent}");

    assert_eq!(contract.send("veeva", "DELETE", &path, Value::Null).await.expect(204), Value::Null);
    assert_eq!(last(&contract.veeva), ("PUT".to_owned(), json!({"schemas": [USER], "active": false})));
}

#[tokio::test]
async fn veeva_creates_with_the_defaults() {
    let contract = Contract::start().await;
    let body = json!({
        "schemas": [USER], "userName": "new@veepharm.com", "name": {"familyName": "S", "givenName": "A"},
        "emails": [{"value": "new@veepharm.com", "type": "work"}],
    });
    let resource = contract.send("veeva", "POST", "/Users", body).await.expect(201);
    assert_eq!(resource[ACME]["securityProfile"]["value"], "document_user__v");
    assert_eq!((&resource["locale"], &resource["timezone"]), (&json!("en-US"), &json!("America/Los_Angeles")));
}

#[tokio::test]
async fn pingone_huawei_rsa_and_plain() {
    let contract = Contract::start().await;
    let email = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com"}]);

    let resource = contract.patch("ping", &format!("/Users/{ISABELLA}"), email.clone()).await.expect(200);
    assert_eq!(resource["emails"][0]["type"], "work");
    let expected =
        json!([{"op": "replace", "path": "emails", "value": [{"value": "new@example.com", "primary": true}]}]);
    assert_eq!(last(&contract.ping).1["Operations"], expected);

    let resource = contract.patch("huawei", &format!("/Users/{WEI}"), email.clone()).await.expect(200);
    assert_eq!(resource["emails"][0]["value"], "new@example.com");
    let whole = json!([{"value": "new@example.com", "type": "work", "primary": true}]);
    assert_eq!(last(&contract.huawei).1["Operations"], json!([{"op": "replace", "path": "emails", "value": whole}]));

    let body = json!({"schemas": [USER], "userName": "user_two", "active": true, "emails": [{"value": "2@example.com", "type": "work"}]});
    let resource = contract.send("rsa", "PUT", &format!("/Users/{USER_TWO}"), body).await.expect(200);
    assert!(resource.get("phoneNumbers").is_none() && resource.get("displayName").is_none(), "{resource}");
    assert_eq!(last(&contract.rsa).0, "PATCH", "what the PUT left over is removed");

    let path = "/Users/2819c223-7f76-453a-919d-413861904646";
    contract.patch("plain", path, email.clone()).await.expect(200);
    let exchange = contract.plain.take_exchanges().pop().expect("a call");
    assert!(exchange.headers.contains(&("x-tenant".into(), "acme".into())), "the fixed header");
    assert_eq!(parse(&exchange.body)["Operations"], email);
}
