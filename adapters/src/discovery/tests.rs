use scimux_scim::schema::{ENTERPRISE_USER, GROUP, USER};

use super::*;
use crate::fixture::{configured, pair, target, text};

const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ACME: &str = "urn:acme:scim:schemas:extension:vault:2.0:User";
const PING: &str = "urn:pingidentity:schemas:extension:2.0:PingOneUser";

/// What a document says of the attribute at a path.
fn told(target: &Target, endpoint: &str, path: &str) -> Option<Attribute> {
    let types = resource_types(target);
    let kind = types.iter().find(|kind| kind.endpoint == endpoint).expect("served");
    let path = AttributePath::parse(path, kind).expect("a path");
    let resolved = kind.resolve(&path).filter(|resolved| resolved.extension.is_some() == path.urn.is_some());
    resolved.map(|resolved| resolved.leaf().clone())
}

fn mutability(target: &Target, path: &str) -> Option<Mutability> {
    told(target, "/Users", path).map(|attribute| attribute.mutability)
}

fn urns(target: &Target) -> Vec<String> {
    schemas(&resource_types(target)).iter().map(|schema| schema.id.to_string()).collect()
}

const BULK: BulkBounds = BulkBounds { max_operations: 10, max_payload_size: 1000 };

#[test]
fn a_schema_has_what_the_vendor_holds_and_no_more() {
    let cases = [
        ("veeva", "name.givenName", true),
        ("veeva", "name.formatted", false),
        ("veeva", "nickName", false),
        ("veeva", "password", false),
        ("veeva", "groups", false),
        ("huawei", "addresses.locality", true),
        ("huawei", "emails.display", false),
        ("huawei", "password", false),
        ("pingone", "photos.value", true),
        ("pingone", "displayName", false),
        ("rsa", "timezone", false),
    ];
    for (vendor, path, there) in cases {
        assert_eq!(told(&target(vendor), "/Users", path).is_some(), there, "{vendor} {path}");
    }
    let enterprise = |part: &str| format!("{ENTERPRISE_USER}:{part}");
    assert!(told(&target("veeva"), "/Users", &enterprise("manager.value")).is_some());
    assert!(told(&target("veeva"), "/Users", &enterprise("department")).is_none());
    assert_eq!(urns(&target("pingone")), [USER, PING], "nothing of an extension that the vendor lacks");
    assert_eq!(urns(&target("huawei")), [USER, ENTERPRISE_USER, GROUP]);
}

#[test]
fn mutability_is_the_vendors() {
    use Mutability::{Immutable, ReadOnly, ReadWrite, WriteOnly};
    let cases = [
        ("veeva", "displayName", ReadOnly),
        ("veeva", "emails.primary", ReadOnly),
        ("veeva", "emails.type", ReadWrite),
        ("veeva", "userName", ReadWrite),
        ("pingone", "emails.type", ReadOnly),
        ("pingone", "password", WriteOnly),
        ("rsa", "emails.primary", WriteOnly),
        ("rsa", "password", WriteOnly),
        ("huawei", "profileUrl", WriteOnly),
    ];
    for (vendor, path, expected) in cases {
        assert_eq!(mutability(&target(vendor), path), Some(expected), "{vendor} {path}");
    }
    let ping = target("pingone");
    assert_eq!(mutability(&ping, &format!("{PING}:population")), Some(Immutable));
    assert_eq!(mutability(&ping, &format!("{PING}:population.id")), Some(Immutable));
    let members = told(&target("huawei"), "/Groups", "members").expect("held");
    assert_eq!((members.mutability, members.returned), (WriteOnly, Returned::Never));
}

#[test]
fn canonical_values_are_the_vendors_closed_lists() {
    let values = |vendor: &str, endpoint: &str, path: &str| {
        told(&target(vendor), endpoint, path).expect("held").canonical_values
    };
    assert_eq!(values("veeva", "/Users", "emails.type"), ["work"]);
    assert_eq!(values("pingone", "/Users", "emails.type"), ["work"]);
    assert_eq!(values("rsa", "/Users", "phoneNumbers.type"), ["work", "home", "mobile", "fax", "pager", "other"]);
    assert_eq!(values("huawei", "/Groups", "members.type"), ["User"]);
    assert_eq!(values("huawei", "/Users", "emails.type"), schema_values("emails"), "no list of its own");
}

fn schema_values(name: &str) -> Vec<String> {
    let user = scimux_scim::schema::user();
    user.attribute(name).and_then(|list| list.sub("type")).expect("in the RFC").canonical_values.clone()
}

