//! What a bucket tells about itself.

use aws_sdk_s3::types::{
    BucketLocationConstraint, ObjectOwnership, ObjectStorageClass, Payer, ServerSideEncryption,
};

use futures_util::future::{join, join3, join4};

use super::policy;
use crate::store::{Error, ErrorKind, S3};

/// What was asked and answered, or why it was not.
pub type Answer<T> = Result<T, Error>;

/// How many objects are looked at one by one.
const SAMPLE: usize = 8;

/// Everything that a bucket was asked.
#[derive(Debug)]
pub struct Seen {
    /// Its policy; empty when it has none.
    pub policy: Answer<String>,
    /// Whether S3 takes that policy for a public one.
    pub public: Answer<bool>,
    /// Where it is.
    pub region: Answer<String>,
    /// How objects are encrypted that are written without a word about it.
    pub encryption: Answer<Encryption>,
    /// `BucketOwnerEnforced`, where access lists do not count; none for a bucket without the setting.
    pub ownership: Answer<Option<String>>,
    /// Whether a public policy opens it to its own account alone.
    pub restricts_public: Answer<bool>,
    /// Whether who asks has to pay.
    pub requester_pays: Answer<bool>,
    /// The first objects under the prefix.
    pub sample: Answer<Sample>,
}

/// How an object is encrypted at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// By keys of S3, or not at all: nobody needs a permission for it.
    OfS3,
    /// By a key of KMS. Where none is named, a bucket's default is the AWS managed key, and that of an object
    /// is not told.
    Kms(Option<String>),
    /// In a way that is not known here.
    Other(String),
}

/// The objects that were looked at.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Each of them.
    pub objects: Vec<Object>,
    /// Whether these are all that there are.
    pub all: bool,
}

/// An object that was looked at.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Whether it lies in an archive.
    pub archived: bool,
}

impl Seen {
    /// Asks the bucket, at once. What cannot be asked is part of what is seen.
    pub async fn of(s3: &S3) -> Self {
        let place = format!("s3://{}", s3.bucket());
        // The first finds the region, for all.
        let region = region(s3, &place).await;
        let rules = join4(
            policy(s3),
            public(s3, &place),
            encryption(s3, &place),
            ownership(s3, &place),
        );
        let access = join3(
            restricts_public(s3, &place),
            requester_pays(s3, &place),
            sample(s3),
        );
        let ((policy, public, encryption, ownership), (restricts_public, requester_pays, sample)) =
            Box::pin(join(rules, access)).await;
        Self {
            policy,
            public,
            region,
            encryption,
            ownership,
            restricts_public,
            requester_pays,
            sample,
        }
    }
}

async fn region(s3: &S3, place: &str) -> Answer<String> {
    let answer = s3.call("GetBucketLocation", place, |client| {
        client.get_bucket_location().bucket(s3.bucket()).send()
    });
    Ok(match answer.await?.location_constraint {
        // The oldest regions have names of their own.
        None => "us-east-1".to_owned(),
        Some(BucketLocationConstraint::Eu) => "eu-west-1".to_owned(),
        Some(region) if region.as_str().is_empty() => "us-east-1".to_owned(),
        Some(region) => region.as_str().to_owned(),
    })
}

async fn public(s3: &S3, place: &str) -> Answer<bool> {
    let answer = s3.call("GetBucketPolicyStatus", place, |client| {
        client.get_bucket_policy_status().bucket(s3.bucket()).send()
    });
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(answer
        .policy_status
        .and_then(|it| it.is_public)
        .unwrap_or_default())
}

/// How objects of a bucket are encrypted that are written without a word about it.
pub async fn default_encryption(s3: &S3) -> Answer<Encryption> {
    encryption(s3, &format!("s3://{}", s3.bucket())).await
}

