use super::deployment::{Deployment, DeploymentState};
use super::{Moment, Settings};
use crate::{Listing, PastDeployments};

/// A dedicated endpoint and everything ever deployed to it, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) org: String,
    pub(super) architecture: String,
    pub(super) replicas: u32,
    pub(super) created: Moment,
    pub(super) deployments: Vec<Deployment>,
    /// How many inference requests have been answered.
    pub(super) answered: u64,
}

impl Endpoint {
    /// The deployment that serves: the newest that is complete.
    pub(super) fn serving(&self, now: Moment) -> Option<&Deployment> {
        let mut newest_first = self.deployments.iter().rev();
        newest_first.find(|d| d.rollout.state(now) == DeploymentState::Complete)
    }

    /// Whether a deployment is queued or rolling out.
    pub(super) fn is_busy(&self, now: Moment) -> bool {
        self.unfinished(now).next().is_some()
    }

    /// Whether a version serves, or is on its way to.
    pub(super) fn uses(&self, version: u64, now: Moment) -> bool {
        self.in_use(now)
            .any(|deployment| deployment.version == version)
    }

    /// The deployment that serves, and those on their way to.
    pub(super) fn in_use(&self, now: Moment) -> impl Iterator<Item = &Deployment> {
        let serving = self.serving(now).into_iter();
        serving.chain(self.unfinished(now))
    }

    /// Deployments run one after the other, so those that have not ended are the last ones.
    fn unfinished(&self, now: Moment) -> impl Iterator<Item = &Deployment> {
        let newest_first = self.deployments.iter().rev();
        newest_first.take_while(move |d| !d.rollout.state(now).has_ended())
    }

    pub(super) fn cancel_unfinished(&mut self, now: Moment) {
        for deployment in &mut self.deployments {
            deployment.rollout.cancel(now);
        }
    }

    /// When a new deployment would leave the queue; none for never.
    pub(super) fn free_at(&self, now: Moment) -> Option<Moment> {
        match self.deployments.last() {
            Some(last) => Some(last.rollout.ends()?.max(now)),
            None => Some(now),
        }
    }

    /// The deployments that the service shows, oldest first.
    pub(super) fn listed<'a>(
        &'a self,
        now: Moment,
        settings: &'a Settings,
    ) -> impl Iterator<Item = &'a Deployment> {
        let serving = self.serving(now).map(|d| d.id.as_str());
        let newest = self.deployments.last().map(|d| d.id.as_str());
        self.deployments.iter().filter(move |deployment| {
            let ended = deployment.rollout.state(now).has_ended();
            let appeared = match settings.behaviour.listing {
                Listing::AtOnce => true,
                Listing::AfterDelay => {
                    deployment.created.saturating_add(settings.timings.lag) <= now
                }
                Listing::WhenEnded => ended,
            };
            let id = Some(deployment.id.as_str());
            let stays = match settings.behaviour.past_deployments {
                PastDeployments::Kept => true,
                PastDeployments::NewestKept => !ended || id == serving || id == newest,
                PastDeployments::Dropped => !ended || id == serving,
            };
            appeared && stays
        })
    }

    /// When anything about the endpoint last changed.
    pub(super) fn updated(&self, now: Moment) -> Moment {
        let changes = self.deployments.iter().flat_map(|deployment| {
            let changed = deployment.rollout.changed(now);
            [Some(deployment.created), changed]
        });
        changes.flatten().fold(self.created, Moment::max)
    }

    /// Which deployment the next inference request is answered by, of those that serve on some
    /// replica. Requests go around the replicas in turn; one whose replica serves nothing yet
    /// goes to another that does.
    pub(super) fn answerer(&self, now: Moment) -> Option<&Deployment> {
        let rolling = self
            .unfinished(now)
            .find(|deployment| deployment.rollout.updated(now) > 0);
        let (Some(old), Some(new)) = (self.serving(now), rolling) else {
            return self.serving(now).or(rolling);
        };
        let replica = self.answered % u64::from(self.replicas);
        let updated = u64::from(new.rollout.updated(now));
        Some(if replica < updated { new } else { old })
    }
}
