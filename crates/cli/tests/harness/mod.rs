//! `cbm` against a simulator in this process.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod running;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use cerebras_management_simulator::{
    Builder, DEFAULT_ARCHITECTURES, DEFAULT_ENDPOINTS, DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY,
    SeedEndpoint, SeedOrg, SeedVersion, SeedWorld, Simulator,
};
use tokio::runtime::Runtime;

pub(crate) const ARCHITECTURE: &str = DEFAULT_ARCHITECTURES[0];
pub(crate) const ENDPOINT: &str = DEFAULT_ENDPOINTS[0];

/// A simulator that runs while the test does, and an empty folder for settings.
pub(crate) struct Service {
    // It ends before its runtime.
    pub(crate) simulator: Simulator,
    _runtime: Runtime,
    pub(crate) folder: Folder,
}

/// Three versions, of which the first serves one of two endpoints.
pub(crate) fn world() -> SeedWorld {
    let run = |n: u32| {
        SeedVersion::new(ARCHITECTURE, format!("s3://my-bucket/run-{n}"))
            .alias(format!("run-{n}"))
            .fingerprint_suffix(format!("run-{n}"))
    };
    SeedWorld::empty().org(
        SeedOrg::new(DEFAULT_ORG)
            .architecture(ARCHITECTURE)
            .architecture(DEFAULT_ARCHITECTURES[1])
            .version(run(1).alias("production"))
            .version(run(2).alias("candidate"))
            .version(SeedVersion::new(ARCHITECTURE, "s3://my-bucket/run-3"))
            .endpoint(SeedEndpoint::new(ENDPOINT, ARCHITECTURE).serving(1))
            .endpoint(SeedEndpoint::new(
                DEFAULT_ENDPOINTS[1],
                DEFAULT_ARCHITECTURES[1],
            )),
    )
}

impl Service {
    /// So fast that what is begun has ended when it is looked at for the first time.
    pub(crate) fn fast() -> Self {
        Self::start(Simulator::builder().world(world()).speed(3600.0))
    }

    /// Its time stands still until the test moves it.
    pub(crate) fn still() -> Self {
        let service = Self::start(Simulator::builder().world(world()).manual_clock());
        // What is deployed now is newer than what served from the beginning.
        service.simulator.advance(std::time::Duration::from_secs(5));
        service
    }

    pub(crate) fn start(builder: Builder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let simulator = runtime.block_on(builder.start()).expect("a simulator");
        Self {
            simulator,
            _runtime: runtime,
            folder: Folder::new(),
        }
    }

    /// What `cbm` reads of the environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CEREBRAS_MANAGEMENT_BASE_URL", self.simulator.base_url()),
            ("CEREBRAS_MANAGEMENT_API_KEY", MANAGEMENT_KEY.to_owned()),
            ("CEREBRAS_API_KEY", INFERENCE_KEY.to_owned()),
            ("CEREBRAS_ORG_NAME", DEFAULT_ORG.to_owned()),
            ("XDG_CONFIG_HOME", self.folder.path()),
            ("HOME", self.folder.path()),
        ]
    }

    /// `cbm` with these arguments and nothing but this environment.
    pub(crate) fn cbm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cbm"));
        command.args(arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.cbm(arguments).output().expect("cbm runs"))
    }
}

/// Whether a program is there. Where it is not, the test says so and is over, unless the environment
/// has this variable, as it does in CI.
pub(crate) fn is_installed(program: &str, required_by: &str) -> bool {
    // With nothing to read, so that no shell waits for what is typed.
    let mut command = Command::new(program);
    let found = command
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok();
    if !found {
        let required = std::env::var_os(required_by).is_some();
        assert!(!required, "{program} is required and not there");
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// How a command went.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The one JSON object on standard error.
    #[track_caller]
    pub(crate) fn error(&self) -> serde_json::Value {
        serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A folder that is gone with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cbm-{}-{n}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> String {
        self.0.to_str().expect("UTF-8").to_owned()
    }

    /// Writes the profiles, for their owner alone.
    pub(crate) fn profiles(&self, text: &str) -> PathBuf {
        let folder = self.0.join("cerebras");
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("management.toml");
        std::fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let only_me = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, only_me).expect("permissions");
        }
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
