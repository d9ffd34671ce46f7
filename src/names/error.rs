//! The one error of this module.

use std::convert::Infallible;
use std::fmt;

use super::characters::describe;
use super::shown::{quoted, shown};

/// Text that is not the name it should be.
///
/// Its [`Display`](fmt::Display) is one line: the part, the text as it was given, the byte
/// where it goes wrong, what was expected there and what was found, and then the remedy, where
/// one is known.
///
/// The text is escaped, so that nothing in it can break a log or a terminal; it is cut after
/// 80 characters; and it is not shown at all when it may hold a secret, such as a presigned
/// URL.
///
/// ```
/// use cerebras_management::names::VersionAlias;
///
/// let error = "Production".parse::<VersionAlias>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"alias "Production": byte 0: expected a lower-case letter, found 'P'; try "production""#,
/// );
/// assert_eq!(error.part(), "alias");
/// assert_eq!(error.position(), Some(0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    inner: Box<Inner>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    part: &'static str,
    /// The name that `part` was found in, when that is another: "model version name".
    whole: Option<&'static str>,
    /// Escaped and in quotes; `None` when it may hold a secret.
    input: Option<String>,
    position: Option<usize>,
    problem: String,
    remedy: Option<String>,
    proposal: Option<Proposal>,
}

/// Text that may be what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proposal {
    explanation: &'static str,
    text: String,
}

/// What stands where something else was expected.
pub(super) enum Found<'a> {
    /// Whatever the input has at the error's position.
    Here,
    /// A piece of the input.
    Piece(&'a str),
    /// A description, with nothing of the input in it.
    Words(&'a str),
}

impl NameError {
    /// The part that is wrong: "organization name", "model architecture", "endpoint id",
    /// "alias", "version", "model version name" or "weight URI".
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.inner.part
    }

    /// The byte, counted from zero in the text as it was given, where it goes wrong. `None`
    /// when there was no text, as for the number 0.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.inner.position
    }

    pub(super) fn new(
        part: &'static str,
        input: &str,
        position: usize,
        expected: impl fmt::Display,
        found: &Found<'_>,
    ) -> Self {
        let shown = shown(input);
        let found = match found {
            Found::Here => match input.get(position..).and_then(|rest| rest.chars().next()) {
                Some(c) => describe(c),
                None if input.is_empty() => "nothing".to_owned(),
                None => "the end".to_owned(),
            },
            Found::Piece(_) if shown.is_none() => "something else".to_owned(),
            Found::Piece(piece) => super::shown::shown(piece).unwrap_or_default(),
            Found::Words(words) => (*words).to_owned(),
        };
        Self {
            inner: Box::new(Inner {
                part,
                whole: None,
                input: shown,
                position: Some(position),
                problem: format!("expected {expected}, found {found}"),
                remedy: None,
                proposal: None,
            }),
        }
    }

    /// An empty `input`; most come from a variable that is not set.
    pub(super) fn empty(part: &'static str, expected: impl fmt::Display) -> Self {
        Self::new(part, "", 0, expected, &Found::Here)
            .remedy("if it comes from a variable, check that the variable is set")
    }

    /// The error has no position in a text.
    pub(super) fn without_position(mut self) -> Self {
        self.inner.position = None;
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.inner.remedy = Some(remedy.into());
        self
    }

    /// Has `candidate` offered in the place of the remedy, should it prove to be valid: see
    /// [`confirm`](Self::confirm).
    pub(super) fn propose(self, candidate: Option<impl Into<String>>) -> Self {
        self.propose_as("", candidate)
    }

    /// Like [`propose`](Self::propose), with an explanation before the offer.
    pub(super) fn propose_as(
        mut self,
        explanation: &'static str,
        candidate: Option<impl Into<String>>,
    ) -> Self {
        self.inner.proposal = candidate.map(|text| Proposal {
            explanation,
            text: text.into(),
        });
        self
    }

    /// Turns the proposal into the remedy if it `is_valid`, and drops it if not.
    ///
    /// The grammars propose and only `FromStr` confirms, by asking the grammar: a proposal is
    /// never the reason to look for another one. It is made from the input, so it is dropped
    /// also when the input is not shown.
    pub(super) fn confirm(mut self, is_valid: impl FnOnce(&str) -> bool) -> Self {
        match self.inner.proposal.take() {
            Some(Proposal { explanation, text })
                if self.inner.input.is_some() && is_valid(&text) =>
            {
                self.remedy(format!("{explanation}try {}", quoted(&text)))
            }
            _ => self,
        }
    }

    /// The same error, for a part that stands at byte `offset` of `input`.
    pub(super) fn within(mut self, whole: &'static str, input: &str, offset: usize) -> Self {
        self.inner.whole = Some(whole);
        self.inner.input = shown(input);
        self.inner.position = self.inner.position.map(|position| position + offset);
        if self.inner.input.is_none() {
            self.inner.remedy = None;
        }
        self
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        f.write_str(inner.whole.unwrap_or(inner.part))?;
        match &inner.input {
            Some(input) => write!(f, " {input}: ")?,
            None => f.write_str(" (not shown, it may hold a secret): ")?,
        }
        if inner.whole.is_some() {
            write!(f, "{}: ", inner.part)?;
        }
        if let Some(position) = inner.position {
            write!(f, "byte {position}: ")?;
        }
        f.write_str(&inner.problem)?;
        match &inner.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NameError {}

/// So that a setter can take `impl TryInto<OrgName, Error: Into<NameError>>`, and with it both
/// text, which may be wrong, and an [`OrgName`](super::OrgName), which cannot.
impl From<Infallible> for NameError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
