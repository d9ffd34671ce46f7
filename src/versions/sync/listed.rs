//! What one list tells to all who wait for a version in it.
//!
//! Nearly always it tells what the last one did. So it is kept as it came, and is read when
//! somebody looks into it who has not seen the same text before.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::OnceLock;

use bytes::Bytes;

use crate::names::VersionId;
use crate::poll::View;
use crate::versions::{Model, ModelVersion};

/// Above this many bytes a list is long.
const LONG: usize = 1024 * 1024;

/// All versions of an architecture, as the service lists them.
#[derive(Debug)]
pub struct Listed {
    model: Model,
    body: Bytes,
    /// A hash of the body: a list that says the same has the same.
    mark: u64,
    /// By id, once somebody looks; none where the body cannot be read.
    versions: OnceLock<Option<BTreeMap<VersionId, ModelVersion>>>,
}

impl Listed {
    pub(super) fn new(model: Model, body: Bytes) -> Self {
        let mut mark = DefaultHasher::new();
        mark.write(&body);
        let listed = Self {
            model,
            body,
            mark: mark.finish(),
            versions: OnceLock::new(),
        };
        if listed.is_long() {
            // Their number is asked for.
            listed.versions();
        }
        listed
    }

    fn is_long(&self) -> bool {
        self.body.len() > LONG
    }

    pub(super) fn mark(&self) -> u64 {
        self.mark
    }

    /// None where the list does not tell of it.
    pub(super) fn version(&self, id: VersionId) -> Option<&ModelVersion> {
        self.versions()?.get(&id)
    }

    fn versions(&self) -> Option<&BTreeMap<VersionId, ModelVersion>> {
        let read = || {
            let answer = serde_json::from_slice(&self.body).ok()?;
            let (org, architecture) = (self.model.org(), self.model.architecture());
            let listed = self.model.listed(answer);
            // One that is odd is left out: whoever waits for it looks alone.
            let ours = listed.filter_map(|version| version.listed_under(org, architecture).ok());
            Some(ours.filter_map(|v| Some((v.id()?, v))).collect())
        };
        self.versions.get_or_init(read).as_ref()
    }
}

impl View for Listed {
    /// A long list is read for many waits only: for fewer of them than a list has entries, the
    /// answers about single versions are shorter together.
    fn worth_from(&self) -> usize {
        match self.versions.get() {
            Some(Some(versions)) if self.is_long() => versions.len().max(2),
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::probe;
    use super::*;
    use crate::poll::{Look, Probe};

    fn listed(body: &str) -> Listed {
        let model = probe().version.model();
        Listed::new(model, Bytes::copy_from_slice(body.as_bytes()))
    }

    fn entry(done: bool, status: &str) -> String {
        format!(
            r#"{{"name":"orgs/o/models/a/versions/1","done":{done},"response":{{"sync_status":"{status}"}}}}"#
        )
    }

    fn list(done: bool, status: &str) -> Listed {
        listed(&format!(
            r#"{{"model_versions":[{}]}}"#,
            entry(done, status)
        ))
    }

    fn told<P: std::fmt::Display, T>(look: Option<Look<P, T>>) -> String {
        match look {
            None => "nothing".to_owned(),
            Some(Look::Going(progress)) => format!("{progress}"),
            Some(Look::Done(progress, _)) => format!("{progress}, well"),
            Some(Look::Ended(_, error)) => format!("{error}"),
        }
    }

    #[test]
    fn a_list_that_says_the_same_is_not_read_again() {
        let mut probe = probe();
        let (first, same) = (list(false, "in_progress"), list(false, "in_progress"));
        assert_eq!(told(probe.see(&first)), "in_progress");
        assert_eq!(told(probe.see(&same)), "in_progress");
        assert!(first.versions.get().is_some() && same.versions.get().is_none());
        // Who has not seen it reads it.
        assert_eq!(told(super::super::tests::probe().see(&same)), "in_progress");
        assert!(same.versions.get().is_some());
        assert_eq!(told(probe.see(&list(true, "done"))), "done, well");
    }

    #[tokio::test(start_paused = true)]
    async fn a_contradiction_that_stays_is_looked_at_anew_each_time() {
        let mut probe = probe();
        let contradicted = || list(true, "in_progress");
        let going = told(probe.see(&contradicted()));
        assert_eq!(going, "in_progress (and yet done)");
        tokio::time::advance(std::time::Duration::from_secs(61)).await;
        let end = told(probe.see(&contradicted()));
        assert!(end.contains("the service calls it done"), "{end}");
    }

    #[test]
    fn a_list_that_cannot_be_read_or_does_not_tell_of_it_tells_nothing() {
        let other = entry(false, "queued").replace("versions/1", "versions/2");
        let foreign = entry(false, "queued").replace("orgs/o", "orgs/p");
        for body in [
            String::new(),
            "{}".to_owned(),
            r#"{"model_versions":[{"done":1}]}"#.to_owned(),
            format!(r#"{{"model_versions":[{other}]}}"#),
            format!(r#"{{"model_versions":[{foreign}]}}"#),
        ] {
            assert_eq!(told(probe().see(&listed(&body))), "nothing", "{body}");
        }
    }

    #[test]
    fn a_long_list_is_worth_it_from_as_many_waits_as_it_has_entries() {
        let of = |count: u32, padding: usize| {
            let entries = (1..=count)
                .map(|id| entry(false, "queued").replace("versions/1", &format!("versions/{id}")));
            let entries: Vec<_> = entries.collect();
            let body = format!(r#"{{"model_versions":[{}]}}"#, entries.join(","));
            listed(&(body + &" ".repeat(padding)))
        };
        assert_eq!(of(30, 0).worth_from(), 2);
        assert_eq!(of(30, LONG).worth_from(), 30);
        assert_eq!(of(1, LONG).worth_from(), 2);
    }
}
