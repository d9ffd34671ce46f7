//! Buckets of moto's server: what `s3s-fs` does not have.
//!
//! `tests/moto/run` starts the server and sets `CBM_MOTO_URL`. Without it the tests say that they are left
//! out; with `CBM_REQUIRE_MOTO`, which it sets too, that is a failure.

#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Region},
    primitives::ByteStream,
    types::{
        BucketVersioningStatus, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
        PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule, StorageClass,
        VersioningConfiguration,
    },
};
use cerebras_management_preflight::{
    Store,
    bucket::{self, BucketName, Cause, Grant, PrincipalArn, Verdict},
    store::{ErrorKind, S3},
};

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

/// An empty bucket of its own.
struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    async fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var("CBM_MOTO_URL") else {
            assert!(
                std::env::var_os("CBM_REQUIRE_MOTO").is_none(),
                "CBM_MOTO_URL is not set; crates/preflight/tests/moto/run sets it"
            );
            eprintln!("left out: CBM_MOTO_URL is not set");
            return None;
        };
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("weights-{}-{n}", std::process::id());
        let keys = Credentials::new("testing", "testing", None, None, "this test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .force_path_style(true)
            .credentials_provider(keys);
        let client = Client::from_conf(config.build());
        let made = client.create_bucket().bucket(&name).send().await;
        made.expect("a bucket");
        Some(Self { client, name })
    }

    fn s3(&self, prefix: &str) -> S3 {
        S3::new(self.client.clone(), &self.name, prefix)
    }

    fn store(&self, prefix: &str) -> Store {
        Store::S3(self.s3(prefix))
    }

    async fn put(&self, key: &str, bytes: &'static [u8]) {
        let put = self.client.put_object().bucket(&self.name).key(key);
        let put = put.body(ByteStream::from_static(bytes)).send().await;
        put.expect("an object");
    }

    fn grant(&self, prefix: Option<&str>) -> Grant {
        Grant {
            bucket: self.name.parse().expect("a bucket"),
            role: ROLE.parse().expect("a role"),
            prefix: prefix.map(str::to_owned),
        }
    }

    async fn causes(&self, prefix: &str) -> Vec<Cause> {
        let name: BucketName = self.name.parse().expect("a bucket");
        let role: PrincipalArn = ROLE.parse().expect("a role");
        let causes = Box::pin(bucket::check(&self.s3(prefix), &name, &role)).await;
        let checked = causes.expect("an answer");
        assert!(checked.blind.is_none(), "{checked:?}");
        checked.causes
    }

    async fn verdict(&self, cause: &str) -> Verdict {
        let causes = self.causes("").await;
        let found = causes.iter().find(|it| it.name == cause);
        found.expect(cause).verdict
    }

    async fn encrypt(&self, key: Option<&str>) {
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::AwsKms)
            .set_kms_master_key_id(key.map(str::to_owned));
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default.build().expect("a default"));
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build());
        let put = self.client.put_bucket_encryption().bucket(&self.name);
        let put = put.server_side_encryption_configuration(rules.build().expect("rules"));
        put.send().await.expect("encryption");
    }
}

macro_rules! bucket {
    () => {
        match Bucket::new().await {
            Some(bucket) => bucket,
            None => return,
        }
    };
}

#[tokio::test]
async fn a_policy_is_put_beside_others_and_read_back() {
    let bucket = bucket!();
    let (s3, grant) = (bucket.s3(""), bucket.grant(None));
    assert_eq!(bucket::policy(&s3).await.expect("an answer"), "");
    let name = &bucket.name;
    let mine = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Mine","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::{name}"}}]}}"#
    );
    let put = bucket.client.put_bucket_policy().bucket(name).policy(&mine);
    put.send().await.expect("a policy");

    let before = bucket::policy(&s3).await.expect("a policy");
    let merged = grant.merged(&before).expect("a policy");
    let put = bucket::apply(&s3, &before, &merged).await;
    put.expect("it is put");
    let after = bucket::policy(&s3).await.expect("a policy");
    let kept = mine.strip_suffix("]}").expect("its end");
    assert!(after.starts_with(kept) && after.contains(ROLE), "{after}");
    assert!(!grant.merged(&after).expect("a policy").changes());

    // What was seen before is not what is there now.
    let error = bucket::apply(&s3, &before, &merged)
        .await
        .expect_err("changed");
    assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
    assert_eq!(bucket::policy(&s3).await.expect("a policy"), after);
}

