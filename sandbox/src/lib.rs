//! Imitations of the vendors scimux speaks to, and one plain RFC 7644 server.
