use serde::{Deserialize, Serialize};

use super::RetryAfter;

/// What a [`Fault`](super::Fault) does to a request.
///
/// Times are real ones, whatever the speed of the clock, but for those of
/// [`FaultAction::RateLimit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultAction {
    /// Handled, and answered this much later. The client may give up before.
    Delay {
        /// How much, in milliseconds.
        milliseconds: u64,
    },
    /// Not handled. Answered with a status and an error body of the route's shape.
    Status {
        /// The status; 500 when this is none that HTTP knows.
        status: u16,
        /// The `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// Not handled when the bucket is empty: 429, with the seconds to wait in `Retry-After`. They
    /// are the client's, at least 1, unless the clock stands still: then they are simulated ones.
    /// Otherwise the fault takes a token and does not hit the request.
    RateLimit {
        /// How many requests can come at once, at least 1.
        burst: u32,
        /// How many more can come in a simulated minute; with 0, none ever, and no
        /// `Retry-After`.
        per_minute: u32,
    },
    /// Not handled. Answered with anything at all.
    Answer {
        /// The status; 500 when this is none that HTTP knows.
        status: u16,
        /// The `Content-Type` header.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Not handled. Answered with an HTML page and a `cf-ray` header, as by a content delivery
    /// network in front of the service.
    EdgePage {
        /// The status; 500 when this is none that HTTP knows. An edge sends 403 with a
        /// challenge, 502 to 526 with an error.
        status: u16,
    },
    /// Handled, and answered all the same with a status and an error body of the route's shape, or
    /// with a page of the edge's: a request that was done, whatever its answer says.
    HandledThen {
        /// The status; 500 when this is none that HTTP knows.
        status: u16,
        /// The `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
        /// Whether the body is the page of [`FaultAction::EdgePage`]. It is not unless set.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        edge_page: bool,
    },
    /// Not handled, and the service is away: every open connection is closed, this one too, and
    /// new ones are refused for this long. This is what a request can do; to have the very first
    /// connection refused, call
    /// [`Simulator::refuse_connections`](crate::Simulator::refuse_connections).
    Refuse {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// Not handled: the connection closes.
    Close,
    /// Handled, and then the connection closes with no answer.
    LoseAnswer,
    /// Handled, and the connection closes in the middle of the answer's body.
    CutBody,
    /// Handled, and the body of the answer comes in small pieces.
    Trickle {
        /// How many bytes a piece has; 0 is taken as 1.
        bytes: usize,
        /// How long after one piece the next comes, in milliseconds.
        milliseconds: u64,
    },
    /// Handled. The body of the answer ends in its middle, and its length says so: what is there
    /// came whole, and is no JSON.
    InvalidJson,
    /// Handled. The answer is the only item of a list: JSON, but not what the page says.
    WrongShape,
    /// Handled. Each object in the answer has one more field, of a kind no page names.
    UnknownFields,
    /// Handled. Each `sync_status`, `rollout_status` and `state` in the answer is this text.
    UnknownStatus {
        /// The status.
        status: String,
    },
    /// Handled. The answer is followed by so many spaces, which is still JSON; no header tells
    /// its length.
    HugeBody {
        /// How many bytes of space.
        bytes: u64,
    },
}

impl FaultAction {
    /// Whether the service handles the request, whatever becomes of the answer.
    pub(crate) fn handles(&self) -> bool {
        !matches!(
            self,
            Self::Status { .. }
                | Self::RateLimit { .. }
                | Self::Answer { .. }
                | Self::EdgePage { .. }
                | Self::Refuse { .. }
                | Self::Close
        )
    }

    /// Whether the client gets an answer, at least the beginning of one.
    pub(crate) fn answers(&self) -> bool {
        !matches!(self, Self::Refuse { .. } | Self::Close | Self::LoseAnswer)
    }
}
