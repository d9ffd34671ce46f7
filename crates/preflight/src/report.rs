//! What a preflight has seen.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Check, Finding, Severity, Store, source::Source, store::Object};

/// Which findings make weights bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// What is broken, and what is not the layout of a model on the Hugging Face hub.
    #[default]
    Standard,
    /// What is broken, whatever the layout.
    Any,
}

/// What a preflight has seen of weights. Its fields keep their names in JSON.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Where the weights are: `s3://bucket/prefix` or a path.
    pub place: String,
    /// The architecture that was asked for.
    pub architecture: Option<String>,
    /// The model type that config.json names.
    pub model_type: Option<String>,
    /// Objects below the place.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Safetensors files right below the place.
    pub shards: usize,
    /// The tensors that their headers describe.
    pub tensors: u64,
    /// How many of them there are of each type.
    pub dtypes: BTreeMap<String, u64>,
    /// Calls that were made to list and to read; what was asked again after a fault is not counted.
    pub requests: u64,
    /// Bytes that were read of objects.
    pub bytes_read: u64,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// The checks that could not be made.
    pub not_checked: Vec<NotChecked>,
    #[serde(skip)]
    pub(crate) listed: Vec<Object>,
    /// Files and folders that could not be listed.
    #[serde(skip)]
    pub(crate) unlisted: usize,
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotChecked {
    /// Its word.
    pub check: &'static str,
    /// Why not.
    pub why: String,
}

impl Report {
    pub(crate) fn of(store: &Store, architecture: Option<String>) -> Self {
        Self {
            place: store.place(),
            architecture,
            model_type: None,
            objects: 0,
            bytes: 0,
            shards: 0,
            tensors: 0,
            dtypes: BTreeMap::new(),
            requests: 0,
            bytes_read: 0,
            findings: Vec::new(),
            not_checked: Vec::new(),
            listed: Vec::new(),
            unlisted: 0,
        }
    }

    pub(crate) fn take_listing(&mut self, mut listed: Vec<Object>) {
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        self.objects = listed.len();
        self.bytes = listed.iter().fold(0, |sum, it| it.size.saturating_add(sum));
        self.listed = listed;
    }

    pub(crate) fn finish(mut self, source: &Source<'_>, mut found: Found) -> Self {
        self.requests = source.requests();
        self.bytes_read = source.bytes();
        self.not_checked = std::mem::take(&mut found.not_checked);
        self.findings = found.sorted();
        self
    }

    /// Whether nothing was found that keeps the weights from being uploaded.
    ///
    /// That is no promise that the service takes them: it publishes no layout.
    #[must_use]
    pub fn is_good(&self, layout: Layout) -> bool {
        self.bad(layout).next().is_none()
    }

    /// What keeps the weights from being uploaded.
    pub fn bad(&self, layout: Layout) -> impl Iterator<Item = &Finding> {
        let bad = move |severity| match severity {
            Severity::Broken => true,
            Severity::Layout => layout == Layout::Standard,
            Severity::Warning => false,
        };
        self.findings.iter().filter(move |it| bad(it.severity))
    }
}

/// Collects findings, so many of each check as a person reads.
#[derive(Debug, Default)]
pub(crate) struct Found {
    findings: Vec<Finding>,
    counts: BTreeMap<Check, usize>,
    pub(crate) not_checked: Vec<NotChecked>,
}

impl Found {
    /// So many findings of a check are told one by one.
    const TOLD: usize = 20;

    pub(crate) fn add(
        &mut self,
        check: Check,
        object: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let count = self.counts.entry(check).or_default();
        *count += 1;
        if *count <= Self::TOLD {
            self.findings
                .push(Finding::new(check, object, what, remedy));
        }
    }

    pub(crate) fn not_checked(&mut self, check: Check, why: impl Into<String>) {
        self.not_checked.push(NotChecked {
            check: check.word(),
            why: why.into(),
        });
    }

    /// Takes what was found elsewhere.
    pub(crate) fn merge(&mut self, other: Self) {
        for finding in other.findings {
            let told = self.findings.iter().filter(|it| it.check == finding.check);
            if told.count() < Self::TOLD {
                self.findings.push(finding);
            }
        }
        for (check, count) in other.counts {
            *self.counts.entry(check).or_default() += count;
        }
        self.not_checked.extend(other.not_checked);
    }

    /// Whether a check has found something.
    pub(crate) fn has(&self, check: Check) -> bool {
        self.counts.contains_key(&check)
    }

    /// All of them, the worst first; where there were too many of a check, how many more.
    pub(crate) fn sorted(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort();
        for (check, count) in self.counts {
            let Some(more) = count.checked_sub(Self::TOLD).filter(|more| *more > 0) else {
                continue;
            };
            let end =
                findings.partition_point(|it| (it.severity, it.check) <= (check.severity(), check));
            let what = format!("{more} more of the kind");
            findings.insert(
                end,
                Finding::new(check, "", what, "mend those above, and run it again"),
            );
        }
        findings
    }
}
