//! What the service has answered, as it came.

use std::sync::{Arc, Mutex, PoisonError};

use cerebras_management::RawAnswer;
use serde_json::Value;

/// What a request was for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Asked {
    /// What there is.
    #[default]
    Own,
    /// A version by an alias; its full name by id.
    ByAlias(String),
    /// A version that is not there, of an organization and an architecture that are.
    NoSuchVersion,
    /// An organization by a name that is nobody's.
    NoSuchOrg,
    /// With a key that was made up.
    MadeUpKey,
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) asked: Asked,
    pub(super) operation: &'static str,
    pub(super) status: u16,
    /// The names alone.
    pub(super) headers: Vec<String>,
    /// None when it is no JSON.
    pub(super) body: Option<Value>,
}

impl Answer {
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Takes the answers of clients as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<(Asked, Answers)>>);

impl Recorder {
    /// What the requests from now on are for.
    pub(super) fn asking(&self, asked: Asked) {
        self.with(|(now, _)| *now = asked);
    }

    pub(super) fn take(&self, answer: &RawAnswer) {
        self.with(|(asked, answers)| {
            answers.0.push(Answer {
                asked: asked.clone(),
                operation: answer.operation(),
                status: answer.status(),
                headers: answer.header_names().to_vec(),
                body: serde_json::from_slice(answer.body()).ok(),
            });
        });
    }

    /// All so far.
    pub(super) fn answers(&self) -> Answers {
        self.with(|(_, answers)| answers.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut (Asked, Answers)) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Every answer, in the order that they came in.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(pub(super) Vec<Answer>);

impl Answers {
    pub(super) fn of(&self, asked: &Asked) -> impl Iterator<Item = &Answer> {
        self.0.iter().filter(move |it| it.asked == *asked)
    }

    /// The bodies of the good answers to an operation that asked for what there is.
    pub(super) fn bodies(&self, operation: &'static str) -> impl Iterator<Item = &Value> {
        let own = self.of(&Asked::Own);
        let good = own.filter(move |it| it.operation == operation && it.is_good());
        good.filter_map(|it| it.body.as_ref())
    }

    /// Refusals of a client's mistake, whoever made it.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &Answer> {
        self.0.iter().filter(|it| (400..500).contains(&it.status))
    }

    /// The versions in lists.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Value> {
        let lists = self.bodies("list_model_versions");
        lists.flat_map(|list| items(list, "model_versions"))
    }

    /// The endpoints in lists.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Value> {
        let lists = self.bodies("list_endpoints");
        lists.flat_map(|list| items(list, "endpoints"))
    }

    /// The deployments of each endpoint, in the service's order.
    pub(super) fn deployments(&self) -> impl Iterator<Item = Vec<&Value>> {
        let endpoints = self.bodies("get_endpoint");
        endpoints.map(|endpoint| items(endpoint, "deployed_models").collect())
    }
}

/// The items of a list in an object; none where there is no list.
fn items<'a>(of: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    of[list].as_array().into_iter().flatten()
}
