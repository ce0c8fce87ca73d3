//! Where filters are known to find others than `scim2-server` does, and what decides it.

use scimux_scim::filter::{CompareOp, Literal};
use scimux_scim::schema::{Kind, Returned};
use scimux_scim::{Attribute, AttributePath, Filter, ResourceType};

use super::Found;

/// A single term on which the sides differ.
pub(super) struct Leaf<'a> {
    /// The path behind which the brackets are, if there are any.
    list: Option<&'a AttributePath>,
    /// The path, in brackets that of the part.
    path: &'a AttributePath,
    /// What the path leads to, and what holds that.
    attribute: Attribute,
    parent: Attribute,
    /// The comparison; none for `pr`.
    test: Option<(CompareOp, &'a Literal)>,
    ours: &'a Found,
    theirs: &'a Found,
}

impl<'a> Leaf<'a> {
    pub(super) fn new(filter: &'a Filter, kind: &ResourceType, ours: &'a Found, theirs: &'a Found) -> Option<Self> {
        let (list, term) = match filter {
            Filter::ValuePath(path, term) => (Some(path), &**term),
            term => (None, term),
        };
        let (path, test) = match term {
            Filter::Compare(path, op, literal) => (path, Some((*op, literal))),
            Filter::Present(path) => (path, None),
            _ => return None,
        };
        let resolved = kind.resolve(list.unwrap_or(path))?;
        let parent = resolved.attribute.clone();
        let attribute = match list {
            Some(_) => parent.sub(&path.attribute).unwrap_or(&parent).clone(),
            None => resolved.leaf().clone(),
        };
        Some(Self { list, path, attribute, parent, test, ours, theirs })
    }

    /// We refuse the filter, the server finds what it finds.
    fn refused(&self) -> bool {
        *self.ours == Err("400 invalidFilter".to_owned()) && self.theirs.is_ok()
    }

    /// The server refuses the filter, we find what we find.
    fn taken(&self) -> bool {
        self.ours.is_ok() && *self.theirs == Err("400 invalidFilter".to_owned())
    }

    /// The type of what is compared: a list of complex values stands for their `value` (rfc-traps 74).
    fn compared(&self) -> Kind {
        let value = self.attribute.sub("value").filter(|_| self.attribute.multi_valued);
        value.unwrap_or(&self.attribute).kind
    }

    fn op(&self) -> Option<CompareOp> {
        self.test.map(|(op, _)| op)
    }

    /// The path of the whole attribute.
    fn whole(&self) -> String {
        self.list.unwrap_or(self.path).whole().to_string()
    }
}

/// What a difference means for the verdict.
pub(super) enum Meaning {
    /// The server must find the same with this filter.
    As(String),
    /// Ours stays.
    Stays,
}
use Meaning::{As, Stays};

