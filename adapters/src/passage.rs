//! Which members of a vendor's resource pass to the client as they are written, because no rule touches them: most of them
//! at most vendors. It is compiled with the configuration; a resource is then read once, and only what is left becomes
//! values, which take the ordinary way through [`crate::dialect`], [`crate::Mapping`] and the gateway.
//!
//! Whoever adds a rule for answers sees to it that what the rule touches does not pass: a property test compares the resources
//! that go by here with those that are read whole.

mod names;

use scimux_scim::lex::{Lexer, Malformed, Quoted};
use scimux_scim::partial::Passed;
use scimux_scim::schema::{Kind, Returned, common};
use scimux_scim::value::{MAX_DEPTH, read_next};
use scimux_scim::{Attribute, AttributePath, Object, Partial, Schema, Text, Value};

use self::names::{Names, Seen};
use crate::ServedType;

/// The members that pass, and all others that are known.
#[derive(Debug)]
pub(crate) struct Passage {
    core: Names<Rule>,
    containers: Vec<Container>,
}

/// The attributes of an extension.
#[derive(Debug)]
struct Container {
    /// The URN under which clients know it.
    urn: Text,
    names: Names<Rule>,
}

/// What becomes of a member.
#[derive(Debug)]
enum Rule {
    /// It passes if its value has this form.
    Pass(Form),
    /// A rule touches it.
    Read,
    /// It is a name that only clients know: what the vendor means by it is not for this place to say.
    Refuse,
    /// It is the container with this index.
    Container(usize),
}

/// The form of a value in which nothing has to be mended.
#[derive(Debug)]
struct Form {
    simple: Simple,
    /// The parts of a complex value. What else stands in it might have to be hidden.
    parts: Option<Names<Simple>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Simple {
    is_list: bool,
    is_boolean: bool,
}

/// So many members that no schema knows are compared with one another.
const MOST_UNKNOWN: usize = 32;

impl Passage {
    /// For the answers about a type. `None`: all of a resource counts, since its version is computed from all of it.
    pub(crate) fn new(served: &ServedType) -> Option<Self> {
        if !served.profile.versions {
            return None;
        }
        let mut core = Vec::new();
        let mut containers = Vec::new();
        for extension in &served.vendor.extensions {
            let vendor = &extension.schema;
            let urn = served.mapping.urn_to_canonical(&vendor.id);
            let Some(canonical) = served.canonical.extension(urn) else { continue };
            core.push((vendor.id.clone(), Rule::Container(containers.len())));
            core.push((canonical.id.clone(), Rule::Refuse));
            let names = Names::new(rules(Some((canonical, vendor)), served))?;
            containers.push(Container { urn: canonical.id.clone(), names });
        }
        core.extend(rules(None, served));
        Some(Self { core: Names::new(core)?, containers })
    }

    /// Reads a resource. `None`: it has to be read whole, or is none.
    pub(crate) fn read(&self, text: &Text) -> Option<Partial> {
        let partial = Partial { passed: Passed::with_room(text.len()), ..Partial::default() };
        let mut reader = Reader { text, partial, unknown: 0 };
        let mut lexer = Lexer::new(text);
        reader.resource(&mut lexer, self).ok()?;
        lexer.peek().is_none().then_some(reader.partial)
    }
}

/// The rules for the attributes of the base schema, or of an extension under both its names.
fn rules(extension: Option<(&Schema, &Schema)>, served: &ServedType) -> Vec<(Text, Rule)> {
    let (canonical, vendor) = extension.unwrap_or((&served.canonical.schema, &served.vendor.schema));
    let is_touched =
        |name: &str| {
            let here = |path: &AttributePath, schema: &Schema| {
                let urn = path.urn.as_deref();
                let is_here = urn.map_or(extension.is_none(), |urn| urn.eq_ignore_ascii_case(&schema.id));
                is_here && (path.is_container() || path.attribute.eq_ignore_ascii_case(name))
            };
            served.forms.iter().any(|(path, _)| here(path, vendor))
                || served.references.iter().any(|(path, _)| here(path, canonical))
                || served.mapping.attributes.iter().any(|(one, other)| {
                    [one, other].into_iter().any(|path| here(path, canonical) || here(path, vendor))
                })
        };
    let mut rules = Vec::new();
    for attribute in &vendor.attributes {
        let form = canonical.attribute(&attribute.name).map(|shown| Form::of(attribute, shown));
        let form = form.flatten().filter(|_| !is_touched(&attribute.name));
        rules.push((attribute.name.clone(), form.map_or(Rule::Read, Rule::Pass)));
    }
    for attribute in common().iter().filter(|_| extension.is_none()) {
        let passes = attribute.name == "externalId" && !is_touched("externalId");
        let rule = if passes { Rule::Pass(Form { simple: Simple::of(attribute), parts: None }) } else { Rule::Read };
        rules.push((attribute.name.clone(), rule));
    }
    rules
}

impl Form {
    /// Of an attribute as the vendor has it and as clients are shown it. `None`: some rule touches it in any form.
    fn of(attribute: &Attribute, shown: &Attribute) -> Option<Self> {
        let is_shown = |attribute: &Attribute| matches!(attribute.returned, Returned::Always | Returned::Default);
        let all_shown = is_shown(shown) && shown.sub_attributes.iter().all(is_shown);
        let simple = Simple::of(attribute);
        if !all_shown || shown.name != attribute.name || Simple::of(shown) != simple {
            return None;
        }
        let alike = |sub: &&Attribute| shown.sub(&sub.name).is_some_and(|shown| Simple::of(shown) == Simple::of(sub));
        // A reference is pointed at the gateway, whatever it is a part of.
        let subs = attribute.sub_attributes.iter().filter(alike).filter(|sub| sub.name != "$ref");
        let parts = Names::new(subs.map(|sub| (sub.name.clone(), Simple::of(sub))))?;
        Some(Self { simple, parts: (!attribute.sub_attributes.is_empty()).then_some(parts) })
    }

