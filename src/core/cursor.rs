//! Cursors (RFC 9865) without state: a position, sealed with a hash of what it belongs to.
//!
//! A cursor gives no right (rfc-traps 321): each page is asked for with the client's own token. The hash only keeps a
//! cursor from being used with another query, where its position would mean something else.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use scimux_scim::query::Projection;
use scimux_scim::{AttributePath, ListQuery, ScimError, ScimType};
use sha2::{Digest, Sha256};

use super::Context;

/// How much of the hash stands in a cursor.
const SEAL: usize = 16;

/// What a cursor belongs to: client, route and query, all but `count`, which the position itself knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    /// The binding of a list; for several types the query of each.
    pub(crate) fn new<'a>(context: &Context, queries: impl IntoIterator<Item = (&'a str, &'a ListQuery)>) -> Self {
        let mut fields = vec![context.client.as_deref().unwrap_or_default().to_owned(), context.route.name.to_string()];
        for (endpoint, query) in queries {
            let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
            let sort_by = query.sort_by.as_ref().map(ToString::to_string).unwrap_or_default();
            let order = if query.descending { "descending" } else { "ascending" };
            fields.extend([endpoint.to_owned(), filter, sort_by, order.to_owned(), projection(&query.projection)]);
        }
        Self::of(&fields)
    }

    fn of(fields: &[String]) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(field.len().to_be_bytes());
            hash.update(field);
        }
        Self(hash.finalize().to_vec())
    }

    /// The position as a cursor: letters, digits, `-` and `_` only (rfc-traps 316).
    pub(crate) fn seal(&self, position: &str) -> String {
        let mut sealed = self.hash(position);
        sealed.extend_from_slice(position.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The position in a cursor; an empty cursor is page one.
    ///
    /// # Errors
    /// 400 `invalidCursor`: it was not made for this.
    pub(crate) fn open(&self, cursor: &str) -> Result<scimux_scim::Text, ScimError> {
        if cursor.is_empty() {
            return Ok(scimux_scim::Text::new());
        }
        let read = || {
            let sealed = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (hash, position) = sealed.split_at_checked(SEAL)?;
            let position = std::str::from_utf8(position).ok()?;
            (!position.is_empty() && hash == self.hash(position)).then(|| position.into())
        };
        read().ok_or_else(|| {
            let detail = "cursor: it was not made for this query; repeat all other parameters, or begin without it";
            ScimError::bad_request(ScimType::InvalidCursor, detail)
        })
    }

    fn hash(&self, position: &str) -> Vec<u8> {
        let hash = Sha256::new().chain_update(&self.0).chain_update(position).finalize();
        hash[..SEAL].to_vec()
    }
}

fn projection(projection: &Projection) -> String {
    let joined = |paths: &[AttributePath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    match projection {
        Projection::Default => String::new(),
        Projection::Only(paths) => format!("+{}", joined(paths)),
        Projection::Without(paths) => format!("-{}", joined(paths)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(fields: &[&str]) -> Binding {
        Binding::of(&fields.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn traps_316_321_a_cursor_holds_only_for_what_it_was_made_for() {
        let own = binding(&["okta", "t", "/Users"]);
        let cursor = own.seal("100.5.vendor/cursor+=");
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{cursor}");
        assert_eq!(own.open(&cursor).expect("its own"), "100.5.vendor/cursor+=");
        assert_eq!(own.open("").expect("page one"), "");
        for other in [binding(&["entra", "t", "/Users"]), binding(&["okta", "t/", "Users"]), Binding::default()] {
            assert_eq!(other.open(&cursor).expect_err("foreign").scim_type, Some(ScimType::InvalidCursor));
        }
        let mut forged = cursor.clone().into_bytes();
        let last = forged.len() - 2;
        forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("ASCII");
        for wrong in [forged.as_str(), "x", "ä", &cursor[..10], &own.seal("")] {
            assert_eq!(own.open(wrong).expect_err(wrong).scim_type, Some(ScimType::InvalidCursor));
        }
    }
}
