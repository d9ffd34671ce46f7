use std::fmt;

use serde::{Deserialize, Serialize};

/// A switch of [`Behaviour`]: its name and the names of its values, the default first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Switch {
    /// The name, as in `delete_answer`: the field's.
    pub name: &'static str,
    /// The values, the default first.
    pub values: &'static [&'static str],
}

/// A name or value that [`Behaviour::set`] does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSwitch(String);

impl fmt::Display for UnknownSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownSwitch {}

/// Defines each switch as an enum whose first value is the default, and the struct of all.
macro_rules! switches {
    ($(
        $(#[$field_doc:meta])*
        $field:ident: $kind:ident {
            $( $(#[$value_doc:meta])* $value:ident = $name:literal, )+
        }
    )+) => {
        $(
            $(#[$field_doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
            #[non_exhaustive]
            pub enum $kind {
                $( $(#[$value_doc])* #[serde(rename = $name)] $value, )+
            }

            impl $kind {
                /// Every value, the default first.
                pub const ALL: &[Self] = &[ $( Self::$value, )+ ];
            }

            impl Default for $kind {
                fn default() -> Self {
                    Self::ALL[0]
                }
            }
        )+

        /// How the simulated service behaves where the published pages leave it open.
        ///
        /// The default of each switch is what the pages say or, where they are silent, what is
        /// most likely; the crate's README gives the reason for each. A client that is right
        /// stays right under every combination.
        ///
        /// ```
        /// use cerebras_management_simulator::{Behaviour, ReplicaCounts};
        ///
        /// let mut behaviour = Behaviour::default();
        /// behaviour.replica_counts = ReplicaCounts::Sent;
        /// behaviour.set("second_deploy", "refused")?;
        /// # Ok::<(), cerebras_management_simulator::UnknownSwitch>(())
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Behaviour {
            $( $(#[$field_doc])* pub $field: $kind, )+
        }

        impl Behaviour {
            /// Every switch.
            pub const SWITCHES: &[Switch] = &[
                $( Switch { name: stringify!($field), values: &[ $( $name, )+ ] }, )+
            ];

            /// Sets a switch by name, as from a command line.
            ///
            /// # Errors
            ///
            /// When there is no such switch or no such value; the message lists those there are.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSwitch> {
                match name {
                    $( stringify!($field) => {
                        self.$field = match value {
                            $( $name => $kind::$value, )+
                            _ => return Err(unknown_value(name, value, &[ $( $name, )+ ])),
                        };
                    } )+
                    _ => return Err(unknown_name(name)),
                }
                Ok(())
            }
        }
    };
}

fn unknown_value(name: &str, value: &str, values: &[&str]) -> UnknownSwitch {
    let values = values.join(", ");
    UnknownSwitch(format!("{name} cannot be {value:?}: it is one of {values}"))
}

fn unknown_name(name: &str) -> UnknownSwitch {
    let names: Vec<_> = Behaviour::SWITCHES.iter().map(|s| s.name).collect();
    let names = names.join(", ");
    UnknownSwitch(format!("no switch is called {name:?}: there are {names}"))
}

switches! {
    /// Replica counts in `deployed_models`, published for the deploy answer only.
    replica_counts: ReplicaCounts {
        /// As in the example of `get_endpoint`.
        Omitted = "omitted",
        /// `rollout_replicas_updated` and `rollout_total_replicas` in each entry.
        Sent = "sent",
    }

    /// `rollout_error_message`, published for the deploy answer only, where it is optional.
    rollout_error: RolloutError {
        /// Left out, but for a `null` in the answer of [`DeployAnswer::Full`].
        Omitted = "omitted",
        /// In the deploy answer and in each entry of `deployed_models`: `null` until the rollout
        /// breaks, and then what broke.
        Sent = "sent",
    }

    /// The answer of `list_model_architectures`, of which nothing but the route is published.
    architectures: Architectures {
        /// A list of names, as one third-party client reads it.
        Names = "names",
        /// A list of objects, each with its name as `model_arch_id`.
        Objects = "objects",
    }

    /// Which fields `response` of a version has.
    version_fields: VersionFields {
        /// Those of the examples.
        All = "all",
        /// All but `customer_s3_uri`.
        NoWeightUri = "no_weight_uri",
        /// All but `version_aliases`.
        NoAliases = "no_aliases",
        /// All but `sync_status`, unless the sync failed: nothing else tells that.
        NoStatus = "no_status",
        /// All but `system_fingerprint_suffix`.
        NoSuffix = "no_suffix",
        /// All, with `null` for a suffix or a list of aliases that is empty.
        Nulls = "nulls",
    }

    /// The fields without which an upload is a 422, beside `model_arch_id` and `model`.
    upload_requires: UploadRequires {
        /// `weight_uri`.
        WeightUri = "weight_uri",
        /// `weight_uri` and `version_aliases`, which may be empty.
        Aliases = "aliases",
        /// `weight_uri` and `system_fingerprint_suffix`.
        Suffix = "suffix",
    }

    /// The id that the service gives a request, in a header of each answer.
    request_id: RequestId {
        /// None.
        Omitted = "omitted",
        /// In `x-request-id`.
        XRequestId = "x_request_id",
        /// In `request-id`.
        RequestId = "request_id",
    }

    /// What the deploy answer holds beyond its published example.
    deploy_answer: DeployAnswer {
        /// The fields of the example.
        AsExample = "as_example",
        /// Every field of the schema: the version as asked for, replica counts, nulls.
        Full = "full",
    }

    /// The answer to a delete, where schema and example contradict each other.
    delete_answer: DeleteAnswer {
        /// The schema's `message`.
        Message = "message",
        /// The example's `name` and `deleted`.
        NameAndDeleted = "name_and_deleted",
        /// All three.
        Both = "both",
    }

    /// The body of a refusal on management routes.
    error_body: ErrorShape {
        /// `FastAPI`'s: `{"detail": …}`.
        Detail = "detail",
        /// The inference API's: `message`, `type`, `param` and `code`.
        Inference = "inference",
    }

    /// The body of a refusal of `POST /v1/chat/completions`.
    chat_error: ChatError {
        /// As on the inference API's own pages: `message`, `type`, `param` and `code`.
        Flat = "flat",
        /// As `OpenAI`'s: the same in `{"error": …}`.
        Nested = "nested",
    }

    /// The status of a success that makes or removes something.
    success_status: SuccessStatus {
        /// 200, the only one that is documented.
        Ok = "ok",
        /// 201 for an upload, 202 for a deploy, 204 and no body for a delete.
        Specific = "specific",
    }

    /// When a version that was just uploaded can be found.
    new_version: NewVersion {
        /// At once.
        AtOnce = "at_once",
        /// [`Timings::lag`](crate::Timings::lag) after the upload; before that it is a 404, and
        /// in no list. Its aliases are taken at once.
        AfterDelay = "after_delay",
    }

    /// The status for an alias that another version holds.
    alias_conflict: AliasConflict {
        /// 409.
        Conflict = "conflict",
        /// 400.
        BadRequest = "bad_request",
    }

    /// When an upload with an alias that is taken is refused.
    taken_alias: TakenAlias {
        /// Before anything happens.
        RefusedBefore = "refused_before",
        /// After the version has been made: it exists, with no alias, and the answer is an
        /// error.
        RefusedAfter = "refused_after",
    }

    /// Whether deployments that have ended stay in `deployed_models`.
    past_deployments: PastDeployments {
        /// All stay.
        Kept = "kept",
        /// The newest one stays, however it ended, and what serves.
        NewestKept = "newest_kept",
        /// Only what serves stays: a failed rollout is gone the moment it ends.
        Dropped = "dropped",
    }

    /// The order of `deployed_models`.
    deployed_order: DeployedOrder {
        /// The newest deployment first.
        NewestFirst = "newest_first",
        /// The oldest deployment first.
        OldestFirst = "oldest_first",
    }

    /// `created` of the entries of `deployed_models`. The deploy answer always has its own.
    deployment_dates: DeploymentDates {
        /// As in the example of `get_endpoint`.
        Sent = "sent",
        /// Left out: the list does not tell which of two deployments is newer.
        Omitted = "omitted",
    }

    /// `state` of the entries of `deployed_models`.
    deployment_states: DeploymentStates {
        /// As in the example of `get_endpoint`.
        Sent = "sent",
        /// Left out until the rollout begins.
        WhenStarted = "when_started",
        /// Left out until the rollout has ended.
        WhenEnded = "when_ended",
        /// Left out: the list does not tell how far a deployment is.
        Omitted = "omitted",
    }

    /// When a new deployment appears in `deployed_models`.
    listing: Listing {
        /// With the answer to its request.
        AtOnce = "at_once",
        /// [`Timings::lag`](crate::Timings::lag) later.
        AfterDelay = "after_delay",
        /// When its rollout has ended.
        WhenEnded = "when_ended",
    }

    /// Deleting a version that serves an endpoint, or is on its way to.
    delete_deployed: DeleteDeployed {
        /// Deleted; what is deployed or queued goes on with its own copy.
        Allowed = "allowed",
        /// 409.
        Refused = "refused",
    }

    /// The ids of deleted versions.
    id_reuse: IdReuse {
        /// Are never given again.
        Never = "never",
        /// The next id is one more than the highest that exists.
        Reused = "reused",
    }

    /// The weight URI in answers.
    weight_uri: WeightUri {
        /// As it was given.
        AsGiven = "as_given",
        /// Without repeated and trailing slashes.
        Normalised = "normalised",
    }

    /// Whether `system_fingerprint` of a chat answer ends in the version's suffix.
    fingerprint: Fingerprint {
        /// It does.
        Echoed = "echoed",
        /// It does not, and no fingerprint tells versions apart.
        Omitted = "omitted",
    }

    /// A deploy of a version that is not synced.
    unsynced_deploy: UnsyncedDeploy {
        /// 409.
        Conflict = "conflict",
        /// 400.
        BadRequest = "bad_request",
        /// Taken: the rollout begins when the sync has ended, and breaks when it has failed.
        Waits = "waits",
    }

    /// A deploy while another is queued or rolling out.
    second_deploy: SecondDeploy {
        /// Waits for it.
        Queues = "queues",
        /// Cancels it, and starts.
        CancelsFirst = "cancels_first",
        /// 409.
        Refused = "refused",
    }

    /// The status for names of an org that the key does not belong to.
    other_org: OtherOrg {
        /// 403.
        Forbidden = "forbidden",
        /// 404, as for a name that does not exist.
        NotFound = "not_found",
    }

    /// `response` of a version whose sync has not started.
    unstarted_response: UnstartedResponse {
        /// There, as in the example of the upload.
        Present = "present",
        /// Left out.
        Absent = "absent",
        /// `null`.
        Null = "null",
        /// `{}`.
        Empty = "empty",
    }

    /// How `done` and `sync_status` of a version go together when the sync ends.
    done_signal: DoneSignal {
        /// Both at once.
        Agree = "agree",
        /// `done` is true [`Timings::lag`](crate::Timings::lag) before the status changes.
        DoneFirst = "done_first",
        /// The status changes [`Timings::lag`](crate::Timings::lag) before `done` is true.
        StatusFirst = "status_first",
        /// `done` is true with a status that no page names, `ready`, in place of `done`.
        UnknownStatus = "unknown_status",
        /// `done` is true with no status, in place of `done`.
        NoStatus = "no_status",
    }

    /// The `state` of a deployment that has succeeded.
    completed_state: CompletedState {
        /// `complete`, as in the example of `get_endpoint`.
        Complete = "complete",
        /// `done`, as in the rollout statuses.
        Done = "done",
    }

    /// The `state` of a deployment that ended in an error.
    failed_state: FailedState {
        /// `error`, as in the rollout statuses.
        Error = "error",
        /// `failed`, as one third-party client expects.
        Failed = "failed",
    }
}