    /// Goes behind the next value.
    ///
    /// # Errors
    /// It has not this form.
    fn pass(&self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Malformed> {
        match lexer.peek() {
            Some(b'[') if self.simple.is_list => lexer.elements(depth, |lexer, depth| self.pass_one(lexer, depth)),
            Some(b'n') => lexer.skip(depth),
            _ if self.simple.is_list => Err(Malformed),
            _ => self.pass_one(lexer, depth),
        }
    }

    fn pass_one(&self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Malformed> {
        match (lexer.peek(), &self.parts) {
            (Some(b'{'), Some(parts)) => {
                let mut seen = Seen::default();
                lexer.members(depth, |lexer, name, depth| {
                    let (index, part) = known(parts, name)?.ok_or(Malformed)?;
                    seen.claim(index)?;
                    part.pass(lexer, depth)
                })
            }
            _ => Simple { is_list: false, ..self.simple }.pass(lexer, depth),
        }
    }
}

impl Simple {
    fn of(attribute: &Attribute) -> Self {
        Self { is_list: attribute.multi_valued, is_boolean: attribute.kind == Kind::Boolean }
    }

    fn pass(self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Malformed> {
        match lexer.peek() {
            Some(b'"') if !self.is_list && !self.is_boolean => lexer.string().map(drop),
            Some(b'[') if self.is_list => {
                lexer.elements(depth, |lexer, depth| Self { is_list: false, ..self }.pass(lexer, depth))
            }
            Some(b'n') => lexer.skip(depth),
            Some(b'"' | b'[' | b'{') => Err(Malformed),
            _ if self.is_list => Err(Malformed),
            _ => lexer.skip(depth),
        }
    }
}

/// What is known under a name. One with an escape is rare enough to be read whole.
fn known<'a, T>(names: &'a Names<T>, name: Quoted<'_>) -> Result<Option<(usize, &'a T)>, Malformed> {
    if name.escaped { Err(Malformed) } else { Ok(names.find(name.written)) }
}

struct Reader<'t> {
    text: &'t Text,
    partial: Partial,
    unknown: usize,
}

impl<'t> Reader<'t> {
    fn resource(&mut self, lexer: &mut Lexer<'t>, passage: &Passage) -> Result<(), Malformed> {
        let mut seen = Seen::default();
        lexer.members(MAX_DEPTH, |lexer, name, depth| {
            let found = known(&passage.core, name)?;
            match found {
                Some((index, _)) => seen.claim(index)?,
                None => claim_unknown(&mut self.unknown, &self.partial.resource, name.written)?,
            }
            let value = match found {
                Some((_, Rule::Refuse)) => return Err(Malformed),
                Some((_, Rule::Pass(form))) => {
                    if passes(form, lexer, depth) {
                        self.partial.passed.push(lexer.since(name.start));
                        return Ok(());
                    }
                    read_next(self.text, lexer, depth)?
                }
                Some((_, Rule::Container(index))) if lexer.peek() == Some(b'{') => {
                    Value::Object(self.container(lexer, &passage.containers[*index], depth)?)
                }
                _ => read_next(self.text, lexer, depth)?,
            };
            self.partial.resource.insert(self.text.slice_ref(name.written), value);
            Ok(())
        })
    }

    /// What of a container has to be read. Something always is, so that rules which ask whether the container is there see it.
    fn container(&mut self, lexer: &mut Lexer<'t>, known_as: &Container, depth: usize) -> Result<Object, Malformed> {
        let (mut seen, mut read, mut holds) = (Seen::default(), Object::new(), false);
        lexer.members(depth, |lexer, name, depth| {
            let found = known(&known_as.names, name)?;
            match found {
                Some((index, _)) => seen.claim(index)?,
                None => claim_unknown(&mut self.unknown, &read, name.written)?,
            }
            let form = if let Some((_, Rule::Pass(form))) = found { Some(form) } else { None };
            if holds && form.is_some_and(|form| passes(form, lexer, depth)) {
                self.partial.passed.push_into(&known_as.urn, lexer.since(name.start));
                return Ok(());
            }
            let value = read_next(self.text, lexer, depth)?;
            holds |= form.is_some() && !value.is_unassigned();
            read.insert(self.text.slice_ref(name.written), value);
            Ok(())
        })?;
        Ok(read)
    }
}

/// Takes note of a name that no schema knows.
fn claim_unknown(count: &mut usize, among: &Object, name: &str) -> Result<(), Malformed> {
    *count += 1;
    if *count > MOST_UNKNOWN || among.contains(name) { Err(Malformed) } else { Ok(()) }
}

/// Whether the next value has a form, and so was passed; if not, it still is the next.
fn passes(form: &Form, lexer: &mut Lexer<'_>, depth: usize) -> bool {
    let start = lexer.position();
    let passes = form.pass(lexer, depth).is_ok();
    if !passes {
        lexer.back_to(start);
    }
    passes
}
