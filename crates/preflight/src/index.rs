//! The index of a model in several files: which tensor is in which.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use serde::de::MapAccess;

use crate::{
    Check,
    header::quoted,
    json::{self, Of, Skip, Text, Wanted},
    layout::Files,
    report::Found,
    source::{Source, judge},
    store::Error,
};

/// So much of all indices is read, in bytes. The largest in public have 30 MB.
const LARGEST: u64 = 48 << 20;

/// More tensors and more files than any model has.
const MOST_TENSORS: usize = 500_000;
const MOST_FILES: usize = 20_000;

/// An index as it is written.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) key: String,
    /// The files that it names, in the order of their first tensor.
    pub(crate) files: Vec<String>,
    /// How many tensors it names.
    pub(crate) tensors: usize,
    /// What it says that all tensors take, in bytes.
    pub(crate) total: Option<u64>,
    /// For each file: the bytes of the names of its tensors, and how many there are.
    pub(crate) names: Vec<(u64, u64)>,
    text: Bytes,
}

impl Index {
    /// Reads an index.
    ///
    /// # Errors
    ///
    /// What keeps it from being one.
    pub(crate) fn parse(key: &str, text: Bytes) -> Result<Self, String> {
        let mut index = Self {
            key: key.to_owned(),
            files: Vec::new(),
            tensors: 0,
            total: None,
            names: Vec::new(),
            text: Bytes::new(),
        };
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut take = |name: &str, file: &str| {
            if index.files.len() == MOST_FILES {
                return;
            }
            let at = places.get(file).copied().unwrap_or_else(|| {
                places.insert(file.to_owned(), index.files.len());
                index.files.push(file.to_owned());
                index.names.push((0, 0));
                index.files.len() - 1
            });
            index.tensors += 1;
            index.names[at].0 += name.len() as u64;
            index.names[at].1 += 1;
        };
        let read = read(&text, &mut take)?;
        if !read.mapped {
            return Err("it has no weight_map".to_owned());
        }
        if index.tensors > MOST_TENSORS || index.files.len() == MOST_FILES {
            return Err(format!(
                "it names more than {MOST_TENSORS} tensors or {MOST_FILES} files"
            ));
        }
        index.total = read.total;
        index.text = text;
        Ok(index)
    }

    /// Each tensor with its file.
    pub(crate) fn each(&self, mut take: impl FnMut(&str, &str)) {
        // It was read before.
        let _ = read(&self.text, &mut take);
    }
}

#[derive(Default)]
struct Read {
    mapped: bool,
    total: Option<u64>,
    wrong: Option<String>,
}

fn read(text: &[u8], take: &mut dyn FnMut(&str, &str)) -> Result<Read, String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("it is no UTF-8: {error}"))?;
    let mut read = Read::default();
    let top = Top {
        read: &mut read,
        take,
    };
    json::read(text, top).map_err(|error| format!("it cannot be read as JSON: {error}"))?;
    match read.wrong {
        Some(wrong) => Err(wrong),
        None => Ok(read),
    }
}

struct Top<'r, 't> {
    read: &'r mut Read,
    take: &'t mut dyn FnMut(&str, &str),
}

impl<'de> Wanted<'de> for Top<'_, '_> {
    type Out = ();

    fn other(self, kind: &'static str) {
        self.read.wrong = Some(format!("it is {kind}, and has to be an object"));
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { read, take } = self;
        while let Some(Ok(key)) = object.next_key_seed(Of(Text))? {
            match &*key {
                "weight_map" if read.mapped => {
                    read.wrong = Some("it has two of weight_map".to_owned());
                    object.next_value_seed(Of(Skip))?;
                }
                "weight_map" => {
                    read.mapped = true;
                    let map = Map {
                        read: &mut *read,
                        take: &mut *take,
                    };
                    object.next_value_seed(Of(map))?;
                }
                "metadata" => read.total = object.next_value_seed(Of(Metadata))?,
                _ => object.next_value_seed(Of(Skip))?,
            }
        }
        Ok(())
    }
}

struct Map<'r, 't> {
    read: &'r mut Read,
    take: &'t mut dyn FnMut(&str, &str),
}

impl<'de> Wanted<'de> for Map<'_, '_> {
    type Out = ();

    fn other(self, kind: &'static str) {
        self.read.wrong = Some(format!("its weight_map is {kind}, and has to be an object"));
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(Ok(name)) = object.next_key_seed(Of(Text))? {
            match object.next_value_seed(Of(Text))? {
                Ok(file) => (self.take)(&name, &file),
                Err(kind) => {
                    let name = quoted(&name);
                    self.read.wrong = Some(format!("it names {kind} as the file of {name}"));
                }
            }
        }
        Ok(())
    }
}

/// The total size, where it is a number of bytes.
struct Metadata;

