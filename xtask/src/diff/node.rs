//! A place in a page's document, with the document at hand to resolve references.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::page::Page;
use crate::pointer::Pointer;

/// A value of a document, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    page: &'a Page,
    pub(super) value: &'a Value,
    pub(super) at: Pointer,
}

impl<'a> Node<'a> {
    /// The whole document of a page.
    pub(super) fn page(page: &'a Page) -> Self {
        Self {
            page,
            value: &page.document,
            at: Pointer::root(),
        }
    }

    /// The operation that the page describes.
    pub(super) fn operation(&self) -> Self {
        let (value, at) = self.page.operation();
        self.at(value, at)
    }

    /// The member `key`, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(self.at(self.value.get(key)?, self.at.key(key)))
    }

    /// Whether the member `key` is `true`.
    pub(super) fn is_true(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// The member `key`, or what it refers to.
    pub(super) fn resolved(&self, key: &str) -> Result<Option<Self>> {
        self.get(key).map(Self::resolve).transpose()
    }

    /// The members of the object that the member `key` is; each of them resolved.
    pub(super) fn members(&self, key: &str) -> Result<BTreeMap<&'a str, Self>> {
        let Some(object) = self.get(key) else {
            return Ok(BTreeMap::new());
        };
        let members = object.value.as_object().into_iter().flatten();
        members
            .map(|(key, value)| {
                let node = self.at(value, object.at.key(key));
                Ok((key.as_str(), node.resolve()?))
            })
            .collect()
    }

    /// The elements of the array that the member `key` is, as they stand.
    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        self.get(key)
            .map(|array| array.elements())
            .unwrap_or_default()
    }

    /// The elements of the array that this is, as they stand.
    pub(super) fn elements(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items
            .map(|(index, value)| self.at(value, self.at.index(index)))
            .collect()
    }

    /// What the value refers to, or the value itself.
    pub(super) fn resolve(self) -> Result<Self> {
        let mut node = self;
        // More steps than a chain of references has, unless it is a circle.
        for _ in 0..32 {
            match node.referenced()? {
                Some(target) => node = target,
                None => return Ok(node),
            }
        }
        bail!(
            "{}: {}: the reference leads to itself",
            node.page.file,
            node.at
        )
    }

    /// What the value refers to, if it is a reference.
    pub(super) fn referenced(&self) -> Result<Option<Self>> {
        let Some(reference) = self.value.get("$ref") else {
            return Ok(None);
        };
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
        let target = pointer.and_then(|at| Some((at, self.page.document.pointer(at)?)));
        let Some((pointer, value)) = target else {
            let (file, at) = (&self.page.file, self.at.key("$ref"));
            bail!("{file}: {at}: {reference} is not in the document");
        };
        Ok(Some(self.at(value, Pointer::from_text(pointer))))
    }

    fn at(&self, value: &'a Value, at: Pointer) -> Self {
        Self {
            page: self.page,
            value,
            at,
        }
    }
}
