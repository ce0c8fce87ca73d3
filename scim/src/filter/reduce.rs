//! What is left of a filter once it is known of which type the resources are.

use crate::filter::{Filter, compile};
use crate::{AttributePath, Object, ResourceType, ScimError, Value};

/// A filter for the resources of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Reduced {
    /// All of them meet it.
    Always,
    /// None meets it.
    Never,
    /// Those that meet this.
    Only(Filter),
}

impl From<bool> for Reduced {
    fn from(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }
}

impl Reduced {
    fn left(self) -> Option<Filter> {
        match self {
            Self::Only(filter) => Some(filter),
            Self::Always | Self::Never => None,
        }
    }
}

impl Filter {
    /// The filter without what the type alone decides: `meta.resourceType` (rfc-traps 100).
    ///
    /// # Errors
    /// 400 `invalidFilter`: an operator that `meta.resourceType` does not have.
    pub fn reduce(&self, resource_type: &ResourceType) -> Result<Reduced, ScimError> {
        reduce(self, resource_type, false)
    }

    /// The same for a query over all types: an attribute that this one lacks has no value (RFC 7644 section 3.4.2.1).
    ///
    /// # Errors
    /// As [`Filter::reduce`].
    pub fn reduce_among_types(&self, resource_type: &ResourceType) -> Result<Reduced, ScimError> {
        reduce(self, resource_type, true)
    }
}

fn reduce(filter: &Filter, known: &ResourceType, lacking_is_absent: bool) -> Result<Reduced, ScimError> {
    let all = |parts: &[Filter]| -> Result<Vec<Reduced>, ScimError> {
        parts.iter().map(|part| reduce(part, known, lacking_is_absent)).collect()
    };
    Ok(match filter {
        Filter::And(parts) => joined(all(parts)?, &Reduced::Never, Filter::and),
        Filter::Or(parts) => joined(all(parts)?, &Reduced::Always, Filter::or),
        Filter::Not(inner) => match reduce(inner, known, lacking_is_absent)? {
            Reduced::Always => Reduced::Never,
            Reduced::Never => Reduced::Always,
            Reduced::Only(inner) => Reduced::Only(Filter::Not(Box::new(inner))),
        },
        Filter::Compare(path, op, literal) => {
            let is_type = path.urn.is_none() && path.to_string().eq_ignore_ascii_case("meta.resourceType");
            if is_type {
                let of_type = [("meta".into(), Value::Object(type_of(known)))];
                return Ok(filter.compile(known)?.matches(&of_type.into_iter().collect()).into());
            }
            if lacking_is_absent && !compile::is_known(path, known) {
                let absent = Filter::Compare(AttributePath::attribute("externalId"), *op, literal.clone());
                return Ok(absent.compile(known)?.matches(&Object::new()).into());
            }
            Reduced::Only(filter.clone())
        }
        Filter::Present(path) | Filter::ValuePath(path, _) => {
            match lacking_is_absent && !compile::is_known(path, known) {
                true => Reduced::Never,
                false => Reduced::Only(filter.clone()),
            }
        }
    })
}

fn type_of(known: &ResourceType) -> Object {
    [("resourceType".into(), Value::from(known.name.as_str()))].into_iter().collect()
}

/// Parts joined: one that is `decides` decides the whole, those that are its opposite do not matter.
fn joined(parts: Vec<Reduced>, decides: &Reduced, join: fn(Vec<Filter>) -> Filter) -> Reduced {
    if parts.contains(decides) {
        return decides.clone();
    }
    let left: Vec<Filter> = parts.into_iter().filter_map(Reduced::left).collect();
    if left.is_empty() { (*decides == Reduced::Never).into() } else { Reduced::Only(join(left)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{group_type, user_type};

    fn reduced(filter: &str, known: &ResourceType, among: bool) -> String {
        let filter = Filter::parse(filter, known).expect(filter);
        let reduced = if among { filter.reduce_among_types(known) } else { filter.reduce(known) };
        match reduced.expect("reducible") {
            Reduced::Always => "always".to_owned(),
            Reduced::Never => "never".to_owned(),
            Reduced::Only(filter) => filter.to_string(),
        }
    }

    #[test]
    fn trap_100_the_type_is_decided_without_asking() {
        let cases = [
            (r#"meta.resourceType eq "User""#, "always"),
            (r#"META.resourcetype eq "user""#, "never"),
            (r#"meta.resourceType ne "Group" and title pr"#, "title pr"),
            (r#"meta.resourceType eq "Group" and title pr"#, "never"),
            (r#"not (meta.resourceType eq "Group") or title pr"#, "always"),
            (r#"(meta.resourceType eq "Group" or title pr) and active eq true"#, "title pr and active eq true"),
            (r#"not (title pr)"#, "not (title pr)"),
        ];
        for (filter, expected) in cases {
            assert_eq!(reduced(filter, &user_type(), false), expected, "{filter}");
        }
    }

    #[test]
    fn traps_97_251_what_a_type_lacks_has_no_value() {
        let cases = [
            (r#"userName eq "a""#, "never"),
            ("userName pr", "never"),
            (r#"userName ne "a""#, "always"),
            ("userName eq null", "always"),
            (r#"not (userName eq "a")"#, "always"),
            (r#"emails[type eq "work"]"#, "never"),
            (r#"userName eq "a" or displayName eq "b""#, r#"displayName eq "b""#),
            (r#"userName eq "a" and displayName eq "b""#, "never"),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:title eq "T""#, "never"),
            ("nothing gt 5", "never"),
        ];
        for (filter, expected) in cases {
            assert_eq!(reduced(filter, &group_type(), true), expected, "{filter}");
        }
        assert_eq!(reduced(r#"nothing eq "a""#, &group_type(), false), r#"nothing eq "a""#, "left to be refused");
    }
}