/// A difference that is known.
pub(super) struct Known {
    /// The entry of rfc-traps that decides it.
    pub(super) trap: u16,
    pub(super) why: &'static str,
    /// A filter that shows it.
    pub(super) example: &'static str,
    pub(super) meaning: fn(&Leaf<'_>) -> Option<Meaning>,
}

const fn known(
    trap: u16,
    why: &'static str,
    example: &'static str,
    meaning: fn(&Leaf<'_>) -> Option<Meaning>,
) -> Known {
    Known { trap, why, example, meaning }
}

pub(super) const KNOWN: &[Known] = &[
    known(45, "primary absent is false", r#"emails[primary eq false]"#, primary_absent),
    known(35, "a reference may be relative, so it is compared with any text", r#"profileUrl eq "x""#, |leaf| {
        (leaf.compared() == Kind::Reference && leaf.taken()).then_some(Stays)
    }),
    known(33, "what is no base64 is the value of none", r#"x509Certificates.value eq "a""#, |leaf| {
        (leaf.compared() == Kind::Binary && leaf.taken()).then_some(Stays)
    }),
    known(77, "a literal of another type than the attribute's is refused", r#"active eq 1"#, |leaf| {
        let (_, literal) = leaf.test?;
        let of_type = match leaf.compared() {
            Kind::Boolean => !matches!(literal, Literal::Number(_)),
            Kind::Integer | Kind::Decimal => !matches!(literal, Literal::Bool(_)),
            Kind::DateTime => matches!(literal, Literal::String(_)),
            _ => true,
        };
        (!of_type && leaf.refused()).then_some(Stays)
    }),
    known(30, "a number or boolean for a string is its text", r#"title eq 1"#, |leaf| {
        let (op, literal) = leaf.test?;
        let bare = matches!(literal, Literal::Number(_) | Literal::Bool(_));
        let is_text = matches!(leaf.compared(), Kind::String | Kind::Reference);
        let term = format!("{} {} \"{literal}\"", leaf.path, op.as_str());
        (bare && is_text).then(|| As(leaf.list.map_or_else(|| term.clone(), |list| format!("{list}[{term}]"))))
    }),
    known(70, "ne asks whether any value differs", r#"emails.type ne "work""#, any_differs),
    known(73, "null has no order and no parts", r#"userName co null"#, |leaf| {
        let (op, literal) = leaf.test?;
        let parts = !matches!(op, CompareOp::Eq | CompareOp::Ne) && *literal == Literal::Null;
        (parts && leaf.refused()).then_some(Stays)
    }),
    known(73, "eq null is not pr, and ne null is pr", r#"emails.display eq null"#, |leaf| {
        let (op, literal) = leaf.test?;
        let (several, path) = (leaf.list.is_none() && leaf.parent.multi_valued, leaf.path);
        (several && *literal == Literal::Null).then(|| match op {
            CompareOp::Ne => As(format!("{path} pr")),
            _ => As(format!("not ({path} pr)")),
        })
    }),
    known(101, "a single reference stands for the id it holds", r#"manager ge "1""#, |leaf| {
        let (op, literal) = leaf.test?;
        let single = leaf.attribute.is_reference() && !leaf.attribute.multi_valued;
        let text = if let Literal::String(_) = literal { literal.to_string() } else { format!("\"{literal}\"") };
        single.then(|| As(format!("{}.value {} {text}", leaf.path, op.as_str())))
    }),
    known(75, "a single complex attribute has no value of its own", r#"name sw "x""#, |leaf| {
        (leaf.attribute.kind == Kind::Complex && leaf.test.is_some() && leaf.refused()).then_some(Stays)
    }),
    known(79, "only strings have parts", r#"meta.created sw "2011-05-13T04:42:34Z""#, |leaf| {
        let in_parts = matches!(leaf.op()?, CompareOp::Co | CompareOp::Sw | CompareOp::Ew);
        let is_text = matches!(leaf.attribute.kind, Kind::String | Kind::Reference);
        (in_parts && !is_text && leaf.refused()).then_some(Stays)
    }),
    known(98, "what is never returned cannot be asked for", r#"password eq "b""#, |leaf| {
        (leaf.attribute.returned == Returned::Never && leaf.refused()).then_some(Stays)
    }),
];

fn primary_absent(leaf: &Leaf<'_>) -> Option<Meaning> {
    if leaf.attribute.name != "primary" {
        return None;
    }
    let list = leaf.whole();
    let (primary, other) = (format!("{list}[primary eq true]"), format!("{list}[not (primary eq true)]"));
    // Without brackets, `ne` also finds those who have no value at all (rfc-traps 72).
    let or_none = if leaf.list.is_some() { String::new() } else { format!(" or not ({list} pr)") };
    Some(As(match leaf.test {
        None => format!("{list} pr"),
        Some((CompareOp::Eq, Literal::Null)) => format!("not ({list} pr)"),
        Some((CompareOp::Ne, Literal::Null)) => format!("{list} pr"),
        Some((CompareOp::Eq, Literal::Bool(true))) => primary,
        Some((CompareOp::Eq, Literal::Bool(false))) => other,
        Some((CompareOp::Ne, Literal::Bool(true))) => other + &or_none,
        Some((CompareOp::Ne, Literal::Bool(false))) => primary + &or_none,
        _ => return None,
    }))
}

fn any_differs(leaf: &Leaf<'_>) -> Option<Meaning> {
    let (CompareOp::Ne, literal) = leaf.test? else { return None };
    let sub = leaf.path.sub_attribute.as_deref().unwrap_or("value");
    let several = leaf.list.is_none() && leaf.parent.multi_valued && *literal != Literal::Null;
    let list = leaf.whole();
    let part = if leaf.parent.kind == Kind::Complex { format!(".{sub}") } else { String::new() };
    several.then(|| As(format!("{list}[{sub} pr and {sub} ne {literal}] or not ({list}{part} pr)")))
}
