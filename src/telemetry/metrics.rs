//! The metrics of CONTRACT section 6. Labels hold only names that the configuration or a schema knows, else `other`.

use std::fmt::{self, Write};
use std::sync::Arc;

use http::Method;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Duration;

/// What stands for a name that neither the configuration nor a schema knows.
pub(crate) const OTHER: &str = "other";

/// From a fast vendor's answer to the longest that anybody waits.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// A name of the configuration's: what is counted for each request takes no copy of it.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Name(Arc<str>);

/// The status of a vendor's answer, if there was one.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Status(Option<u16>);

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(&self.0)
    }
}

impl EncodeLabelValue for Status {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self.0 {
            Some(status) => write!(encoder, "{status}"),
            None => encoder.write_str("none"),
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: Name,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct UpstreamLabels {
    target: Name,
    method: &'static str,
    status: Status,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TargetLabels {
    target: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AttributeLabels {
    target: String,
    attribute: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// Every metric of the process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_duration: Histogram,
    upstream_requests: Family<UpstreamLabels, Counter>,
    upstream_duration: Histogram,
    upstream_retries: Family<TargetLabels, Counter>,
    breaker_state: Family<TargetLabels, Gauge>,
    token_renewals: Family<TargetLabels, Counter>,
    attributes_dropped: Family<AttributeLabels, Counter>,
    reloads: Family<ResultLabels, Counter>,
    brake_engaged: Family<RouteLabels, Gauge>,
    brake_refused: Family<RouteLabels, Counter>,
    in_flight: Gauge,
}

impl Metrics {
    /// All metrics at zero.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_duration: Histogram::new(BUCKETS),
            upstream_requests: Family::default(),
            upstream_duration: Histogram::new(BUCKETS),
            upstream_retries: Family::default(),
            breaker_state: Family::default(),
            token_renewals: Family::default(),
            attributes_dropped: Family::default(),
            reloads: Family::default(),
            brake_engaged: Family::default(),
            brake_refused: Family::default(),
            in_flight: Gauge::default(),
        };
        metrics.register();
        // From zero on, so that the first one is seen as an increase.
        for result in ["done", "refused"] {
            let _ = metrics.reloads.get_or_create(&ResultLabels { result });
        }
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("scimux_requests", "Requests answered", self.requests.clone());
        let help = "Seconds from a request's head to its answer";
        registry.register("scimux_request_duration_seconds", help, self.request_duration.clone());
        registry.register("scimux_upstream_requests", "Calls to vendors", self.upstream_requests.clone());
        let help = "Seconds from a call to a vendor to its whole answer";
        registry.register("scimux_upstream_duration_seconds", help, self.upstream_duration.clone());
        let help = "Calls to vendors sent again";
        registry.register("scimux_upstream_retries", help, self.upstream_retries.clone());
        let help = "Whether a target is asked: 0 yes, 1 with one call to try it, 2 no";
        registry.register("scimux_breaker_state", help, self.breaker_state.clone());
        registry.register(
            "scimux_token_renewals",
            "Tokens fetched, the first one included",
            self.token_renewals.clone(),
        );
        let help = "Attributes left out because the vendor cannot hold them";
        registry.register("scimux_attributes_dropped", help, self.attributes_dropped.clone());
        registry.register("scimux_reloads", "Reloads of the configuration", self.reloads.clone());
        let help = "1 while the safety brake of a route refuses deletes and deactivations";
        registry.register("scimux_brake_engaged", help, self.brake_engaged.clone());
        let help = "Requests refused by the safety brake";
        registry.register("scimux_brake_refused", help, self.brake_refused.clone());
        registry.register("scimux_in_flight", "Requests in flight", self.in_flight.clone());
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: Option<&Arc<str>>, verb: &Method, status: u16, duration: Duration) {
        let route = Name(route.map_or_else(|| OTHER.into(), Arc::clone));
        self.requests.get_or_create(&RequestLabels { route, method: method(verb), status }).inc();
        self.request_duration.observe(duration.as_secs_f64());
    }

    /// A call to a vendor ended; without a status if no answer came.
    pub(crate) fn call(&self, target: impl Into<Arc<str>>, verb: &Method, status: Option<u16>, duration: Duration) {
        let labels = UpstreamLabels { target: Name(target.into()), method: method(verb), status: Status(status) };
        self.upstream_requests.get_or_create(&labels).inc();
        self.upstream_duration.observe(duration.as_secs_f64());
    }

    /// A call is sent again.
    pub(crate) fn repeated(&self, target: &str) {
        self.upstream_retries.get_or_create(&TargetLabels { target: target.to_owned() }).inc();
    }

    /// Where the breakers of the targets that there are now stand.
    pub(crate) fn breakers<'a>(&self, states: impl Iterator<Item = (&'a str, i64)>) {
        self.breaker_state.clear();
        for (target, state) in states {
            self.breaker_state.get_or_create(&TargetLabels { target: target.to_owned() }).set(state);
        }
    }

