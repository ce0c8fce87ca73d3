use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::target::fixture::{PLAIN, PUBLIC, Seen, config, json as answer, vendor};
use crate::telemetry::Metrics;

/// A provider with one type, whose name and status can be changed.
struct Provider {
    live: Arc<LiveTarget>,
    seen: Seen,
    status: Arc<AtomicU16>,
}

impl Provider {
    fn new(toml: &str) -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let now = status.clone();
        let (http, seen) = vendor(move |asked| {
            let document = match asked.uri().path() {
                "/v2/ResourceTypes" => json!([{"name": "Device", "endpoint": "/Devices", "schema": "urn:d"}]),
                "/v2/Schemas" => json!([{"id": "urn:d", "attributes": [{"name": "serial"}]}]),
                _ => json!([]),
            };
            Ok(answer(now.load(Ordering::SeqCst), &json!({"Resources": document, "patch": {"supported": false}})))
        });
        let live = LiveTarget::new(&config(toml).targets[0], http, PUBLIC, &Arc::new(Metrics::new()), None);
        Self { live: Arc::new(live), seen, status }
    }

    fn becomes(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn types(&self) -> Vec<String> {
        self.live.lasting.knowledge.target().types.iter().map(|served| served.canonical.name.clone()).collect()
    }

    fn asked(&self) -> usize {
        std::mem::take(&mut *self.seen.lock().expect("no panic")).len()
    }

    /// Lets so much time pass, and what is due happen.
    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_says_is_asked_again_and_kept_while_it_is_down() {
    let provider = Provider::new(&format!("{PLAIN}upstream.retries = 0\n"));
    let tasks = start(std::slice::from_ref(&provider.live));
    provider.live.lasting.knowledge.settled().await;
    assert_eq!((provider.types(), provider.asked()), (vec!["Device".to_owned()], 3));
    let known = provider.live.lasting.knowledge.target();
    assert!(!known.types[0].profile.operations.patch, "it says so itself");

    provider.becomes(503);
    provider.pass(REFRESH + Duration::from_secs(1)).await;
    assert_eq!((provider.types(), provider.asked()), (vec!["Device".to_owned()], 1));
    let description = provider.live.lasting.knowledge.description();
    assert!(description.at.is_some() && description.failure.is_some() && !provider.live.lasting.knowledge.is_unsure());
    provider.pass(PAUSE).await;
    assert_eq!(provider.asked(), 1);
    provider.pass(PAUSE).await;
    assert_eq!(provider.asked(), 0, "the pause has doubled");

    provider.becomes(404);
    provider.pass(PAUSE).await;
    assert_eq!(
        (provider.types(), provider.asked()),
        (vec!["User".to_owned(), "Group".to_owned()], 3),
        "it has none now"
    );
    assert!(provider.live.lasting.knowledge.description().failure.is_none());
    assert!(
        provider.live.lasting.status.last().failure.is_some_and(|(_, what)| what.contains("503")),
        "404 is no failure"
    );
    drop(tasks);
    provider.pass(REFRESH * 2).await;
    assert_eq!(provider.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_the_first_answer_only() {
    let provider = Provider::new(PLAIN);
    provider.becomes(503);
    let knowledge = &provider.live.lasting.knowledge;
    knowledge.settled().await;
    let tasks = start(std::slice::from_ref(&provider.live));
    knowledge.settled().await;
    assert!(knowledge.is_unsure() && provider.types() == ["User", "Group"]);
    drop(tasks);

    // A task that ends before it has asked leaves nobody waiting.
    let provider = Provider::new(PLAIN);
    let mut tasks = start(std::slice::from_ref(&provider.live));
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    provider.live.lasting.knowledge.settled().await;
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn who_is_not_asked() {
    let open = "[routes.t]\nopen = true\n";
    let passthrough =
        PLAIN.replace(r#"{ scheme = "bearer", token = "canary-secret" }"#, r#"{ scheme = "passthrough" }"#);
    for toml in [format!("{PLAIN}discovery = \"off\"\n"), format!("{passthrough}{open}")] {
        let provider = Provider::new(&toml);
        assert!(start(std::slice::from_ref(&provider.live)).is_empty(), "{toml}");
        provider.live.lasting.knowledge.settled().await;
    }
}

#[tokio::test]
async fn a_reload_keeps_what_was_said() {
    let before = Provider::new(PLAIN);
    before.live.lasting.knowledge.describe(ask(&before.live).await.expect("it answers"));
    let (http, _) = vendor(|_| Ok(answer(200, &Value::Null)));
    let changed = config(&format!("{PLAIN}unsupported = \"refuse\"\n"));
    let after = LiveTarget::new(&changed.targets[0], http, PUBLIC, &Arc::new(Metrics::new()), Some(&before.live));
    let known = after.lasting.knowledge.target();
    assert_eq!(known.types[0].canonical.name, "Device");
    assert_eq!(known.settings.unsupported, scimux_adapters::Unsupported::Refuse);
    after.lasting.knowledge.is_being_asked();
    after.lasting.knowledge.settled().await;
}