impl<'de> Wanted<'de> for Metadata {
    type Out = Option<u64>;

    fn other(self, _: &'static str) -> Option<u64> {
        None
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<u64>, A::Error> {
        let mut total = None;
        while let Some(Ok(key)) = object.next_key_seed(Of(Text))? {
            if key == "total_size" {
                total = object.next_value_seed(Of(json::Number))?.ok();
            } else {
                object.next_value_seed(Of(Skip))?;
            }
        }
        Ok(total)
    }
}

/// The indices among the files that can be read.
pub(crate) async fn read_all(
    source: &Source<'_>,
    files: &Files<'_>,
    found: &mut Found,
) -> Result<Vec<Index>, Error> {
    let mut indices = Vec::new();
    // They stay in memory.
    let mut left = LARGEST;
    for object in &files.indices {
        let key = &object.key;
        if object.archived {
            continue;
        }
        if object.size > left {
            let what = format!(
                "it has {} bytes; all indices together are read up to {LARGEST}",
                object.size
            );
            found.add(Check::BadIndex, key, what, REWRITE);
            continue;
        }
        left -= object.size;
        let bytes = match source.read(object, 0..object.size).await {
            Ok(bytes) => bytes,
            Err(error) => {
                judge(error, key, found)?;
                continue;
            }
        };
        match Index::parse(key, bytes) {
            Ok(index) => indices.push(index),
            Err(what) => found.add(Check::BadIndex, key, what, REWRITE),
        }
    }
    Ok(indices)
}

const REWRITE: &str = "save the model anew, or write the index from the headers of its files";

/// What the indices say of files, against the files that there are.
pub(crate) fn check(files: &Files<'_>, indices: &[Index], found: &mut Found) {
    if files.indices.len() > 1 {
        let keys: Vec<_> = files.indices.iter().map(|it| it.key.as_str()).collect();
        let remedy = "keep the index of the model that is to be served, and its files";
        found.add(
            Check::SeveralIndices,
            "",
            format!("there are {}", keys.join(", ")),
            remedy,
        );
    }
    if files.indices.is_empty() && files.shards.len() > 1 {
        let what = format!(
            "there are {} safetensors files, and no model.safetensors.index.json",
            files.shards.len()
        );
        let remedy =
            "upload the index that was saved with them, or only the one file that is the model";
        found.add(Check::NoIndex, "", what, remedy);
    }
    let mut missing = HashSet::new();
    for index in indices {
        for file in &index.files {
            if file.is_empty() || file.contains(['/', '\\']) || file == ".." {
                let what = format!(
                    "it names {} as a file, and files are right below the place",
                    quoted(file)
                );
                found.add(Check::BadIndex, &index.key, what, REWRITE);
            } else if !files.has(file) && missing.insert(file) {
                let what = format!("{} names it, and it is not there", index.key);
                let remedy = "wait until its upload has ended, or upload it";
                found.add(Check::MissingShard, file, what, remedy);
            }
        }
    }
    if indices.is_empty() || indices.len() < files.indices.len() {
        return;
    }
    let named: HashSet<&str> = indices
        .iter()
        .flat_map(|index| index.files.iter().map(String::as_str))
        .collect();
    for shard in files
        .shards
        .iter()
        .filter(|it| !named.contains(it.key.as_str()))
    {
        let what = "no index names it";
        let remedy = "delete it if it is left over from another save; else save the model anew";
        found.add(Check::NotInIndex, &shard.key, what, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &'static str) -> Result<Index, String> {
        Index::parse(
            "model.safetensors.index.json",
            Bytes::from_static(text.as_bytes()),
        )
    }

    #[test]
    fn files_are_named_once_with_their_tensors() {
        let text =
            r#"{"metadata": {"total_size": 12}, "weight_map": {"a": "1", "bc": "2", "d": "1"}}"#;
        let index = parse(text).expect("an index");
        assert_eq!(index.files, ["1", "2"]);
        assert_eq!(index.names, [(2, 2), (2, 1)]);
        assert_eq!((index.tensors, index.total), (3, Some(12)));
        let mut told = Vec::new();
        index.each(|name, file| told.push(format!("{name} {file}")));
        assert_eq!(told, ["a 1", "bc 2", "d 1"]);
    }

    #[test]
    fn what_is_no_index_says_why() {
        let wrong = |text| parse(text).expect_err("no index");
        assert_eq!(wrong("[]"), "it is an array, and has to be an object");
        assert_eq!(wrong("{}"), "it has no weight_map");
        assert_eq!(
            wrong(r#"{"weight_map": 1}"#),
            "its weight_map is a number, and has to be an object"
        );
        assert_eq!(
            wrong(r#"{"weight_map": {"a": null}}"#),
            "it names null as the file of \"a\""
        );
        assert!(wrong("{").starts_with("it cannot be read as JSON: "));
    }
}
