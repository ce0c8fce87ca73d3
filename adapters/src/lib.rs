//! Vendor dialects as pure translators over profiles that are data.
