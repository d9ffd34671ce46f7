//! The chain from pages to `management.json`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::lower::lower;
use crate::merge::{Merged, merge};
use crate::overlay::Overlay;
use crate::page::{Folder, Page};

/// The folder `openapi/` and what is in it.
#[derive(Debug, Clone)]
pub struct Source {
    dir: PathBuf,
}

/// A document that is ready to be written, and what a person should know about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Built {
    /// The text of `management.json`.
    pub text: String,
    /// One line each.
    pub notes: Vec<String>,
}

impl Source {
    /// The sources in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where the built document is written.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.dir.join("management.json")
    }

    /// The pages that the document is merged from: for each route the published one, or else
    /// the one written by hand.
    pub fn in_use(&self) -> Result<Vec<Page>> {
        let (mut pages, authored) = (self.pages("pages")?, self.pages("authored")?);
        let published: Vec<_> = pages.iter().map(|page| page.route.clone()).collect();
        let is_needed = |page: &Page| !published.contains(&page.route);
        pages.extend(authored.into_iter().filter(is_needed));
        Ok(pages)
    }

    /// Merges the pages, applies the overlay and lowers the outcome to OpenAPI 3.0.3.
    pub fn build(&self) -> Result<Built> {
        let Merged {
            mut document,
            notes,
        } = merge(&self.pages("pages")?, &self.pages("authored")?)?;

        let file = self.label("overlay.yaml");
        let path = self.dir.join("overlay.yaml");
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {file}"))?;
        Overlay::from_yaml(&file, &text)?.apply(&mut document)?;

        let text = stable_text(&lower(&document)?)?;
        Ok(Built { text, notes })
    }

    /// Whether the written document is the one that would be built now.
    pub fn is_fresh(&self, built: &Built) -> Result<bool> {
        let target = self.target();
        match fs::read_to_string(&target) {
            Ok(text) => Ok(text == built.text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", target.display())),
        }
    }

    /// Writes the document.
    pub fn write(&self, built: &Built) -> Result<()> {
        let target = self.target();
        fs::write(&target, &built.text)
            .with_context(|| format!("cannot write {}", target.display()))
    }

    fn pages(&self, folder: &str) -> Result<Vec<Page>> {
        let label = self.label(folder);
        let Folder { pages, others } = Folder::read(&self.dir.join(folder), &label)?;
        if let Some(file) = others.first() {
            bail!("{file}: it holds no OpenAPI block; only pages that do belong in {label}");
        }
        Ok(pages)
    }

    /// A file as messages name it, from the folder that holds `dir`.
    fn label(&self, file: &str) -> String {
        let dir = self.dir.file_name().unwrap_or(self.dir.as_os_str());
        format!("{}/{file}", Path::new(dir).display())
    }
}

/// Pretty JSON with sorted members, whatever map `serde_json` was built with.
fn stable_text(document: &Value) -> Result<String> {
    let mut document = document.clone();
    document.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
