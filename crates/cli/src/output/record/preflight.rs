//! What was seen of weights before they are uploaded.

use std::fmt::Write as _;

use cerebras_management_preflight::{Change, Finding, Layout, Report, Severity};
use indicatif::DecimalBytes;
use serde::Serialize;

use crate::output::{Record, printable};

#[derive(Debug, Serialize)]
pub(crate) struct PreflightRecord {
    pub(crate) good: bool,
    /// `standard` or `any`.
    layout: &'static str,
    #[serde(flatten)]
    report: Report,
    /// Since the lock that it was held against, if it was.
    changes: Option<Vec<Change>>,
}

impl PreflightRecord {
    pub(crate) fn new(report: Report, layout: Layout, changes: Option<Vec<Change>>) -> Self {
        Self {
            good: report.is_good(layout),
            layout: match layout {
                Layout::Any => "any",
                _ => "standard",
            },
            report,
            changes,
        }
    }

    /// What a person reads: what is there, and each finding with what to do.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (label, value) in self.details() {
            let _ = writeln!(text, "{label:<13} {}", printable(&value));
        }
        for finding in &self.report.findings {
            finding_text(&mut text, finding);
        }
        for not_checked in &self.report.not_checked {
            let _ = write!(
                text,
                "\nnot checked   {}: {}\n",
                not_checked.check,
                printable(&not_checked.why)
            );
        }
        for (n, change) in self.changes.iter().flatten().enumerate() {
            let gap = if n == 0 { "\n" } else { "" };
            let change = printable(&change.to_string());
            let _ = writeln!(text, "{gap}changed       {change}");
        }
        text.truncate(text.trim_end().len());
        text
    }
}

fn finding_text(text: &mut String, finding: &Finding) {
    let severity = match finding.severity {
        Severity::Broken => "broken",
        Severity::Layout => "layout",
        Severity::Warning => "warning",
    };
    let Finding {
        check,
        object,
        what,
        why,
        remedy,
        ..
    } = finding;
    let of = if object.is_empty() {
        String::new()
    } else {
        // A name in a folder or a bucket may have lines.
        format!(" in {}", printable(object))
    };
    let _ = write!(text, "\n{severity:<13} {check}{of}\n");
    for (label, line) in [("what:", what.as_str()), ("why:", why), ("next:", remedy)] {
        let _ = writeln!(text, "  {label:<11} {}", printable(line));
    }
}

/// `1 file`, `2 files`.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

impl Record for PreflightRecord {
    const COLUMNS: &'static [&'static str] = &["PLACE"];

    fn row(&self) -> Vec<String> {
        vec![self.report.place.clone()]
    }

    fn name(&self) -> String {
        self.report.place.clone()
    }

    fn details(&self) -> Vec<(String, String)> {
        let report = &self.report;
        let dtypes = report
            .dtypes
            .iter()
            .map(|(dtype, count)| format!("{count} {dtype}"));
        let dtypes: Vec<_> = dtypes.collect();
        let count = |severity| {
            let of = report.findings.iter().filter(|it| it.severity == severity);
            of.count()
        };
        let result = if self.good { "good" } else { "bad" };
        let [broken, layout, warnings] =
            [Severity::Broken, Severity::Layout, Severity::Warning].map(count);
        let warnings = counted(warnings as u64, "warning");
        let mut details = vec![("place", report.place.clone())];
        details.extend(report.architecture.clone().map(|it| ("architecture", it)));
        details.extend(report.model_type.clone().map(|it| ("model type", it)));
        details.push((
            "objects",
            format!("{}, {}", report.objects, DecimalBytes(report.bytes)),
        ));
        if report.shards > 0 {
            let files = counted(report.shards as u64, "file");
            let mut tensors = format!("{} in {files}", report.tensors);
            if !dtypes.is_empty() {
                let _ = write!(tensors, ": {}", dtypes.join(", "));
            }
            details.push(("tensors", tensors));
        }
        let read = format!(
            "{} in {}",
            DecimalBytes(report.bytes_read),
            counted(report.requests, "request")
        );
        details.push(("read", read));
        details.push((
            "result",
            format!("{result}: {broken} broken, {layout} layout, {warnings}"),
        ));
        details
            .into_iter()
            .map(|(label, value)| (label.to_owned(), value))
            .collect()
    }
}
