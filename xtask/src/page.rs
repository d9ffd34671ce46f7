//! Reads a page of the API reference: Markdown with a fenced OpenAPI block, or plain YAML.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::Value;
use serde_saphyr::UserMessageFormatter;

use crate::pointer::Pointer;

/// The members of a path item that are operations.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation of the API, as one file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The file, as messages name it.
    pub file: String,
    /// What the page describes.
    pub route: Route,
    /// The page's whole OpenAPI 3.1 document.
    pub document: Value,
}

/// Method and path template of an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The path template, such as `/management/v1/endpoints/{endpoint_id}`.
    pub path: String,
    /// The method, in lower case as OpenAPI writes it.
    pub method: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.to_uppercase(), self.path)
    }
}

/// The pages of a folder, and the files in it that are not pages.
#[derive(Debug, Default)]
pub struct Folder {
    /// The pages, in the order of their file names.
    pub pages: Vec<Page>,
    /// Files that hold no OpenAPI block, as messages name them.
    pub others: Vec<String>,
}

impl Folder {
    /// Reads every file of `dir`. Messages name a file as `label` and its file name.
    pub fn read(dir: &Path, label: &str) -> Result<Self> {
        let unreadable = || format!("cannot read the folder {}", dir.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).with_context(unreadable)? {
            names.push(entry.with_context(unreadable)?.file_name());
        }
        names.sort();

        let mut folder = Self::default();
        for name in names {
            let path = dir.join(&name);
            let file = format!("{label}/{}", name.to_string_lossy());
            let kind = path.extension().and_then(|extension| extension.to_str());
            let text = || fs::read_to_string(&path).with_context(|| format!("cannot read {file}"));
            let page = match kind {
                Some("md" | "mdx") => Page::from_markdown(&file, &text()?)?,
                Some("yaml" | "yml") => Some(Page::from_yaml(&file, &text()?)?),
                _ => None,
            };
            match page {
                Some(page) => folder.pages.push(page),
                None => folder.others.push(file),
            }
        }
        Ok(folder)
    }
}

impl Page {
    /// Reads a Markdown page, or finds that it holds no OpenAPI block.
    pub fn from_markdown(file: &str, text: &str) -> Result<Option<Self>> {
        let mut blocks = fenced_blocks(text);
        blocks.retain(Block::is_openapi);
        match blocks.as_slice() {
            [] => Ok(None),
            [block] => {
                let page = Self::from_yaml(file, &block.text)?;
                if let Some(route) = block.route() {
                    ensure!(
                        route == page.route,
                        "{file}: the fence announces {route}, but the block describes {}",
                        page.route
                    );
                }
                Ok(Some(page))
            }
            _ => bail!("{file}: expected one OpenAPI block, found {}", blocks.len()),
        }
    }

    /// Reads an OpenAPI 3.1 document of one operation.
    pub fn from_yaml(file: &str, text: &str) -> Result<Self> {
        let document = yaml(text).with_context(|| format!("{file}: not a YAML document"))?;
        let version = &document["openapi"];
        ensure!(
            version
                .as_str()
                .is_some_and(|text| text.starts_with("3.1.")),
            "{file}: /openapi: expected a 3.1 document, found {version}"
        );
        let route = only_route(&document).with_context(|| file.to_owned())?;
        Ok(Self {
            file: file.to_owned(),
            route,
            document,
        })
    }

    /// The operation itself, and where it is in the document.
    #[must_use]
    pub fn operation(&self) -> (&Value, Pointer) {
        let Route { path, method } = &self.route;
        let at = Pointer::root().key("paths").key(path).key(method);
        (&self.document["paths"][path][method], at)
    }
}

/// Parses YAML 1.2; a plain `no` is a string, and a repeated key is an error.
pub fn yaml(text: &str) -> Result<Value> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let rendering = serde_saphyr::render_options! { formatter: &UserMessageFormatter };
        anyhow!(error.render_with_options(rendering))
    })
}

fn only_route(document: &Value) -> Result<Route> {
    let at = Pointer::root().key("paths");
    let Some(paths) = document["paths"].as_object() else {
        bail!("{at}: expected an object");
    };
    let mut routes = Vec::new();
    for (path, item) in paths {
        let at = at.key(path);
        let Some(item) = item.as_object() else {
            bail!("{at}: expected an object");
        };
        for key in item.keys() {
            ensure!(
                METHODS.contains(&key.as_str()),
                "{}: expected only a method here; write it into the operation",
                at.key(key)
            );
            routes.push(Route {
                path: path.clone(),
                method: key.clone(),
            });
        }
    }
    match <[Route; 1]>::try_from(routes) {
        Ok([route]) => Ok(route),
        Err(routes) => bail!(
            "{at}: expected one operation a page, found {}",
            routes.len()
        ),
    }
}

struct Block {
    /// What follows the opening fence, such as `yaml get /v1/models`.
    info: String,
    text: String,
}

impl Block {
    fn is_openapi(&self) -> bool {
        let language = self.info.split_whitespace().next().unwrap_or_default();
        matches!(language, "yaml" | "yml")
            && (self.route().is_some()
                || self.text.lines().any(|line| line.starts_with("openapi:")))
    }

    /// The route in the info string. Other words may stand before it.
    fn route(&self) -> Option<Route> {
        let words: Vec<&str> = self.info.split_whitespace().collect();
        words.windows(2).find_map(|pair| {
            let method = pair[0].to_lowercase();
            let found = METHODS.contains(&method.as_str()) && pair[1].starts_with('/');
            found.then(|| Route {
                path: pair[1].to_owned(),
                method,
            })
        })
    }
}

fn fenced_blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some(Block {
                    info: info.to_string(),
                    text: String::new(),
                });
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.text.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}
