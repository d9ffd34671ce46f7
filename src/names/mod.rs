//! The names of the service's resources, checked before anything is sent.
//!
//! A request path is made of names, and a name is text that a person typed. `..`, a slash, a
//! stray newline or an invisible character would address something else than was meant, so
//! none of them can be held by a type of this module: text becomes a name by parsing, and what
//! does not parse is a [`NameError`] that says which part is wrong, at which byte, what was
//! expected there, and what to write instead where that is known.
//!
//! | type | names | grammar |
//! | --- | --- | --- |
//! | [`OrgName`] | an organization | assumed |
//! | [`ModelArchitectureId`] | a model architecture that the service can run | assumed |
//! | [`EndpointId`] | a dedicated endpoint | assumed |
//! | [`VersionAlias`] | a model version, by a name of the team's own | published |
//! | [`VersionId`] | a model version, by number | published |
//! | [`VersionRef`] | a model version, by number or alias | follows from both |
//! | [`ModelVersionName`] | a model version, in full | published |
//! | [`WeightUri`] | where the weights are, in S3 | S3's rules, narrowed |
//!
//! *Published* means that a page of the reference states it. Where the reference states none,
//! the grammar is *assumed*: it refuses what a URL path cannot carry or a person cannot see,
//! and nothing else, so that no name which the service gave out is turned away.
//!
//! All of these types are cheap to clone, and for each of them parsing and displaying are
//! inverse: what was parsed is displayed unchanged, byte for byte.
//!
//! ```
//! use cerebras_management::names::{ModelVersionName, OrgName, VersionRef};
//!
//! let name: ModelVersionName = "orgs/my-org/models/gpt-oss-120b/versions/production".parse()?;
//! assert_eq!(name.org().as_str(), "my-org");
//! assert!(matches!(name.version(), VersionRef::Alias(_)));
//!
//! let error = "my-org/../other".parse::<OrgName>().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     r#"organization name "my-org/../other": byte 6: expected none of / \ ? # %, found '/'; an organization name looks like "my-org""#,
//! );
//! # Ok::<(), cerebras_management::names::NameError>(())
//! ```

#[macro_use]
mod text;

mod alias;
mod architecture;
mod characters;
mod endpoint;
mod error;
mod org;
mod plain;
mod s3_forms;
mod shown;
mod version_id;
mod version_name;
mod version_ref;
mod weight_uri;

pub use alias::VersionAlias;
pub(crate) use alias::{IDEMPOTENCY_PREFIX, is_idempotency_key};
pub use architecture::ModelArchitectureId;
pub use endpoint::EndpointId;
pub use error::NameError;
pub use org::OrgName;
pub use version_id::VersionId;
pub use version_name::ModelVersionName;
pub use version_ref::VersionRef;
pub use weight_uri::WeightUri;
