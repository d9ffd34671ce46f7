//! The causes that lie with the objects, of which the first are looked at.

use super::{
    super::seen::{Encryption, Object, Sample, Seen},
    Cause,
};

/// Which key the objects have is told by the objects alone: a bucket's default is for those that are written
/// from now on.
pub(super) fn encryption(seen: &Seen) -> Cause {
    const NAME: &str = "encryption with a KMS key";
    let none: &[Object] = &[];
    let objects = seen.sample.as_ref().map_or(none, |it| &it.objects);
    let of_aws = |key: &Option<String>| key.as_ref().is_some_and(|it| it.contains("alias/aws/s3"));
    let is_of_aws = |it: &&Object| matches!(&it.encryption, Encryption::Kms(key) if of_aws(key));
    if let Some(Object { key, .. }) = objects.iter().find(is_of_aws) {
        return Cause::applies(
            NAME,
            format!("{key} has the AWS managed key (aws/s3), which no other account can ever use"),
            "set a key of your own as the bucket's default, and copy the objects onto themselves",
        );
    }
    if let Some(it) = objects.iter().find(|it| it.encryption != Encryption::OfS3) {
        let key = &it.key;
        let why = match &it.encryption {
            Encryption::Kms(Some(of)) => format!(
                "{key} has {of}; whether its policy lets the role decrypt is told by KMS alone, as is whether it is the AWS managed key"
            ),
            Encryption::Kms(None) => format!("{key} has a KMS key that is not named"),
            Encryption::OfS3 | Encryption::Other(_) => {
                format!(
                    "{key} is encrypted in a way that is not known here ({:?})",
                    it.encryption
                )
            }
        };
        return Cause::unseen(
            NAME,
            why,
            "add the statement to the key's policy that `cbm bucket policy --kms-key` prints; the role's own \
             account has to allow kms:Decrypt, too",
        );
    }
    let default = match &seen.encryption {
        Ok(Encryption::OfS3) => "the bucket's default takes none".to_owned(),
        Ok(Encryption::Kms(key)) if key.is_none() || of_aws(key) => {
            "what is written from now on has the AWS managed key (aws/s3), the bucket's default, which no other account can ever use".to_owned()
        }
        Ok(Encryption::Kms(key)) => format!(
            "what is written from now on has {}, the bucket's default",
            key.as_deref().unwrap_or_default()
        ),
        Ok(Encryption::Other(how)) => format!("the bucket's default is {how:?}, which is not known here"),
        Err(_) => "the bucket's default is not told".to_owned(),
    };
    match &seen.sample {
        Ok(Sample { objects, all: true }) if !objects.is_empty() => Cause::does_not(
            NAME,
            format!("of {}, none has one; {default}", count(objects.len())),
        ),
        Ok(Sample { objects, .. }) if objects.is_empty() => Cause::unseen(
            NAME,
            format!("there is no object to look at; {default}"),
            "run this again when the weights are there; where a key is needed, use one of your own",
        ),
        Ok(Sample { objects, .. }) => Cause::unseen(
            NAME,
            format!(
                "of the first {} objects none has one, and the others were not looked at; {default}",
                objects.len()
            ),
            "look at the others: `aws s3api head-object` tells ServerSideEncryption",
        ),
        answer => Cause::refused(NAME, answer)
            .unwrap_or_else(|| Cause::unseen(NAME, default, "ask whoever owns the bucket")),
    }
}

pub(super) fn archived(seen: &Seen) -> Cause {
    const NAME: &str = "objects in an archive";
    const LOOK: &str = "`cbm preflight` looks at every object of a model";
    let sample = match &seen.sample {
        Ok(sample) => sample,
        answer => {
            let refused = Cause::refused(NAME, answer);
            return refused.unwrap_or_else(|| Cause::unseen(NAME, "it is not told", LOOK));
        }
    };
    if let Some(it) = sample.objects.iter().find(|it| it.archived) {
        return Cause::applies(
            NAME,
            format!("{} is archived, and answers 403 InvalidObjectState", it.key),
            "restore it, or copy it to another storage class",
        );
    }
    match (sample.objects.len(), sample.all) {
        (0, _) => Cause::unseen(NAME, "there is no object under the prefix", LOOK),
        (n, true) => Cause::does_not(NAME, format!("of {}, none is in one", count(n))),
        (n, false) => Cause::unseen(
            NAME,
            format!("the first {n} objects are not; the others were not looked at"),
            LOOK,
        ),
    }
}

/// So many, which are all.
fn count(objects: usize) -> String {
    match objects {
        1 => "the one object that there is".to_owned(),
        n => format!("the {n} objects that there are"),
    }
}
