//! Secrets: where they come from, and reading them.

use std::io;
use std::path::{Path, PathBuf};

use figment::value::Value;
use sha2::{Digest, Sha256};

use super::findings::Findings;
use super::table::Table;
use super::{Environment, shape};
use crate::secret::{Secret, SecretSource};

/// What a secret may be, to end "must be …".
pub(super) const ALLOWED: &str = "{ env = \"NAME\" }, { file = \"/path\" }, or a string";

/// Tokens of so many random letters cannot be guessed at any rate.
const SHORT: usize = 16;

/// What stands for a secret that is not read.
const MASK: &str = "***";

/// Reads secrets, and reports what keeps them from being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secrets<'a> {
    pub(super) environment: &'a Environment,
    pub(super) findings: &'a Findings,
    /// Nothing is read, `***` stands for every secret: for what connects nowhere.
    pub(super) withhold: bool,
}

impl Secrets<'_> {
    /// The secret of a key; a plain one is warned about.
    pub(super) fn read(self, table: &Table, key: &str) -> Option<SecretSource> {
        let source = self.value(table.value(key)?, &table.path(key))?;
        self.warn_plain(&source, &table.path(key));
        Some(source)
    }

    /// The hashes of a client's tokens.
    pub(super) fn tokens(self, table: &Table) -> Vec<[u8; 32]> {
        let list = table.value("tokens").and_then(Value::as_array).unwrap_or_default();
        let each = list.iter().enumerate().filter_map(|(index, value)| {
            let path = format!("{}[{index}]", table.path("tokens"));
            match value.as_dict().and_then(|dict| dict.get("sha256")) {
                Some(hash) if value.as_dict().is_some_and(|dict| dict.len() == 1) => self.hash(hash, &path),
                _ => {
                    let source = self.value(value, &path)?;
                    self.warn_plain(&source, &path);
                    self.warn_short(&source, &path);
                    // A token is only hashed, so it may be read; one that is not there fits nobody.
                    let source = if self.withhold { self.reading().source(value).ok()? } else { source };
                    Some(Sha256::digest(source.loaded().expose()).into())
                }
            }
        });
        each.collect()
    }

    /// A secret.
    pub(super) fn value(self, value: &Value, path: &str) -> Option<SecretSource> {
        match self.source(value) {
            Ok(source) if source.loaded().expose().is_empty() => {
                self.findings.problem(path, "the secret is empty");
                None
            }
            Ok(source) => Some(source),
            Err(message) => {
                self.findings.problem(path, message);
                None
            }
        }
    }

    fn reading(self) -> Self {
        Self { withhold: false, ..self }
    }

    fn source(self, value: &Value) -> Result<SecretSource, String> {
        let refused = |what: &str| Err(format!("{what}; must be {ALLOWED}"));
        let dict = match value {
            Value::String(_, text) => return Ok(SecretSource::Plain(self.unless_withheld(text))),
            Value::Dict(_, dict) => dict,
            other => return refused(&format!("is {}", shape::type_of(other))),
        };
        let mut entries = dict.iter();
        match (entries.next(), entries.next()) {
            (Some((key, Value::String(_, text))), None) if key == "env" => self.variable(text),
            (Some((key, Value::String(_, text))), None) if key == "file" => self.file(Path::new(text)),
            (Some((key, _)), None) if key == "env" || key == "file" => refused(&format!("`{key}` is not a string")),
            (Some((key, _)), None) => refused(&format!("unknown key `{key}`")),
            _ => refused("a secret comes from one place"),
        }
    }

    fn unless_withheld(self, text: &str) -> Secret {
        Secret::new(if self.withhold { MASK } else { text })
    }

    fn file(self, path: &Path) -> Result<SecretSource, String> {
        if self.withhold {
            return Ok(SecretSource::File(PathBuf::from(path), Secret::new(MASK)));
        }
        match read_secret_file(path) {
            Ok(secret) => Ok(SecretSource::File(PathBuf::from(path), secret)),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }

    fn variable(self, name: &str) -> Result<SecretSource, String> {
        match self.environment.get(name) {
            _ if self.withhold => Ok(SecretSource::Env(name.to_owned(), Secret::new(MASK))),
            Some(text) => Ok(SecretSource::Env(name.to_owned(), Secret::new(text.as_str()))),
            None => Err(format!("the environment variable {name} is not set")),
        }
    }

    fn hash(self, value: &Value, path: &str) -> Option<[u8; 32]> {
        let parsed = value.as_str().and_then(decode);
        if parsed.is_none() {
            self.findings.problem(path, "sha256 must be 64 hexadecimal digits: printf %s TOKEN | sha256sum");
        }
        parsed
    }

    fn warn_short(self, source: &SecretSource, path: &str) {
        if !self.withhold && source.loaded().expose().len() < SHORT {
            let message =
                format!("a token of fewer than {SHORT} characters is short enough to be guessed; openssl rand -hex 32");
            self.findings.warn(path, message);
        }
    }

    fn warn_plain(self, source: &SecretSource, path: &str) {
        if matches!(source, SecretSource::Plain(_)) {
            self.findings.warn(
                path,
                "a secret in plain text; { env = \"NAME\" } or { file = \"/path\" } keeps it out of this file",
            );
        }
    }
}

/// Reads a file that holds one secret, without the newline at its end.
///
/// # Errors
/// The file cannot be read, or is not UTF-8.
pub fn read_secret_file(path: &Path) -> io::Result<Secret> {
    let text = std::fs::read_to_string(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

fn decode(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}
