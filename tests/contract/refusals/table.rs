//! Each refusal, and the error that it stands for.

use std::time::Duration;

use cerebras_management::{ErrorKind, Sent};
use serde_json::json;

use crate::harness::operations::Operation;
use crate::harness::service::{Answer, page, status};

pub(super) fn all() -> Vec<Refusal> {
    let mut all = of_the_service();
    all.extend(later());
    all.extend(of_something_in_front());
    all
}

fn detail(code: u16, text: &str) -> Answer {
    status(code, json!({ "detail": text }))
}

fn plain(code: u16, text: &str) -> Answer {
    Answer::text(code, "text/plain", text)
}

/// It read the request, and refused it.
fn of_the_service() -> Vec<Refusal> {
    let fields = json!({"detail": [
        {"loc": ["body", "model", "weight_uri"], "msg": "field required", "type": "missing"},
        {"loc": ["body", "model", "version_aliases", 1], "msg": "bad\u{1b}[31m\nalias", "type": "x"},
    ]});
    let inference = json!({"message": "No such model", "type": "x", "param": null, "code": "y"});
    let yes = |answer, kind, says| refusal(answer, kind, Sent::Yes, says);
    vec![
        yes(
            detail(400, "Bad weights"),
            ErrorKind::Rejected,
            "the request was refused: \"Bad weights\"",
        ),
        yes(
            detail(401, "Invalid key"),
            ErrorKind::Unauthorized,
            "the API key was refused: \"Invalid key\"",
        )
        .remedy(KEY_REMEDY),
        yes(
            detail(403, "Not yours"),
            ErrorKind::PermissionDenied,
            "permission denied: \"Not yours\"",
        )
        .remedy(ACCESS_REMEDY),
        yes(
            detail(404, "Nothing here"),
            ErrorKind::NotFound,
            "not found: \"Nothing here\"",
        ),
        yes(
            status(404, inference),
            ErrorKind::NotFound,
            "not found: \"No such model\"",
        ),
        yes(
            detail(409, "Alias taken"),
            ErrorKind::Conflict,
            "conflict: \"Alias taken\"",
        ),
        yes(
            plain(418, "short and stout"),
            ErrorKind::Rejected,
            "the request was refused: \"short and stout\"",
        ),
        yes(
            detail(422, "Model is not synced"),
            ErrorKind::Rejected,
            "the request was refused: \"Model is not synced\"",
        ),
        yes(
            status(422, fields),
            ErrorKind::Rejected,
            "the request was refused: body.model.weight_uri: field required, \
             body.model.version_aliases.1: bad [31m alias",
        ),
        yes(
            plain(200, "OK"),
            ErrorKind::Decode,
            "the answer is not what the published API answers: expected value at line 1 column 1",
        ),
    ]
}

/// It cannot answer just now.
fn later() -> Vec<Refusal> {
    let slow_down = || {
        refusal(
            detail(429, "Slow down"),
            ErrorKind::RateLimited,
            Sent::Yes,
            "too many requests: \"Slow down\"",
        )
    };
    let maybe = |answer, says| refusal(answer, ErrorKind::Unavailable, Sent::Maybe, says);
    vec![
        slow_down().retry_after("7").remedy("try again in 7 s"),
        slow_down().remedy("try again later, or with fewer requests at once"),
        maybe(
            plain(500, "Internal Server Error"),
            "the service is unavailable: \"Internal Server Error\"",
        ),
        maybe(page(502), "the service is unavailable"),
        maybe(
            detail(503, "Maintenance"),
            "the service is unavailable: \"Maintenance\"",
        )
        .retry_after("30"),
    ]
}

/// A page for a browser.
fn of_something_in_front() -> Vec<Refusal> {
    let without_a_type = plain(200, "\n <html>Sign in</html>");
    [page(200), without_a_type, page(401), page(403), page(429)]
        .map(|answer| {
            let says = "an HTML page came back, from something in front of the service";
            refusal(answer, ErrorKind::Blocked, Sent::Maybe, says).remedy(
                "check the base URL and any proxy, and whether this network may reach the service",
            )
        })
        .into()
}

/// An answer, and the error that it stands for.
pub(super) struct Refusal {
    pub(super) answer: Answer,
    pub(super) kind: ErrorKind,
    pub(super) sent: Sent,
    pub(super) status: u16,
    /// What the line says after the subject.
    says: String,
    remedy: Option<&'static str>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Option<String>,
}

fn refusal(answer: Answer, kind: ErrorKind, sent: Sent, says: &str) -> Refusal {
    Refusal {
        status: answer.status(),
        body: Some(answer.body().to_owned()),
        answer: answer
            .header("x-request-id", "req-1")
            .header("cf-ray", "8c1-FRA"),
        kind,
        sent,
        says: says.to_owned(),
        remedy: None,
        retry_after: None,
    }
}

impl Refusal {
    fn remedy(self, remedy: &'static str) -> Self {
        let remedy = Some(remedy);
        Self { remedy, ..self }
    }

    fn retry_after(self, value: &str) -> Self {
        Self {
            answer: self.answer.header("retry-after", value),
            retry_after: Some(Duration::from_secs(value.parse().unwrap())),
            ..self
        }
    }

    /// The whole line of the error of an operation.
    pub(super) fn line(&self, operation: &Operation) -> String {
        // Or a status that says yes, and an answer that cannot be read.
        let unclear = self.sent == Sent::Maybe || self.status == 200;
        let may = unclear && operation.writes();
        let remedy = match (self.kind, operation.id) {
            (ErrorKind::NotFound, "list_model_architectures" | "list_endpoints") => {
                Some("check the organization's name and the base URL")
            }
            (ErrorKind::NotFound, "get_endpoint") => Some(
                "check the id: it is the `model` of inference requests, and Org::endpoints lists \
                 them",
            ),
            (ErrorKind::Conflict, "update_model_version_aliases") => Some(
                "an alias names one version at a time: remove it from the version that holds it \
                 first",
            ),
            (ErrorKind::Rejected, "update_model_version_aliases") if self.status == 400 => {
                Some("if another version holds one of the aliases, remove it there first")
            }
            _ => self.remedy,
        };
        let trailer = format!(
            "({}: HTTP {}, request id req-1, ray id 8c1-FRA)",
            operation.id, self.status
        );
        format!(
            "{} {trailer}",
            operation.error_line(&self.says, may, remedy)
        )
    }
}

const KEY_REMEDY: &str = "use a valid Management API key; it is not the inference key, and it is \
                          found under \"Management API keys\" at https://cloud.cerebras.ai";
const ACCESS_REMEDY: &str = "check that the key belongs to this organization and that it has \
                             access to the private preview";
