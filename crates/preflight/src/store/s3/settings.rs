//! How a bucket is reached: what is asked for, else what AWS's own tools would take.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_s3::{Client, config::ResponseChecksumValidation};
use aws_types::service_config::ServiceConfigKey;

/// To establish a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// From a request to the first byte of its answer.
const FIRST_BYTE: Duration = Duration::from_secs(30);
/// One attempt, but for the body of an object, of which the SDK breaks off one that stands still.
const ATTEMPT: Duration = Duration::from_mins(1);

/// Where S3 answers for every bucket, if only by saying which region it is in.
const ANY_REGION: &str = "us-east-1";

/// How a bucket is reached.
///
/// What is not set here comes from where AWS's own tools take it: the environment (`AWS_PROFILE`,
/// `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, `AWS_MAX_ATTEMPTS`, …), the files in `~/.aws`
/// with their profiles (keys, SSO, roles, processes), a web identity, or the machine's own role.
#[derive(Clone, Debug, Default)]
pub struct S3Settings {
    /// The region to ask first. A bucket that is elsewhere says so, and is asked there.
    pub region: Option<String>,
    /// Another server than AWS's: `http://localhost:9000`. The bucket is then part of the path.
    pub endpoint: Option<String>,
    /// A profile of AWS's files.
    pub profile: Option<String>,
    /// Whether to pay for the requests, as a requester-pays bucket wants it.
    pub request_payer: bool,
    /// Whether to ask without credentials, as for a public bucket.
    pub anonymous: bool,
}

impl S3Settings {
    /// A client by these settings. Files are read; nothing is sent, unless the
    /// region has to be asked of the machine that this runs on.
    pub(super) async fn client(&self) -> Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(FIRST_BYTE)
            .operation_attempt_timeout(ATTEMPT)
            .build();
        let mut loader =
            aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if self.anonymous {
            loader = loader.no_credentials();
        }
        let shared = loader.load().await;
        let region = shared.region().map_or(ANY_REGION, |region| region.as_ref());
        let region = region.to_owned();
        let config = aws_sdk_s3::config::Builder::from(&shared)
            .region(Region::new(region))
            // What is read are ranges, which have no checksum; some servers send that of the whole object.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .force_path_style(self.has_own_endpoint(&shared))
            .build();
        Client::from_conf(config)
    }

    /// Whether it is another server than AWS's, which seldom has a host name for each bucket.
    fn has_own_endpoint(&self, shared: &SdkConfig) -> bool {
        let of_s3 = shared.service_config().and_then(|settings| {
            let key = ServiceConfigKey::builder().service_id("S3");
            let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
            settings.load_config(key.ok()?)
        });
        self.endpoint.is_some() || shared.endpoint_url().is_some() || of_s3.is_some()
    }
}