#[tokio::test]
async fn the_policy_that_is_put_is_one_that_the_check_is_content_with() {
    for prefix in [None, Some("runs/42")] {
        let bucket = bucket!();
        bucket.put("runs/42/config.json", b"{}").await;
        let under = prefix.unwrap_or_default();
        let before = bucket.causes(under).await;
        assert_eq!(before[0].verdict, Verdict::Applies, "{:?}", before[0]);
        let merged = bucket.grant(prefix).merged("").expect("a policy");
        let put = bucket::apply(&bucket.s3(""), "", &merged).await;
        put.expect("it is put");
        let after = bucket.causes(under).await;
        let applies: Vec<_> = after
            .iter()
            .filter(|it| it.verdict == Verdict::Applies)
            .collect();
        assert!(applies.is_empty(), "{applies:?}");
        // Under a prefix it turns on what the service lists.
        let verdict = prefix.map_or(Verdict::DoesNot, |_| Verdict::Unseen);
        assert_eq!(after[0].verdict, verdict, "{:?}", after[0]);
    }
}

#[tokio::test]
async fn a_default_is_not_what_the_objects_that_are_there_have() {
    const NAME: &str = "encryption with a KMS key";
    let bucket = bucket!();
    assert_eq!(bucket.verdict(NAME).await, Verdict::Unseen);
    for n in 0..7 {
        bucket.put(&format!("part-{n}"), b"{}").await;
    }
    assert_eq!(bucket.verdict(NAME).await, Verdict::DoesNot);
    let own = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for default in [None, Some(own)] {
        bucket.encrypt(default).await;
        assert_eq!(bucket.verdict(NAME).await, Verdict::DoesNot);
    }
    assert_eq!(
        bucket.verdict("objects in an archive").await,
        Verdict::DoesNot
    );
}

#[tokio::test]
async fn an_object_that_is_not_looked_at_may_have_a_key() {
    const NAME: &str = "encryption with a KMS key";
    let bucket = bucket!();
    for n in 0..8 {
        bucket.put(&format!("a-{n}"), b"{}").await;
    }
    let put = bucket.client.put_object().bucket(&bucket.name).key("b");
    let put = put.server_side_encryption(ServerSideEncryption::AwsKms);
    let put = put.body(ByteStream::from_static(b"a")).send().await;
    put.expect("an object");
    assert_eq!(bucket.verdict(NAME).await, Verdict::Unseen);
    assert_eq!(
        bucket.verdict("objects in an archive").await,
        Verdict::Unseen
    );
}

#[tokio::test]
async fn an_object_with_a_key_is_told_whatever_the_default_is() {
    let bucket = bucket!();
    let put = bucket.client.put_object().bucket(&bucket.name).key("a");
    let put = put.server_side_encryption(ServerSideEncryption::AwsKms);
    let put = put.body(ByteStream::from_static(b"a")).send().await;
    put.expect("an object");
    let verdict = bucket.verdict("encryption with a KMS key").await;
    assert_eq!(verdict, Verdict::Unseen);
}

#[tokio::test]
async fn ownership_is_certain_only_where_it_is_enforced() {
    const NAME: &str = "objects that another account owns";
    let bucket = bucket!();
    assert_eq!(bucket.verdict(NAME).await, Verdict::Unseen);
    let rule = OwnershipControlsRule::builder();
    let rule = rule.object_ownership(ObjectOwnership::BucketOwnerEnforced);
    let rules = OwnershipControls::builder().rules(rule.build().expect("a rule"));
    let put = bucket
        .client
        .put_bucket_ownership_controls()
        .bucket(&bucket.name);
    let put = put.ownership_controls(rules.build().expect("rules"));
    put.send().await.expect("ownership controls");
    assert_eq!(bucket.verdict(NAME).await, Verdict::DoesNot);
}

