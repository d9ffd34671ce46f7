//! What is refused, with the whole message: which part, where, what was expected, what to do.

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};

use super::{assert_accepted, parsed, refused};

/// The message with which each text is refused. A macro, because its table stays a table: one
/// line for a text and its message.
macro_rules! assert_messages {
    ($name:ty: $($text:expr => $message:expr,)+) => {
        $(
            let text: &str = $text;
            assert_eq!(refused::<$name>(text).to_string(), $message, "for {text:?}");
        )+
    };
}

#[test]
fn what_is_no_organization_name_says_why() {
    let too_long = "x".repeat(300);
    assert_messages! { OrgName:
        "" => r#"organization name "": byte 0: expected a name, found nothing; if it comes from a variable, check that the variable is set"#,
        "." => r#"organization name ".": byte 0: expected a name, found a relative path; an organization name looks like "my-org""#,
        ".." => r#"organization name "..": byte 0: expected a name, found a relative path; an organization name looks like "my-org""#,
        r"..\..\x" => r#"organization name "..\\..\\x": byte 2: expected none of / \ ? # %, found '\\' (backslash); an organization name looks like "my-org""#,
        "my/org" => r#"organization name "my/org": byte 2: expected none of / \ ? # %, found '/'; an organization name looks like "my-org""#,
        "my-org?" => r#"organization name "my-org?": byte 6: expected none of / \ ? # %, found '?'; an organization name looks like "my-org""#,
        "my-org#1" => r#"organization name "my-org#1": byte 6: expected none of / \ ? # %, found '#'; an organization name looks like "my-org""#,
        "%2e%2e" => r#"organization name "%2e%2e": byte 0: expected none of / \ ? # %, found '%'; write it as it is, not percent-encoded"#,
        "my-\u{202e}org" => r#"organization name "my-\u{202e}org": byte 3: expected a visible character, found '\u{202e}' (right-to-left override); try "my-org""#,
        "\u{feff}my-org" => r#"organization name "\u{feff}my-org": byte 0: expected a visible character, found '\u{feff}' (byte order mark); try "my-org""#,
        "my\0org" => r#"organization name "my\0org": byte 2: expected a visible character, found '\0' (NUL); remove it"#,
        "my-org\n" => r#"organization name "my-org\n": byte 6: expected a visible character, found '\n' (newline); try "my-org""#,
        "my org" => r#"organization name "my org": byte 2: expected a visible character, found ' ' (space); remove it"#,
        &too_long => format!(r#"organization name "{}…": byte 255: expected at most 255 bytes, found 300 bytes; an organization name looks like "my-org""#, "x".repeat(80)),
        "orgs/my-org/models/gpt-oss-120b" => r#"organization name "orgs/my-org/models/gpt-oss-120b": byte 4: expected none of / \ ? # %, found '/'; try "my-org""#,
    }
}

#[test]
fn what_is_no_model_architecture_says_why() {
    assert_messages! { ModelArchitectureId:
        "" => r#"model architecture "": byte 0: expected a name, found nothing; if it comes from a variable, check that the variable is set"#,
        ".." => r#"model architecture "..": byte 0: expected a name, found a relative path; a model architecture looks like "gpt-oss-120b""#,
        "my-org/gpt-oss-120b" => r#"model architecture "my-org/gpt-oss-120b": byte 6: expected none of / \ ? # %, found '/'; try "gpt-oss-120b""#,
        "orgs/my-org/models/gpt-oss-120b/versions/1" => r#"model architecture "orgs/my-org/models/gpt-oss-120b/versions/1": byte 4: expected none of / \ ? # %, found '/'; try "gpt-oss-120b""#,
        "../gpt-oss-120b" => r#"model architecture "../gpt-oss-120b": byte 2: expected none of / \ ? # %, found '/'; a model architecture looks like "gpt-oss-120b""#,
    }
}

#[test]
fn what_is_no_endpoint_id_says_why() {
    assert_messages! { EndpointId:
        "" => r#"endpoint id "": byte 0: expected a name, found nothing; if it comes from a variable, check that the variable is set"#,
        "my-endpoint:deployModel" => r#"endpoint id "my-endpoint:deployModel": byte 11: expected none of / \ ? # % :, found ':'; try "my-endpoint""#,
        "https://api.cerebras.ai/management/v1/endpoints/my-endpoint:deployModel" => r#"endpoint id "https://api.cerebras.ai/management/v1/endpoints/my-endpoint:deployModel": byte 5: expected none of / \ ? # % :, found ':'; try "my-endpoint""#,
        "https://api.cerebras.ai/v1/chat/completions" => r#"endpoint id "https://api.cerebras.ai/v1/chat/completions": byte 5: expected none of / \ ? # % :, found ':'; an endpoint id looks like "my-org-gpt-oss-120b""#,
    }
}

#[test]
fn what_is_no_alias_says_why_and_offers_the_nearest_one() {
    let longest = "a".repeat(128);
    assert_accepted::<VersionAlias>(&[
        "ab",
        "production-jan-12-2026-finetuned",
        "v1-stable",
        "latest",
        "runX9",
        &longest,
    ]);

    let commit = "4f9d2ab6c1e0d3f4a5b6c7d8e9f0a1b2c3d4e5f6";
    assert_messages! { VersionAlias:
        "" => r#"alias "": byte 0: expected a lower-case letter, found nothing; if it comes from a variable, check that the variable is set"#,
        "p" => r#"alias "p": byte 1: expected a second character, found the end; an alias has 2 to 128 characters"#,
        &"a".repeat(129) => format!(r#"alias "{}…": byte 128: expected at most 128 characters, found 129 characters; leave out 1 character"#, "a".repeat(80)),
        &"a".repeat(131) => format!(r#"alias "{}…": byte 128: expected at most 128 characters, found 131 characters; leave out 3 characters"#, "a".repeat(80)),
        "Production" => r#"alias "Production": byte 0: expected a lower-case letter, found 'P'; try "production""#,
        "EU" => r#"alias "EU": byte 0: expected a lower-case letter, found 'E'; try "eu""#,
        "PROD" => r#"alias "PROD": byte 0: expected a lower-case letter, found 'P'; try "prod""#,
        "MyModel-v2" => r#"alias "MyModel-v2": byte 0: expected a lower-case letter, found 'M'; try "myModel-v2""#,
        commit => format!(r#"alias "{commit}": byte 0: expected a lower-case letter, found '4'; try "sha-{commit}""#),
        "2026-01-12" => r#"alias "2026-01-12": byte 0: expected a lower-case letter, found '2'; try "v2026-01-12""#,
        "3rd-try" => r#"alias "3rd-try": byte 0: expected a lower-case letter, found '3'; try "v3rd-try""#,
        "42" => r#"alias "42": byte 0: expected a lower-case letter, found '4'; a number alone is a version, not an alias: try "v42""#,
        "v1.2" => r#"alias "v1.2": byte 2: expected an ASCII letter, a digit or '-', found '.'; try "v1-2""#,
        "prod_eu" => r#"alias "prod_eu": byte 4: expected an ASCII letter, a digit or '-', found '_'; try "prod-eu""#,
        "feature/x" => r#"alias "feature/x": byte 7: expected an ASCII letter, a digit or '-', found '/'; try "feature-x""#,
        "prod-" => r#"alias "prod-": byte 4: expected a lower-case letter or a digit at the end, found '-'; try "prod""#,
        "runX" => r#"alias "runX": byte 3: expected a lower-case letter or a digit at the end, found 'X'; try "runx""#,
        "-prod" => r#"alias "-prod": byte 0: expected a lower-case letter, found '-'; try "prod""#,
        "prod\n" => r#"alias "prod\n": byte 4: expected an ASCII letter, a digit or '-', found '\n' (newline); try "prod""#,
        "prod–eu" => r#"alias "prod–eu": byte 4: expected an ASCII letter, a digit or '-', found '–' (en dash); try "prod-eu""#,
        "prod\u{200b}eu" => r#"alias "prod\u{200b}eu": byte 4: expected an ASCII letter, a digit or '-', found '\u{200b}' (zero-width space); try "prodeu""#,
        "größe" => r#"alias "größe": byte 2: expected an ASCII letter, a digit or '-', found 'ö'; an alias looks like "production" or "run-42""#,
        "_" => r#"alias "_": byte 0: expected a lower-case letter, found '_'; an alias looks like "production" or "run-42""#,
        "orgs/my-org/models/m/versions/prod" => r#"alias "orgs/my-org/models/m/versions/prod": byte 4: expected an ASCII letter, a digit or '-', found '/'; an alias looks like "production" or "run-42""#,
    }
}

#[test]
fn what_is_no_version_number_says_why() {
    assert_accepted::<VersionId>(&["1", "10", "18446744073709551615"]);
    assert_messages! { VersionId:
        "" => r#"version "": byte 0: expected a digit, found nothing; if it comes from a variable, check that the variable is set"#,
        "0" => r#"version "0": byte 0: expected a number from 1 up, found zero; the first version of a model architecture is 1"#,
        "000" => r#"version "000": byte 0: expected a number from 1 up, found zero; the first version of a model architecture is 1"#,
        "007" => r#"version "007": byte 0: expected a number without leading zeros, found '0'; try "7""#,
        "+1" => r#"version "+1": byte 0: expected a digit, found '+'; try "1""#,
        "-1" => r#"version "-1": byte 0: expected a digit, found '-'; a version is a number from 1 up"#,
        "1.5" => r#"version "1.5": byte 1: expected a digit, found '.'; a version is a number from 1 up"#,
        "v3" => r#"version "v3": byte 0: expected a digit, found 'v'; try "3""#,
        "٣" => r#"version "٣": byte 0: expected a digit, found '٣'; a version is a number from 1 up"#,
        "18446744073709551616" => r#"version "18446744073709551616": byte 0: expected a number up to 18446744073709551615, found a larger one; versions are numbered 1, 2, 3 and so on"#,
    }

    let error = VersionId::try_from(0).expect_err("zero is no version");
    assert_eq!(
        error.to_string(),
        r#"version "0": expected a number from 1 up, found zero; the first version of a model architecture is 1"#
    );
    assert_eq!(error.position(), None);
}

#[test]
fn a_version_is_a_number_if_it_starts_with_a_digit_and_else_an_alias() {
    assert_eq!(
        parsed::<VersionRef>("3").as_id().map(VersionId::get),
        Some(3)
    );
    assert_eq!(parsed::<VersionRef>("v3").as_id(), None);
    assert_eq!(parsed::<VersionRef>("v3"), VersionRef::Alias(parsed("v3")));

    assert_messages! { VersionRef:
        "" => r#"version "": byte 0: expected a version number or an alias, found nothing; if it comes from a variable, check that the variable is set"#,
        "0" => r#"version "0": byte 0: expected a number from 1 up, found zero; the first version of a model architecture is 1"#,
        "007" => r#"version "007": byte 0: expected a number without leading zeros, found '0'; try "7""#,
        "+1" => r#"version "+1": byte 0: expected a digit, found '+'; try "1""#,
        "-1" => r#"version "-1": byte 0: expected a digit, found '-'; a version is a number from 1 up"#,
        "3\n" => r#"version "3\n": byte 1: expected a digit, found '\n' (newline); try "3""#,
        "1.5" => r#"version "1.5": byte 1: expected a digit, found '.'; an alias starts with a letter: try "v1-5""#,
        "12ab" => r#"version "12ab": byte 2: expected a digit, found 'a'; an alias starts with a letter: try "sha-12ab""#,
        "7é" => r#"version "7é": byte 1: expected a digit, found 'é'; a version is a number, or an alias that starts with a letter"#,
        "18446744073709551616" => r#"version "18446744073709551616": byte 0: expected a number up to 18446744073709551615, found a larger one; versions are numbered 1, 2, 3 and so on"#,
        "v1.2" => r#"alias "v1.2": byte 2: expected an ASCII letter, a digit or '-', found '.'; try "v1-2""#,
        "prod_eu" => r#"alias "prod_eu": byte 4: expected an ASCII letter, a digit or '-', found '_'; try "prod-eu""#,
        "feature/x" => r#"alias "feature/x": byte 7: expected an ASCII letter, a digit or '-', found '/'; try "feature-x""#,
        "orgs/my-org/models/m/versions/3" => r#"version "orgs/my-org/models/m/versions/3": byte 0: expected a version number or an alias, found a full name; try "3""#,
    }
}

#[test]
fn what_is_no_full_name_says_which_part_and_where_in_the_whole() {
    assert_messages! { ModelVersionName:
        "" => r#"model version name "": byte 0: expected "orgs/", found nothing; if it comes from a variable, check that the variable is set"#,
        "3" => r#"model version name "3": byte 0: expected "orgs/", found "3"; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models/m" => r#"model version name "orgs/my-org/models/m": byte 20: expected "/versions/", found the end; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models/m/1" => r#"model version name "orgs/my-org/models/m/1": byte 21: expected "versions/", found "1"; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models/m/version/1" => r#"model version name "orgs/my-org/models/m/version/1": byte 21: expected "versions/", found "version/"; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models/m/versions/" => r#"model version name "orgs/my-org/models/m/versions/": version: byte 30: expected a version number or an alias, found the end; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models/m/versions/1/" => r#"model version name "orgs/my-org/models/m/versions/1/": byte 31: expected the end, found '/'; try "orgs/my-org/models/m/versions/1""#,
        "orgs//models/m/versions/1" => r#"model version name "orgs//models/m/versions/1": organization name: byte 5: expected a name, found '/'; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/my-org/models//versions/1" => r#"model version name "orgs/my-org/models//versions/1": model architecture: byte 19: expected a name, found '/'; the form is orgs/<org>/models/<architecture>/versions/<version>"#,
        "orgs/../models/m/versions/1" => r#"model version name "orgs/../models/m/versions/1": organization name: byte 5: expected a name, found a relative path; an organization name looks like "my-org""#,
        "orgs/my-org/models/m%20/versions/1" => r#"model version name "orgs/my-org/models/m%20/versions/1": model architecture: byte 20: expected none of / \ ? # %, found '%'; write it as it is, not percent-encoded"#,
        "orgs/my-org/models/m/versions/0" => r#"model version name "orgs/my-org/models/m/versions/0": version: byte 30: expected a number from 1 up, found zero; the first version of a model architecture is 1"#,
        "orgs/my-org/models/m/versions/Prod" => r#"model version name "orgs/my-org/models/m/versions/Prod": alias: byte 30: expected a lower-case letter, found 'P'; try "prod""#,
        "/orgs/my-org/models/m/versions/1" => r#"model version name "/orgs/my-org/models/m/versions/1": byte 0: expected "orgs/", found '/'; try "orgs/my-org/models/m/versions/1""#,
        "https://api.cerebras.ai/management/v1/orgs/my-org/models/m/versions/1" => r#"model version name "https://api.cerebras.ai/management/v1/orgs/my-org/models/m/versions/1": byte 0: expected "orgs/", found a URL; try "orgs/my-org/models/m/versions/1""#,
    }

    let error = refused::<ModelVersionName>("orgs/my-org/models/m/versions/prod_eu");
    assert_eq!((error.part(), error.position()), ("alias", Some(34)));
}

#[test]
fn other_ways_to_write_a_place_in_s3_are_offered_as_its_uri() {
    assert_messages! { WeightUri:
        "https://console.aws.amazon.com/s3/buckets/my-bucket?region=us-east-1&prefix=runs%2F42/&showversions=false" => r#"weight URI "https://console.aws.amazon.com/s3/buckets/my-bucket?…": byte 0: expected "s3://", found an S3 console address; try "s3://my-bucket/runs/42/""#,
        "https://us-east-1.console.aws.amazon.com/s3/object/my-bucket?prefix=a%20b/x" => r#"weight URI "https://us-east-1.console.aws.amazon.com/s3/object/my-bucket?…": byte 0: expected "s3://", found an S3 console address; try "s3://my-bucket/a b/x""#,
        "https://s3.console.aws.amazon.com/s3/buckets/my-bucket" => r#"weight URI "https://s3.console.aws.amazon.com/s3/buckets/my-bucket": byte 0: expected "s3://", found an S3 console address; try "s3://my-bucket""#,
        "https://console.aws.amazon.com/s3/home" => r#"weight URI "https://console.aws.amazon.com/s3/home": byte 0: expected "s3://", found an S3 console address; a weight URI looks like "s3://my-bucket/model-weights""#,
        "https://my-bucket.s3.us-east-1.amazonaws.com/runs/42" => r#"weight URI "https://my-bucket.s3.us-east-1.amazonaws.com/runs/42": byte 0: expected "s3://", found an S3 web address; try "s3://my-bucket/runs/42""#,
        "https://s3.amazonaws.com/my-bucket/runs/42" => r#"weight URI "https://s3.amazonaws.com/my-bucket/runs/42": byte 0: expected "s3://", found an S3 web address; try "s3://my-bucket/runs/42""#,
        "https://s3-us-west-2.amazonaws.com/my-bucket/x" => r#"weight URI "https://s3-us-west-2.amazonaws.com/my-bucket/x": byte 0: expected "s3://", found an S3 web address; try "s3://my-bucket/x""#,
        "https://s3-data.eu.s3.dualstack.eu-west-1.amazonaws.com/x" => r#"weight URI "https://s3-data.eu.s3.dualstack.eu-west-1.amazonaws.com/x": byte 0: expected "s3://", found an S3 web address; try "s3://s3-data.eu/x""#,
        "s3a://my-bucket/x" => r#"weight URI "s3a://my-bucket/x": byte 0: expected "s3://", found "s3a://"; try "s3://my-bucket/x""#,
        "s3n://my-bucket/x" => r#"weight URI "s3n://my-bucket/x": byte 0: expected "s3://", found "s3n://"; try "s3://my-bucket/x""#,
        "S3://my-bucket/x" => r#"weight URI "S3://my-bucket/x": byte 0: expected "s3://", found "S3://"; try "s3://my-bucket/x""#,
        "s3:/my-bucket/x" => r#"weight URI "s3:/my-bucket/x": byte 0: expected "s3://", found 's'; try "s3://my-bucket/x""#,
        "arn:aws:s3:::my-bucket/x" => r#"weight URI "arn:aws:s3:::my-bucket/x": byte 0: expected "s3://", found an ARN; try "s3://my-bucket/x""#,
        "arn:aws-us-gov:s3:::my-bucket/*" => r#"weight URI "arn:aws-us-gov:s3:::my-bucket/*": byte 0: expected "s3://", found an ARN; try "s3://my-bucket/""#,
        "arn:aws:s3:us-east-1:123456789012:accesspoint/x" => r#"weight URI "arn:aws:s3:us-east-1:123456789012:accesspoint/x": byte 0: expected "s3://", found an ARN; give the bucket itself, as s3://bucket/prefix"#,
        "arn:aws:s3:us-east-1::my-bucket/x" => r#"weight URI "arn:aws:s3:us-east-1::my-bucket/x": byte 0: expected "s3://", found an ARN; give the bucket itself, as s3://bucket/prefix"#,
        "arn:aws:s3::123456789012:my-bucket/x" => r#"weight URI "arn:aws:s3::123456789012:my-bucket/x": byte 0: expected "s3://", found an ARN; give the bucket itself, as s3://bucket/prefix"#,
        "arn:aws:iam:::my-bucket/x" => r#"weight URI "arn:aws:iam:::my-bucket/x": byte 0: expected "s3://", found an ARN; give the bucket itself, as s3://bucket/prefix"#,
        " s3://my-bucket/x" => r#"weight URI " s3://my-bucket/x": byte 0: expected "s3://", found ' ' (space); try "s3://my-bucket/x""#,
    }
}

#[test]
fn what_is_not_in_s3_says_so() {
    assert_messages! { WeightUri:
        "" => r#"weight URI "": byte 0: expected "s3://", found nothing; if it comes from a variable, check that the variable is set"#,
        "https://example.com/weights" => r#"weight URI "https://example.com/weights": byte 0: expected "s3://", found "https://"; the service reads weights from S3 only: give their s3://bucket/prefix"#,
        "https://s3.amazonaws.com.example.com/b/x" => r#"weight URI "https://s3.amazonaws.com.example.com/b/x": byte 0: expected "s3://", found "https://"; the service reads weights from S3 only: give their s3://bucket/prefix"#,
        "gs://my-bucket/x" => r#"weight URI "gs://my-bucket/x": byte 0: expected "s3://", found "gs://"; the service reads weights from S3 only: give their s3://bucket/prefix"#,
        "abcdefghijkl://x" => r#"weight URI "abcdefghijkl://x": byte 0: expected "s3://", found "abcdefghijkl://"; the service reads weights from S3 only: give their s3://bucket/prefix"#,
        "abcdefghijklm://x" => r#"weight URI "abcdefghijklm://x": byte 0: expected "s3://", found 'a'; a weight URI looks like "s3://my-bucket/model-weights""#,
        "./weights" => r#"weight URI "./weights": byte 0: expected "s3://", found a path on this machine; copy the weights to an S3 bucket and give their s3://bucket/prefix"#,
        r"C:\weights" => r#"weight URI "C:\\weights": byte 0: expected "s3://", found a path on this machine; copy the weights to an S3 bucket and give their s3://bucket/prefix"#,
        "my-bucket/x" => r#"weight URI "my-bucket/x": byte 0: expected "s3://", found 'm'; a weight URI looks like "s3://my-bucket/model-weights""#,
    }
}

#[test]
fn a_weight_uri_with_a_wrong_bucket_says_why() {
    let rules = "a bucket name has 3 to 63 lower-case letters, digits, '.' and '-'";
    let example = r#"a weight URI looks like "s3://my-bucket/model-weights""#;
    let shell = "if this is a shell variable, it was not expanded";
    assert_messages! { WeightUri:
        "s3://" => format!(r#"weight URI "s3://": byte 5: expected a bucket name, found the end; {example}"#),
        "s3:///x" => format!(r#"weight URI "s3:///x": byte 5: expected a bucket name, found '/'; {example}"#),
        "s3://<your-bucket-name>/x" => r#"weight URI "s3://<your-bucket-name>/x": byte 5: expected a bucket name, found "<your-bucket-name>"; this is a placeholder: put your own name in its place"#,
        "s3://$BUCKET/x" => format!(r#"weight URI "s3://$BUCKET/x": byte 5: expected a bucket name, found '$'; {shell}"#),
        "s3://my-$BUCKET/x" => format!(r#"weight URI "s3://my-$BUCKET/x": byte 8: expected a bucket name, found '$'; {shell}"#),
        "s3://my-<team>/x" => r#"weight URI "s3://my-<team>/x": byte 8: expected a bucket name, found "<team>"; this is a placeholder: put your own name in its place"#,
        "s3://My-Bucket/x" => format!(r#"weight URI "s3://My-Bucket/x": byte 5: expected a lower-case letter, a digit, '.' or '-' in the bucket name, found 'M'; {rules}"#),
        "s3://my_bucket/x" => format!(r#"weight URI "s3://my_bucket/x": byte 7: expected a lower-case letter, a digit, '.' or '-' in the bucket name, found '_'; {rules}"#),
        "s3://my\u{202e}bucket/x" => format!(r#"weight URI "s3://my\u{{202e}}bucket/x": byte 7: expected a lower-case letter, a digit, '.' or '-' in the bucket name, found '\u{{202e}}' (right-to-left override); {rules}"#),
        "s3://my<bucket/x" => format!(r#"weight URI "s3://my<bucket/x": byte 7: expected a lower-case letter, a digit, '.' or '-' in the bucket name, found '<'; {rules}"#),
        "s3://my-bucket\n" => r#"weight URI "s3://my-bucket\n": byte 14: expected a lower-case letter, a digit, '.' or '-' in the bucket name, found '\n' (newline); try "s3://my-bucket""#,
        "s3://-my-bucket/x" => format!(r#"weight URI "s3://-my-bucket/x": byte 5: expected a lower-case letter or a digit at the start of the bucket name, found '-'; {rules}"#),
        "s3://my-bucket-/x" => format!(r#"weight URI "s3://my-bucket-/x": byte 14: expected a lower-case letter or a digit at the end of the bucket name, found '-'; {rules}"#),
        "s3://my..bucket/x" => format!(r#"weight URI "s3://my..bucket/x": byte 8: expected a lower-case letter or a digit after the dot in the bucket name, found '.'; {rules}"#),
        "s3://192.168.0.1/x" => format!(r#"weight URI "s3://192.168.0.1/x": byte 5: expected a bucket name, found an IP address; {rules}"#),
        "s3://ab/x" => format!(r#"weight URI "s3://ab/x": byte 5: expected a bucket name of 3 to 63 characters, found 2 characters; {example}"#),
        "s3://a/x" => format!(r#"weight URI "s3://a/x": byte 5: expected a bucket name of 3 to 63 characters, found 1 character; {example}"#),
        &format!("s3://{}/x", "b".repeat(64)) => format!(r#"weight URI "s3://{}/x": byte 5: expected a bucket name of 3 to 63 characters, found 64 characters; {example}"#, "b".repeat(64)),
    }
}

#[test]
fn a_weight_uri_with_a_wrong_key_says_why() {
    assert_messages! { WeightUri:
        "s3://my-bucket//x" => r#"weight URI "s3://my-bucket//x": byte 14: expected one slash, found two; try "s3://my-bucket/x""#,
        "s3://my-bucket/a//b/" => r#"weight URI "s3://my-bucket/a//b/": byte 16: expected one slash, found two; try "s3://my-bucket/a/b/""#,
        "s3://my-bucket/<run>/x" => r#"weight URI "s3://my-bucket/<run>/x": byte 15: expected a key, found "<run>"; this is a placeholder: put your own name in its place"#,
        "s3://my-bucket/${RUN}" => r#"weight URI "s3://my-bucket/${RUN}": byte 15: expected a key, found '$'; if this is a shell variable, it was not expanded"#,
        "s3://my-bucket/x?versionId=1" => r#"weight URI "s3://my-bucket/x?…": byte 16: expected no query, found '?'; try "s3://my-bucket/x""#,
        "s3://my-bucket/x#y" => r#"weight URI "s3://my-bucket/x#y": byte 16: expected no fragment, found '#'; try "s3://my-bucket/x""#,
        "s3://my-bucket/a/../x" => r#"weight URI "s3://my-bucket/a/../x": byte 17: expected a name between the slashes, found a relative path; S3 takes "." and ".." literally; write the path without them"#,
        "s3://my-bucket/x\r\n" => r#"weight URI "s3://my-bucket/x\r\n": byte 16: expected a visible character, found '\r' (carriage return); try "s3://my-bucket/x""#,
        "s3://my-bucket/x\ny" => r#"weight URI "s3://my-bucket/x\ny": byte 16: expected a visible character, found '\n' (newline); remove it"#,
        "s3://my-bucket/a\u{202e}b" => r#"weight URI "s3://my-bucket/a\u{202e}b": byte 16: expected a visible character, found '\u{202e}' (right-to-left override); remove it"#,
        "s3://my-bucket/x " => r#"weight URI "s3://my-bucket/x ": byte 16: expected a visible character, found ' ' (space); try "s3://my-bucket/x""#,
        &format!("s3://my-bucket/{}", "k".repeat(1025)) => format!(r#"weight URI "s3://my-bucket/{}…": byte 15: expected a key of at most 1024 bytes, found 1025 bytes; use a shorter prefix"#, "k".repeat(65)),
    }
}

#[test]
fn a_presigned_url_is_refused_and_never_shown() {
    let message = "weight URI (not shown, it may hold a secret): byte 0: expected \"s3://\", found a presigned URL; give the plain s3://bucket/prefix, and grant access in the bucket's policy";
    assert_messages! { WeightUri:
        "https://my-bucket.s3.us-east-1.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F1&X-Amz-Signature=deadbeef" => message,
        "https://s3.amazonaws.com/my-bucket/x?AWSAccessKeyId=AKIA&Signature=deadbeef&Expires=1" => message,
        "s3n://AKIA:dead/beef@my-bucket/x" => r#"weight URI (not shown, it may hold a secret): byte 0: expected "s3://", found "s3n://"; the service reads weights from S3 only: give their s3://bucket/prefix"#,
    }
}

#[test]
fn an_api_key_in_the_place_of_a_name_is_not_shown() {
    assert_messages! { OrgName:
        "Bearer deadbeef" => r#"organization name (not shown, it may hold a secret): byte 0: expected a name, found what may be a key or a signed URL; an organization name looks like "my-org""#,
    }
    assert_messages! { VersionAlias:
        "csk-deadbeef_0" => r#"alias (not shown, it may hold a secret): byte 12: expected an ASCII letter, a digit or '-', found '_'; an alias looks like "production" or "run-42""#,
    }
}

#[test]
fn a_character_that_does_not_show_what_it_is_is_named() {
    for (c, found) in [
        ('!', "'!'"),
        ('é', "'é'"),
        ('\'', r"'\''"),
        ('"', "'\"'"),
        ('\u{301}', r"'\u{301}'"),
        (' ', "' ' (space)"),
        ('\t', r"'\t' (tab)"),
        ('\n', r"'\n' (newline)"),
        ('\r', r"'\r' (carriage return)"),
        ('\0', r"'\0' (NUL)"),
        ('\\', r"'\\' (backslash)"),
        ('\u{7}', r"'\u{7}' (control character)"),
        ('\u{a0}', r"'\u{a0}' (no-break space)"),
        ('\u{2003}', r"'\u{2003}' (white space)"),
        ('\u{2028}', r"'\u{2028}' (white space)"),
        ('\u{ad}', r"'\u{ad}' (soft hyphen)"),
        ('\u{200b}', r"'\u{200b}' (zero-width space)"),
        ('\u{200c}', r"'\u{200c}' (zero-width non-joiner)"),
        ('\u{200d}', r"'\u{200d}' (zero-width joiner)"),
        ('\u{200e}', r"'\u{200e}' (left-to-right mark)"),
        ('\u{200f}', r"'\u{200f}' (right-to-left mark)"),
        ('\u{202b}', r"'\u{202b}' (text direction embedding)"),
        ('\u{202d}', r"'\u{202d}' (left-to-right override)"),
        ('\u{202e}', r"'\u{202e}' (right-to-left override)"),
        ('\u{2067}', r"'\u{2067}' (text direction isolate)"),
        ('\u{feff}', r"'\u{feff}' (byte order mark)"),
        ('\u{e0041}', r"'\u{e0041}' (invisible tag character)"),
        ('\u{2062}', r"'\u{2062}' (format character)"),
        ('‐', "'‐' (typographic hyphen)"),
        ('–', "'–' (en dash)"),
        ('—', "'—' (em dash)"),
        ('−', "'−' (minus sign)"),
        ('“', "'“' (typographic quote)"),
    ] {
        let message = refused::<VersionAlias>(&format!("prod{c}eu")).to_string();
        let (_, rest) = message
            .split_once(", found ")
            .expect("it says what it found");
        let (described, _) = rest.split_once("; ").expect("and what to do");
        assert_eq!(described, found);
    }
}
