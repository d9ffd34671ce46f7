//! Which setting holds, and what is said of a file that cannot be used.

use std::ffi::OsString;

use super::*;

/// A file that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("cbm-config-{}-{name}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a file");
        Self(path)
    }

    /// With these variables beside the one that names the file.
    fn settings(&self, flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings> {
        let config = self.0.clone().into_os_string();
        let environment = Environment::read(|name| {
            let set = variables.iter().find(|(variable, _)| *variable == name);
            let set = set.map(|(_, value)| OsString::from(value));
            set.or_else(|| (name == "CBM_CONFIG").then(|| config.clone()))
        })?;
        Settings::from(flags, &environment)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn profile(name: &str) -> Flags {
    Flags {
        profile: Some(name.to_owned()),
        ..Flags::default()
    }
}

const TWO: &str = r#"
default = "work"

[profile.work]
org = "work-org"
key_command = "echo csk-1"
base_url = "https://work.example"

[profile.lab]
org = "lab-org"
key_file = "/run/lab"
"#;

fn value(given: Option<&Given>) -> Option<&str> {
    given.map(|it| it.value.as_str())
}

fn org_and_url(settings: &Settings) -> (Option<&str>, Option<&str>) {
    (
        value(settings.org.as_ref()),
        value(settings.base_url.as_ref()),
    )
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_default_profile() {
    let file = Scratch::new("order", TWO);
    let environment = [("CEREBRAS_ORG_NAME", "env-org")];
    let settings = |flags: &Flags, variables: &[(&str, &str)]| {
        let settings = file.settings(flags, variables).expect("settings");
        let (org, url) = org_and_url(&settings);
        (org.map(str::to_owned), url.map(str::to_owned))
    };
    let told = |org: &str, url: Option<&str>| (Some(org.to_owned()), url.map(str::to_owned));
    let work = Some("https://work.example");
    assert_eq!(settings(&Flags::default(), &[]), told("work-org", work));
    assert_eq!(
        settings(&Flags::default(), &environment),
        told("env-org", work)
    );
    let flag = Flags {
        org: Some("flag-org".to_owned()),
        ..Flags::default()
    };
    assert_eq!(settings(&flag, &environment), told("flag-org", work));
    let variable = [("CBM_PROFILE", "lab"), ("CEREBRAS_ORG_NAME", "env-org")];
    assert_eq!(
        settings(&Flags::default(), &variable),
        told("env-org", None)
    );
    assert_eq!(
        settings(&Flags::default(), &variable[..1]),
        told("lab-org", None)
    );
}

#[test]
fn a_profile_that_is_named_by_a_flag_comes_before_the_environment() {
    let file = Scratch::new("named", TWO);
    let environment = [
        ("CEREBRAS_ORG_NAME", "env-org"),
        ("CEREBRAS_MANAGEMENT_API_KEY", "csk-env"),
        ("CEREBRAS_MANAGEMENT_BASE_URL", "https://env.example"),
    ];
    let settings = file.settings(&profile("lab"), &environment);
    let settings = settings.expect("settings");
    assert_eq!(
        org_and_url(&settings),
        (Some("lab-org"), Some("https://env.example"))
    );
    assert!(matches!(settings.key, Some(KeyFrom::File(..))));
}

#[test]
fn one_profile_alone_needs_no_name() {
    let file = Scratch::new("alone", "[profile.only]\norg = \"o1\"\n");
    let settings = file.settings(&Flags::default(), &[]).expect("settings");
    assert_eq!(value(settings.org.as_ref()), Some("o1"));
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_its_line_and_no_key() {
    for (name, text, says) in [
        (
            "value",
            "[profile]\nwork = \"csk-S3cret\"\n",
            ":2: the profiles cannot be read: expected struct Profile",
        ),
        (
            "field",
            "[profile.work]\nkee = \"csk-S3cret\"\n",
            ":2: the profiles cannot be read: unknown field `kee`, expected one of `org`",
        ),
        (
            "syntax",
            "[profile.work]\nkey = csk-S3cret\n",
            ":2: the profiles cannot be read: ",
        ),
        (
            "two",
            "[profile.work]\nkey = \"csk-S3cret\"\nkey_file = \"/x\"\n",
            ": profile \"work\": more than one source of key",
        ),
    ] {
        let file = Scratch::new(name, text);
        let error = file.settings(&Flags::default(), &[]).expect_err(name);
        assert_eq!(error.exit(), Exit::Usage);
        let message = error.message();
        let expected = format!("{}{says}", file.0.display());
        assert!(message.starts_with(&expected), "{message}");
        assert!(
            !format!("{message}{error:?}").contains("S3cret"),
            "{error:?}"
        );
    }
}

#[test]
fn what_is_in_the_environment_is_in_no_debug_text() {
    let file = Scratch::new("debug", "");
    let environment = [
        ("CEREBRAS_MANAGEMENT_API_KEY", "csk-S3cret-1"),
        ("CEREBRAS_API_KEY", "csk-S3cret-2"),
    ];
    let settings = file.settings(&Flags::default(), &environment);
    let settings = settings.expect("settings");
    assert!(!format!("{settings:?}").contains("S3cret"), "{settings:?}");
}
