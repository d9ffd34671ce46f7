//! Small models, and every defect that one can have. What writes them to a folder or to a bucket is the
//! test's.

#![allow(dead_code, reason = "each test target uses a part of it")]

pub(crate) mod defects;
pub(crate) mod model;
pub(crate) mod quantised;

use std::time::{Duration, SystemTime};

use cerebras_management_preflight::{Architectures, Check, Finding, Report};

/// The architectures of the small models.
pub(crate) const TABLE: &str = r#"
[[architecture]]
ids = ["tiny-llama"]
model_types = ["llama"]
sizes = { hidden_size = 8, vocab_size = 16 }
source = "the generator"
known = "it is made here"

[[architecture]]
ids = ["tiny-qwen"]
model_types = ["qwen3", "qwen3_moe"]
source = "the generator"
known = "it is made here"

[[architecture]]
ids = ["tiny-gpt-oss"]
model_types = ["gpt_oss"]
sizes = { hidden_size = 64 }
quantised = "mxfp4"
source = "the generator"
known = "it is made here"
"#;

pub(crate) fn table() -> Architectures {
    Architectures::parse(TABLE).expect("a table")
}

/// The time by which the tests go.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

/// What was found: of which check, and at which object.
pub(crate) fn found(report: &Report) -> Vec<(Check, String)> {
    let pair = |finding: &Finding| (finding.check, finding.object.clone());
    let mut found: Vec<_> = report.findings.iter().map(pair).collect();
    found.sort();
    found
}