#[tokio::test]
async fn a_public_policy_is_shut_to_other_accounts_where_that_is_restricted() {
    const NAME: &str = "Block Public Access";
    let bucket = bucket!();
    let name = &bucket.name;
    let open = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{name}/*"}}]}}"#
    );
    let put = bucket.client.put_bucket_policy().bucket(name).policy(open);
    put.send().await.expect("a policy");
    assert_eq!(bucket.verdict(NAME).await, Verdict::Unseen);
    let block = PublicAccessBlockConfiguration::builder().restrict_public_buckets(true);
    let put = bucket.client.put_public_access_block().bucket(name);
    let put = put.public_access_block_configuration(block.build());
    put.send().await.expect("a block");
    assert_eq!(bucket.verdict(NAME).await, Verdict::Applies);
}

#[tokio::test]
async fn a_pin_has_the_version_of_an_object() {
    let bucket = bucket!();
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = bucket.client.put_bucket_versioning().bucket(&bucket.name);
    let put = put.versioning_configuration(on.build()).send().await;
    put.expect("versioning");
    let store = bucket.store("m");
    bucket.put("m/a", b"one").await;
    let first = store.pin("a").await.expect("a pin");
    bucket.put("m/a", b"other").await;
    let second = store.pin("a").await.expect("a pin");
    assert_eq!((first.size, second.size), (3, 5));
    assert!(first.version_id.is_some() && first.version_id != second.version_id);
    assert_ne!(first.etag, second.etag);
}

#[tokio::test]
async fn an_object_that_changed_since_it_was_listed_is_not_read() {
    let bucket = bucket!();
    bucket.put("m/a", b"0123456789").await;
    let store = bucket.store("m");
    let listed = store.list().await.expect("a list").remove(0);
    let read = store.read_listed(&listed, 2..4).await;
    assert_eq!(&read.expect("bytes")[..], b"23");
    bucket.put("m/a", b"abcdefghij").await;
    let error = store.read_listed(&listed, 2..4).await.expect_err("changed");
    assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
}

#[tokio::test]
async fn uploads_in_parts_that_are_not_finished_are_found() {
    let bucket = bucket!();
    for key in ["m/a b+c.safetensors", "m/d", "other/e"] {
        let begin = bucket.client.create_multipart_upload().bucket(&bucket.name);
        begin.key(key).send().await.expect("an upload");
    }
    let unfinished = bucket.store("m").unfinished().await;
    let unfinished = unfinished.expect("an answer").expect("it can be asked");
    let mut keys: Vec<_> = unfinished.iter().map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a b+c.safetensors", "d"]);
    assert!(unfinished.iter().all(|it| it.begun.is_some()));
}

#[tokio::test]
async fn an_archived_object_is_listed_as_such_and_not_read() {
    let bucket = bucket!();
    let put = bucket.client.put_object().bucket(&bucket.name).key("m/a");
    let put = put.storage_class(StorageClass::Glacier);
    let put = put.body(ByteStream::from_static(b"cold")).send().await;
    put.expect("an object");
    let near = bucket.client.put_object().bucket(&bucket.name).key("m/b");
    let near = near.storage_class(StorageClass::GlacierIr);
    let near = near.body(ByteStream::from_static(b"near")).send().await;
    near.expect("an object");
    let store = bucket.store("m");
    let listed = store.list().await.expect("a list");
    let archived: Vec<_> = listed.iter().map(|it| it.archived).collect();
    assert_eq!(archived, [true, false]);
    let error = store.read("a", 0..4).await.expect_err("it is archived");
    assert_eq!(error.kind(), ErrorKind::Archived, "{error}");
    let verdict = bucket.verdict("objects in an archive").await;
    assert_eq!(verdict, Verdict::Applies);
}

#[tokio::test]
async fn more_objects_than_a_page_holds_are_listed_with_their_keys_as_they_are() {
    let bucket = bucket!();
    let mut keys: Vec<_> = (0..1010).map(|n| format!("{n:04}")).collect();
    keys.extend(["a b+c%20.json", "ü/ж.json"].map(str::to_owned));
    keys.sort();
    for key in &keys {
        bucket.put(&format!("m/{key}"), b"1").await;
    }
    let listed = bucket.store("m").list().await.expect("a list");
    let listed: Vec<_> = listed.iter().map(|it| it.key.clone()).collect();
    assert_eq!(listed, keys);
}
