//! No secret in any output, no person's data and no vendor's text in the log, nothing of the vendor's place in an answer.

use serde_json::{Value, json};

use crate::world::{Answer, TOKEN, World};

/// Values of people's attributes that the test sends and the sandboxes hold.
const PEOPLE: [&str; 4] = ["Abigail", "canary-family-name", "canary@example.com", "IsabellaOfCastile"];

fn text(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body))
}

#[tokio::test]
async fn nothing_secret_or_personal_is_printed() {
    let world = World::all().await;
    let mut answers = Vec::new();
    let mut places =
        vec!["abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6".to_owned(), "v25.2".to_owned(), "/environments/".to_owned()];
    for scene in scimux_sandbox::demo::scenes() {
        let path = format!("/{}/scim/v2{}", scene.vendor, scene.path);
        answers.push(text(&world.gateway().send(scene.method, &path, scene.body.unwrap_or(Value::Null)).await));
    }
    for sandbox in &world.sandboxes {
        let route = format!("/{}/scim/v2/Users", sandbox.vendor());
        answers.push(text(&world.gateway().send("GET", &route, Value::Null).await));
        answers.push(text(&world.gateway().send("GET", &format!("{route}/unknown"), Value::Null).await));
        let person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "canary@example.com", "active": true,
            "name": {"familyName": "canary-family-name", "givenName": "Abigail"}, "displayName": "canary-family-name",
            "emails": [{"value": "canary@example.com", "type": "work", "primary": true}],
        });
        for _ in 0..2 {
            answers.push(text(&world.gateway().send("POST", &route, person.clone()).await));
        }
        places.push(sandbox.address().to_string());
    }
    let mut secrets = vec![TOKEN.to_owned()];
    for sandbox in &world.sandboxes {
        for exchange in sandbox.take_exchanges() {
            let credentials = exchange.headers.into_iter().filter(|(name, _)| name == "authorization");
            secrets.extend(credentials.filter_map(|(_, value)| value.split(' ').next_back().map(str::to_owned)));
        }
        let quoted = sandbox.target_toml();
        let values = quoted.split('"').skip(1).step_by(2).map(str::to_owned);
        secrets.extend(
            values.filter(|value| value.contains("secret") || value.contains("password") || value.contains("token-")),
        );
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 5, "{secrets:?}");
    for answer in &answers {
        for hidden in secrets.iter().chain(&places) {
            assert!(!answer.contains(hidden.as_str()), "{hidden} is in an answer: {answer}");
        }
    }
    let output = world.output().await;
    assert!(output.contains("request_id"), "the log is there to be searched: {output}");
    for hidden in secrets.iter().map(String::as_str).chain(PEOPLE) {
        let line = output.lines().find(|line| line.contains(hidden));
        assert!(line.is_none(), "{hidden} is in the output: {line:?}");
    }
}