    /// A token was fetched.
    pub(crate) fn token(&self, target: &str) {
        self.token_renewals.get_or_create(&TargetLabels { target: target.to_owned() }).inc();
    }

    /// An attribute was left out; the caller has replaced names that no schema knows by [`OTHER`].
    pub(crate) fn dropped(&self, target: &str, attribute: String) {
        self.attributes_dropped.get_or_create(&AttributeLabels { target: target.to_owned(), attribute }).inc();
    }

    /// The configuration was to be reloaded, and is, or the old one stays.
    pub(crate) fn reload(&self, done: bool) {
        let result = if done { "done" } else { "refused" };
        self.reloads.get_or_create(&ResultLabels { result }).inc();
    }

    /// Whether the safety brake of a route is engaged.
    pub(crate) fn brake_is(&self, route: &str, engaged: bool) {
        let labels = RouteLabels { route: route.to_owned() };
        self.brake_engaged.get_or_create(&labels).set(i64::from(engaged));
    }

    /// The safety brake of a route refused so many requests.
    pub(crate) fn braked(&self, route: &str, requests: u64) {
        self.brake_refused.get_or_create(&RouteLabels { route: route.to_owned() }).inc_by(requests);
    }

    /// The number of requests in flight.
    pub(crate) fn in_flight(&self) -> &Gauge {
        &self.in_flight
    }

    /// Everything in the text form that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// The method as a label: clients may invent methods, labels may not grow with them.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each metric with something in it.
    fn everything() -> Metrics {
        let metrics = Metrics::new();
        let invented = Method::from_bytes(b"BREW").expect("a legal method");
        metrics.request(None, &invented, 404, Duration::from_millis(3));
        metrics.call("t", &Method::GET, None, Duration::from_millis(3));
        metrics.repeated("t");
        metrics.breakers([("gone", 0)].into_iter());
        metrics.breakers([("t", 2)].into_iter());
        metrics.token("t");
        metrics.dropped("t", "title".to_owned());
        metrics.reload(true);
        metrics.brake_is("r", true);
        metrics.braked("r", 1);
        metrics.in_flight().inc();
        metrics
    }

    /// The names that `text` has, in the form of the metrics here.
    fn names(text: &str) -> BTreeSet<&str> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        words.filter(|word| word.starts_with("scimux_")).collect()
    }

    /// What an operator reads of them is what there is, and the alerts are about nothing else.
    #[test]
    fn the_documents_name_every_metric_and_no_other() {
        let text = everything().text();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let shown = |line: &str| {
            let (name, kind) = line.split_once(' ').expect("a name and a kind");
            if kind == "counter" { format!("{name}_total") } else { name.to_owned() }
        };
        let there: BTreeSet<String> = types.map(shown).collect();
        let read = |name: &str| {
            std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("it can be read")
        };
        let page = read("docs/operations.md");
        let (_, table) = page.split_once("## What `/metrics` says").expect("the heading");
        let (table, _) = table.split_once("\n## ").expect("another heading");
        assert_eq!(names(table), there.iter().map(String::as_str).collect());
        for name in names(&read("deploy/prometheus/alerts.yaml")) {
            assert!(there.contains(name.trim_end_matches("_bucket")), "there is no {name}");
        }
    }

    #[test]
    fn names_are_those_of_the_contract() {
        let text = everything().text();
        for line in [
            r#"scimux_requests_total{route="other",method="other",status="404"} 1"#,
            "scimux_request_duration_seconds_count 1",
            r#"scimux_upstream_requests_total{target="t",method="GET",status="none"} 1"#,
            "scimux_upstream_duration_seconds_count 1",
            r#"scimux_upstream_retries_total{target="t"} 1"#,
            r#"scimux_breaker_state{target="t"} 2"#,
            r#"scimux_token_renewals_total{target="t"} 1"#,
            r#"scimux_attributes_dropped_total{target="t",attribute="title"} 1"#,
            r#"scimux_reloads_total{result="done"} 1"#,
            r#"scimux_brake_engaged{route="r"} 1"#,
            r#"scimux_brake_refused_total{route="r"} 1"#,
            "scimux_in_flight 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(!text.contains("gone"), "{text}");
    }
}
