//! Every defect is found, alone and with every other, and nothing is found in what is whole.

#![allow(missing_docs)]

mod support;

use cerebras_management_preflight::{
    Check, Layout, Preflight, Report, Severity, Store, store::Folder,
};
use support::{
    defects::{DEFECTS, Defect, expected},
    found,
    model::Model,
};

/// A folder in which one model after the other is looked at.
struct Place {
    folder: tempfile::TempDir,
    last: Model,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            last: Model::default(),
            runtime: runtime.expect("a runtime"),
        }
    }

    fn look(&mut self, model: Model) -> Report {
        model.write_over(&self.last, self.folder.path());
        let store = Store::Folder(Folder::new(self.folder.path()));
        let preflight = Preflight::new(&store)
            .architecture(&model.architecture)
            .architectures(support::table())
            .at(support::now());
        let report = self.runtime.block_on(preflight.run()).expect("a report");
        self.last = model;
        report
    }

    /// What is found otherwise than it is expected, with these defects.
    fn wrong(&mut self, defects: &[&Defect]) -> Option<String> {
        let report = self.look(Model::with(defects));
        let (mut found, expected) = (found(&report), expected(defects));
        found.dedup();
        let names: Vec<_> = defects.iter().map(|defect| defect.name).collect();
        let told = || {
            format!(
                "{}:\n  found    {found:?}\n  expected {expected:?}",
                names.join(", with ")
            )
        };
        (found != expected).then(told)
    }
}

fn look(model: Model) -> Report {
    Place::new().look(model)
}

#[test]
fn nothing_is_found_in_what_is_whole() {
    for model in [
        Model::llama(),
        Model::tied(),
        Model::qwen_moe(),
        Model::gpt_oss(),
        Model::with_vision(),
        Model::downloaded(),
    ] {
        let architecture = model.architecture.clone();
        let report = look(model);
        assert_eq!(found(&report), [], "{architecture}");
        assert!(report.is_good(Layout::Standard) && report.not_checked.is_empty());
    }
}

#[test]
fn every_defect_is_found_and_nothing_else() {
    let mut place = Place::new();
    let wrong: Vec<_> = DEFECTS
        .iter()
        .filter_map(|defect| place.wrong(&[defect]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_two_defects_are_found_together() {
    let pairs = DEFECTS.iter().enumerate().flat_map(|(n, one)| {
        let others = DEFECTS[n + 1..].iter();
        others.map(move |other| [one, other])
    });
    let mut place = Place::new();
    let wrong: Vec<_> = pairs.filter_map(|pair| place.wrong(&pair)).collect();
    assert!(
        wrong.is_empty(),
        "{} pairs:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What a folder cannot have is found in buckets, and tested there.
#[test]
fn every_check_finds_a_defect() {
    let of_buckets = [
        Check::NotFound,
        Check::AccessDenied,
        Check::OtherRegion,
        Check::Archived,
        Check::Changed,
        Check::Unreadable,
        Check::UnfinishedUpload,
        Check::FolderMarker,
    ];
    let covered: Vec<Check> = DEFECTS
        .iter()
        .flat_map(|defect| (defect.finds)())
        .map(|(check, _)| check)
        .collect();
    let missing: Vec<_> = Check::ALL
        .iter()
        .filter(|check| !covered.contains(check))
        .collect();
    assert_eq!(missing, of_buckets.iter().collect::<Vec<_>>());
}

#[test]
fn a_layout_that_is_not_the_assumed_one_is_good_where_any_is() {
    for defect in DEFECTS {
        let report = look(Model::with(&[defect]));
        let has = |severity| {
            report
                .findings
                .iter()
                .any(|finding| finding.severity == severity)
        };
        assert_eq!(
            report.is_good(Layout::Any),
            !has(Severity::Broken),
            "{}",
            defect.name
        );
        let good = !has(Severity::Broken) && !has(Severity::Layout);
        assert_eq!(report.is_good(Layout::Standard), good, "{}", defect.name);
    }
}

#[test]
fn a_finding_says_what_and_why_and_what_to_do() {
    for defect in DEFECTS {
        for finding in look(Model::with(&[defect])).findings {
            for text in [&finding.what, finding.why, &finding.remedy] {
                assert!(
                    !text.trim().is_empty() && !text.contains('\n') && text.len() < 1000,
                    "{finding:?}"
                );
            }
        }
    }
}