#[test]
fn what_defaults_fill_is_not_required() {
    let required = |target: &Target, path: &str| told(target, "/Users", path).expect("held").required;
    let bare = target("veeva");
    for path in ["userName", "locale", "timezone", "emails", "name", "name.familyName"] {
        assert!(required(&bare, path), "{path}");
    }
    assert!(required(&bare, &format!("{VAULT}:securityProfile")));
    assert!(!required(&bare, "displayName"));
    let filled = configured("veeva", |settings| {
        settings.defaults.push(("locale".to_owned(), text("en_US")));
        settings.defaults.push((format!("{VAULT}:securityProfile.value"), text("document_user__v")));
    });
    let filled = filled.expect("right");
    assert!(!required(&filled, "locale") && !required(&filled, &format!("{VAULT}:securityProfile")));
    assert!(required(&filled, "timezone"));
    let extensions = &resource_types(&filled)[0].extensions;
    assert!(extensions.iter().all(|extension| !extension.required));
    assert!(resource_types(&bare)[0].extensions.iter().any(|known| known.schema.id == VAULT && known.required));
}

#[test]
fn names_go_through_the_mapping() {
    let target = configured("veeva", |settings| {
        settings.urns.push(pair(ACME, VAULT));
        settings.attributes.push(pair("userType", &format!("{VAULT}:licenseType.value")));
        settings.attributes.push(pair("name.formatted", "timezone"));
        settings.attributes.push(pair("urn:acme:2.0:Extra:language", "preferredLanguage"));
    });
    let target = target.expect("right");
    assert_eq!(urns(&target)[..4], [USER, ENTERPRISE_USER, ACME, "urn:acme:2.0:Extra"]);
    let there = |path: &str| told(&target, "/Users", path).is_some();
    for path in ["userType", "name.formatted", "urn:acme:2.0:Extra:language"] {
        assert!(there(path), "{path}");
    }
    // What has another name is not there under its own any more.
    for path in ["timezone", "preferredLanguage", &format!("{ACME}:licenseType.value"), &format!("{VAULT}:licenseType")]
    {
        assert!(!there(path), "{path}");
    }
    assert!(there(&format!("{ACME}:securityPolicy.value")));
}

#[test]
fn references_lead_only_to_types_that_are_served() {
    let reference = |vendor: &str, endpoint: &str, path: &str| {
        told(&target(vendor), endpoint, path).map(|attribute| attribute.reference_types)
    };
    let manager = format!("{ENTERPRISE_USER}:manager.$ref");
    assert_eq!(reference("scim", "/Users", &manager), Some(vec!["User".to_owned()]));
    assert_eq!(reference("scim", "/Groups", "members.$ref"), Some(vec!["User".to_owned(), "Group".to_owned()]));
    assert_eq!(reference("rsa", "/Users", "profileUrl"), None);
}

#[test]
fn a_vendor_of_unknown_schemas_has_the_rfcs() {
    let target = target("scim");
    assert_eq!(urns(&target), [USER, ENTERPRISE_USER, GROUP]);
    let types = resource_types(&target);
    assert_eq!(*types[0].schema, **scimux_scim::schema::user());
    assert_eq!(*types[1].schema, **scimux_scim::schema::group());
}

#[test]
fn one_value_of_a_list_is_said_in_its_description() {
    let emails = told(&target("pingone"), "/Users", "emails").expect("held");
    assert!(emails.multi_valued && emails.description.contains("One value is kept"), "{}", emails.description);
    let emails = told(&target("rsa"), "/Users", "emails").expect("held");
    assert!(!emails.description.contains("One value is kept"));
}

#[test]
fn what_works_follows_the_profile_and_what_the_gateway_does() {
    // patch, most resources of a filtered list, passwords
    let cases = [
        ("veeva", (true, Some(200), false)),
        ("pingone", (true, Some(200), true)),
        ("huawei", (true, Some(50), false)),
        ("rsa", (true, Some(200), true)),
        ("scim", (true, Some(200), true)),
    ];
    for (vendor, expected) in cases {
        let told = service_provider(&target(vendor), BULK);
        assert_eq!((told.patch, told.filter, told.change_password), expected, "{vendor}");
        assert_eq!((told.bulk, told.sort, told.etag), (Some(BULK), true, true), "{vendor}");
    }
}

#[test]
fn patch_is_denied_where_a_type_that_can_be_changed_cannot_be_patched() {
    let mut target = target("scim");
    target.types[1].profile.operations.patch = false;
    target.types[1].profile.operations.replace = false;
    assert!(service_provider(&target, BULK).patch, "a type that cannot be changed at all says nothing");
    target.types[0].profile.operations.patch = false;
    target.types[0].profile.operations.read = false;
    assert!(!service_provider(&target, BULK).patch);
}