async fn encryption(s3: &S3, place: &str) -> Answer<Encryption> {
    const NONE: &str = "ServerSideEncryptionConfigurationNotFoundError";
    let answer = s3.call("GetBucketEncryption", place, |client| {
        client.get_bucket_encryption().bucket(s3.bucket()).send()
    });
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) if error.code() == Some(NONE) => return Ok(Encryption::OfS3),
        Err(error) => return Err(error),
    };
    let rules = answer
        .server_side_encryption_configuration
        .map(|it| it.rules);
    let mut rules = rules.unwrap_or_default().into_iter();
    let default = rules.find_map(|rule| rule.apply_server_side_encryption_by_default);
    Ok(default.map_or(Encryption::OfS3, |default| {
        Encryption::new(&default.sse_algorithm, default.kms_master_key_id)
    }))
}

impl Encryption {
    fn new(algorithm: &ServerSideEncryption, key: Option<String>) -> Self {
        match algorithm {
            ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse => Self::Kms(key),
            ServerSideEncryption::Aes256 => Self::OfS3,
            other => Self::Other(other.as_str().to_owned()),
        }
    }
}

async fn ownership(s3: &S3, place: &str) -> Answer<Option<String>> {
    let answer = s3.call("GetBucketOwnershipControls", place, |client| {
        client
            .get_bucket_ownership_controls()
            .bucket(s3.bucket())
            .send()
    });
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) if error.code() == Some("OwnershipControlsNotFoundError") => return Ok(None),
        Err(error) => return Err(error),
    };
    let rules = answer
        .ownership_controls
        .map(|it| it.rules)
        .unwrap_or_default();
    let rule = rules.first().map(|rule| &rule.object_ownership);
    Ok(rule.map(ObjectOwnership::as_str).map(str::to_owned))
}

async fn restricts_public(s3: &S3, place: &str) -> Answer<bool> {
    let answer = s3.call("GetPublicAccessBlock", place, |client| {
        client.get_public_access_block().bucket(s3.bucket()).send()
    });
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let told = answer.public_access_block_configuration;
    Ok(told
        .and_then(|it| it.restrict_public_buckets)
        .unwrap_or_default())
}

async fn requester_pays(s3: &S3, place: &str) -> Answer<bool> {
    let answer = s3.call("GetBucketRequestPayment", place, |client| {
        client
            .get_bucket_request_payment()
            .bucket(s3.bucket())
            .send()
    });
    Ok(answer.await?.payer == Some(Payer::Requester))
}

/// The first objects of the prefix.
async fn sample(s3: &S3) -> Answer<Sample> {
    let place = format!("s3://{}/{}", s3.bucket(), s3.prefix());
    let first = s3.call("ListObjectsV2", &place, |client| {
        let asked = client.list_objects_v2().bucket(s3.bucket());
        let asked = asked.prefix(s3.prefix()).set_request_payer(s3.payer());
        asked.max_keys(i32::try_from(SAMPLE).unwrap_or(1)).send()
    });
    let first = first.await?;
    let all = first.is_truncated == Some(false);
    let mut objects = Vec::new();
    for object in first.contents.unwrap_or_default() {
        let Some(key) = object.key else { continue };
        let place = format!("s3://{}/{key}", s3.bucket());
        let told = s3.call("HeadObject", &place, |client| {
            let asked = client.head_object().bucket(s3.bucket()).key(&key);
            asked.set_request_payer(s3.payer()).send()
        });
        let told = match told.await {
            Ok(told) => told,
            // Gone since.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let algorithm = told.server_side_encryption;
        let kms = told.ssekms_key_id;
        let stored_away = matches!(
            object.storage_class,
            Some(ObjectStorageClass::Glacier | ObjectStorageClass::DeepArchive)
        );
        // Of one that is on its way back, it says `ongoing-request="true"`.
        let is_back = told
            .restore
            .is_some_and(|it| it.contains("ongoing-request=\"false\""));
        objects.push(Object {
            encryption: algorithm.map_or(Encryption::OfS3, |it| Encryption::new(&it, kms)),
            archived: (stored_away || told.archive_status.is_some()) && !is_back,
            key,
        });
    }
    Ok(Sample { objects, all })
}
