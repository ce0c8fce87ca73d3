//! The safety brake of the built gateway: engaged by too many, kept by a reload, released by a command.

use serde_json::{Value, json};

use crate::world::{Answer, Gateway, World, sandbox, scimux};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

async fn deactivate(gateway: &Gateway, id: &str) -> Answer {
    let body = json!({"schemas": [USER], "userName": id, "active": false});
    gateway.send("PUT", &format!("/t/scim/v2/Users/{id}"), body).await
}

#[tokio::test]
async fn engaged_kept_and_released() {
    let vendor = sandbox("scim").await;
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("admin.sock").display().to_string();
    let toml = format!(
        "[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n[routes.t.brake]\ndeletes_per_hour = 2\n[routes.u]\n\
         target = \"t\"\n[targets.t]\n{}",
        vendor.target_toml()
    );
    let gateway = Gateway::start(&toml).await;
    let ids: Vec<String> =
        (0..5).map(|number| vendor.seed("/Users", json!({"userName": format!("person-{number}")}))).collect();
    deactivate(&gateway, &ids[0]).await.expect(200);
    gateway.send("DELETE", &format!("/t/scim/v2/Users/{}", ids[1]), Value::Null).await.expect(204);
    let detail = deactivate(&gateway, &ids[2]).await.refused(503, "");
    assert!(detail.contains("2 deletes and deactivations") && detail.contains("scimux brake release t"), "{detail}");
    assert!(vendor.resources("/Users").iter().all(|user| user["id"] != *ids[2] || user["active"] != false));

    gateway.edit("deletes_per_hour = 2", "deletes_per_hour = 3");
    assert!(gateway.reload().await);
    deactivate(&gateway, &ids[2]).await.refused(503, "");
    gateway.send("GET", &format!("/t/scim/v2/Users/{}", ids[2]), Value::Null).await.expect(200);
    gateway.send("DELETE", &format!("/u/scim/v2/Users/{}", ids[4]), Value::Null).await.expect(204);

    let metrics = World::metrics(&socket).await;
    for line in [r#"scimux_brake_engaged{route="t"} 1"#, r#"scimux_brake_refused_total{route="t"} 2"#] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    let release = |route: &str| scimux(&["brake", "release", route, "--socket", &socket]);
    let (code, _, said) = release("u");
    assert_eq!((code, said.as_str()), (64, "route u has no safety brake; those have: t\nnot released\n"));
    let (code, said, _) = release("t");
    assert_eq!(code, 0);
    assert!(said.contains("3 deletes and deactivations may follow"), "{said}");
    for id in &ids[2..4] {
        deactivate(&gateway, id).await.expect(200);
    }
    assert!(World::metrics(&socket).await.contains(r#"scimux_brake_engaged{route="t"} 0"#));
    let output = gateway.stop().await;
    let loud: Vec<&str> = output.lines().filter(|line| line.contains("SAFETY BRAKE ENGAGED")).collect();
    assert_eq!(loud.len(), 1, "{output}");
    assert!(loud[0].contains(r#""level":"ERROR""#) && loud[0].contains(r#""route":"t""#), "{}", loud[0]);
}
