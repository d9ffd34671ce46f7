//! A folder `openapi/` of a test's own, and the command run on it.

#![allow(dead_code)] // each test file uses a part

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use xtask::spec::Source;

/// `GET /things`, which answers with a `Thing` that has one string field, `name`.
pub(crate) const LIST_THINGS: &str = "\
openapi: 3.1.0
info:
  title: Things
  version: 1.0.0
paths:
  /things:
    get:
      operationId: list_things
      responses:
        '200':
          description: The things
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Thing'
components:
  schemas:
    Thing:
      type: object
      properties:
        name:
          type: string
";

/// An overlay whose one action matches [`LIST_THINGS`].
pub(crate) const OVERLAY: &str = "\
overlay: 1.0.0
info:
  title: Corrections
  version: 1.0.0
actions:
  - target: $.info
    description: It is ours now.
    update:
      title: Our things
";

/// The pages of a test. Dropping it deletes them.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    /// A folder that holds [`OVERLAY`] and no page.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = Self { root };
        for name in ["pages", "authored"] {
            fs::create_dir_all(folder.openapi().join(name)).expect("a folder");
        }
        folder.with("overlay.yaml", OVERLAY)
    }

    pub(crate) fn with(self, file: &str, text: &str) -> Self {
        fs::write(self.openapi().join(file), text).expect("a file");
        self
    }

    pub(crate) fn openapi(&self) -> PathBuf {
        self.root.path().join("openapi")
    }

    pub(crate) fn source(&self) -> Source {
        Source::new(self.openapi())
    }

    /// The error of a build, as the command prints it.
    pub(crate) fn refusal(&self) -> String {
        let error = self.source().build().expect_err("the build is refused");
        format!("{error:#}")
    }

    /// The document of a build.
    pub(crate) fn document(&self) -> serde_json::Value {
        let built = self.source().build().expect("the build succeeds");
        serde_json::from_str(&built.text).expect("it writes JSON")
    }

    /// Runs `cargo xtask spec` on the folder.
    pub(crate) fn spec(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("spec")
            .args(arguments)
            .arg("--openapi")
            .arg(self.openapi())
            .output()
            .expect("xtask runs");
        let text = |bytes| {
            let text = String::from_utf8(bytes).expect("it prints UTF-8");
            text.replace(&self.root.path().display().to_string(), "")
        };
        Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// What a run of the command left. The test's folder is taken out of the texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The folder `openapi/` of this workspace.
pub(crate) fn workspace() -> Source {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    Source::new(xtask.with_file_name("openapi"))
}
