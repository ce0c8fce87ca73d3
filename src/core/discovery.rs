//! The documents that describe a route (RFC 7644 section 4), answered without asking the vendor.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use scimux_adapters::discovery::{resource_types, schemas, service_provider};
use scimux_scim::discovery::BulkBounds;
use scimux_scim::list::{Head, Writer};
use scimux_scim::{Object, ScimError, discovery};
use tower::Layer;
use tower::layer::layer_fn;

use super::admit::enter;
use super::authenticate::Authenticated;
use super::path::Endpoint;
use super::route::Place;
use super::{CoreError, Refusal, refusal, rules};
use crate::config::Limits;
use crate::front::{Request, Response, SCIM_JSON};
use crate::stack::{Stage, at_once, relay};
use crate::telemetry::Record;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// `/ServiceProviderConfig`.
    ServiceProvider,
    /// `/ResourceTypes`.
    ResourceTypes,
    /// One of them.
    ResourceType(String),
    /// `/Schemas`.
    Schemas,
    /// One of them.
    Schema(String),
}

impl Document {
    /// What the segments below a route name.
    pub(crate) fn at(first: &str, second: Option<&str>) -> Option<Self> {
        let one = |raw: &str| percent_decode_str(raw).decode_utf8_lossy().into_owned();
        match (first, second) {
            ("ServiceProviderConfig" | "ServiceProviderConfigs", None) => Some(Self::ServiceProvider),
            ("ResourceTypes", None) => Some(Self::ResourceTypes),
            ("ResourceTypes", Some(name)) => Some(Self::ResourceType(one(name))),
            ("Schemas", None) => Some(Self::Schemas),
            ("Schemas", Some(urn)) => Some(Self::Schema(one(urn))),
            _ => None,
        }
    }

    /// The type of what is described, for the log.
    fn kind(&self) -> &'static str {
        match self {
            Self::ServiceProvider => "ServiceProviderConfig",
            Self::ResourceTypes | Self::ResourceType(_) => "ResourceType",
            Self::Schemas | Self::Schema(_) => "Schema",
        }
    }
}

/// Answers what asks for a document; everything else passes.
pub(crate) fn layer<S>(limits: Limits) -> impl Layer<S, Service: Stage<Authenticated, Response, CoreError>>
where
    S: Stage<Authenticated, Response, CoreError>,
{
    let bulk = bulk(&limits);
    layer_fn(move |inner: S| {
        relay(move |asked: Authenticated| match asked.place.as_ref().map(|place| &place.endpoint) {
            Some(Endpoint::Discovery(document)) => at_once(answer(&document.clone(), asked, bulk)),
            _ => inner.pass(asked),
        })
    })
}

fn bulk(limits: &Limits) -> BulkBounds {
    BulkBounds { max_operations: limits.bulk_operations as u64, max_payload_size: limits.body_bytes as u64 }
}

fn answer(document: &Document, asked: Authenticated, bulk: BulkBounds) -> Result<Response, Refusal> {
    let Authenticated { request, place, client } = asked;
    let place = enter(place, client.as_deref(), request.method())?;
    if let Some(record) = request.extensions().get::<Arc<Record>>() {
        let _ = record.resource.set(document.kind().to_owned());
    }
    refuse_filter(&request)?;
    let message = message(document, &place, bulk)?;
    let mut answer = Response::new(Full::new(message));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    Ok(answer)
}

/// rfc-traps 303: 403 for a filter; all other parameters mean nothing here, paging neither.
fn refuse_filter(request: &Request) -> Result<(), Refusal> {
    let is_filter = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        name.eq_ignore_ascii_case("filter") && !value.is_empty()
    };
    match request.uri().query().unwrap_or_default().split('&').any(is_filter) {
        true => Err(refusal(StatusCode::FORBIDDEN, "what describes the service cannot be filtered")),
        false => Ok(()),
    }
}

fn message(document: &Document, place: &Place, bulk: BulkBounds) -> Result<Bytes, ScimError> {
    let (target, base) = (&place.known, place.route.base.as_str());
    let types = resource_types(target);
    let unknown = |what: &str| ScimError::not_found(format!("there is no such {what} here"));
    match document {
        Document::ServiceProvider => {
            let works = rules::within(&place.route, target, service_provider(target, bulk));
            Ok(works.document(base).to_bytes())
        }
        Document::ResourceTypes => Ok(list(types.iter().map(|kind| discovery::resource_type(kind, base)))),
        Document::ResourceType(name) => {
            let kind = types.iter().find(|kind| kind.name == *name).ok_or_else(|| unknown("resource type"))?;
            Ok(discovery::resource_type(kind, base).to_bytes())
        }
        Document::Schemas => Ok(list(schemas(&types).iter().map(|schema| discovery::schema(schema, base)))),
        Document::Schema(urn) => {
            let all = schemas(&types);
            let schema =
                all.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn)).ok_or_else(|| unknown("schema"))?;
            Ok(discovery::schema(schema, base).to_bytes())
        }
    }
}

fn list(resources: impl ExactSizeIterator<Item = Object>) -> Bytes {
    let count = resources.len() as u64;
    // From the first on: a client that reads `startIndex` of every list finds it here too.
    let (total_results, start_index) = (Some(count), Some(1));
    let mut list = Writer::new(&Head { total_results, start_index, items_per_page: count, next_cursor: None });
    resources.for_each(|resource| list.push(&resource.into()));
    list.finish()
}
