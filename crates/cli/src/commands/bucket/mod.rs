//! `cbm bucket`: who may read the bucket that weights are in.

mod check;
mod policy;

use cerebras_management_preflight::{
    bucket::{BucketName, PrincipalArn},
    store::S3,
};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::failure::Result;

/// Let the service read a bucket, or find out why it cannot
///
/// S3 is reached as AWS's tools reach it: by `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on.
#[derive(Args, Debug)]
pub(crate) struct Bucket {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Policy(policy::Policy),
    Check(check::Check),
}

/// Which bucket, and who is to read it.
#[derive(Args, Debug)]
struct Reader {
    /// The bucket
    #[arg(long, value_name = "NAME")]
    bucket: BucketName,

    /// The role that reads it, whose ARN Cerebras gives
    #[arg(long, value_name = "ARN")]
    role: PrincipalArn,

    /// The folder that is read, and no more: `run` is what is under `run/`, and not `run-2`
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
}

/// Says where a bucket is, when it was first asked for elsewhere.
fn tell_region(s3: &S3, context: &Context) {
    if let Some(first) = s3.was_asked_in() {
        let (bucket, region) = (s3.bucket(), s3.region());
        context.note(&format!(
            "bucket {bucket} is in {region}, and was asked for in {first} first; AWS_REGION={region} saves that"
        ));
    }
}

impl Bucket {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            Command::Policy(policy) => policy.run(context).await,
            Command::Check(check) => check.run(context).await,
        }
    }
}
