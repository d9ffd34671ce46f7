//! What a listing alone tells: whether the files of a model are where they are expected.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use crate::{Check, header::quoted, report::Found, source::RESTORE, store::Object};

/// The files of a place, told apart by what they are for.
#[derive(Debug)]
pub(crate) struct Files<'o> {
    /// All but folder markers.
    all: Vec<&'o Object>,
    /// Safetensors right below the place, but for those of an adapter.
    pub(crate) shards: Vec<&'o Object>,
    /// Their indices.
    pub(crate) indices: Vec<&'o Object>,
}

impl<'o> Files<'o> {
    pub(crate) fn of(listed: &'o [Object], found: &mut Found) -> Self {
        let (markers, all): (Vec<_>, Vec<_>) = listed.iter().partition(|object| is_marker(object));
        for marker in markers {
            let what = "an object whose key ends in a slash, as the console makes it for a folder";
            let remedy = "delete the object; the files below it stay";
            found.add(Check::FolderMarker, &marker.key, what, remedy);
        }
        let root = || all.iter().copied().filter(|it| !it.key.contains('/'));
        let shards = root().filter(|it| it.key.ends_with(SAFETENSORS) && it.key != ADAPTER);
        let indices = root().filter(|it| it.key.ends_with(".safetensors.index.json"));
        Self {
            shards: shards.collect(),
            indices: indices.collect(),
            all,
        }
    }

    /// The file of this name right below the place.
    pub(crate) fn get(&self, key: &str) -> Option<&'o Object> {
        // The listing is in the order of the keys.
        let at = self
            .all
            .binary_search_by(|it| it.key.as_str().cmp(key))
            .ok()?;
        Some(self.all[at])
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The names right below the place.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'o str> {
        let names = self.all.iter().map(|it| it.key.as_str());
        names.filter(|key| !key.contains('/'))
    }

    /// Whether they are laid out as a model is. What is missing is said once: an archive has no
    /// config.json, and needs none.
    pub(crate) fn check_layout(&self, place: &str, found: &mut Found) -> bool {
        if self.all.is_empty() {
            let what = format!("there are no objects below {place}");
            let remedy = "check the spelling, and that the upload to it has ended; a key is not the start of a name, but a folder";
            found.add(Check::NothingThere, "", what, remedy);
            archive_itself(place, found);
            return false;
        }
        let config = self.has("config.json");
        if !self.shards.is_empty() {
            if !config {
                self.no_config(found);
            }
            return true;
        }
        if ["adapter_config.json", ADAPTER, "adapter_model.bin"]
            .iter()
            .any(|key| self.has(key))
        {
            let what = "there are weights of an adapter (LoRA or the like), and no base model";
            let remedy = "merge the adapter into its base model (`merge_and_unload` of peft), and save the whole";
            found.add(Check::AdapterOnly, "", what, remedy);
            return false;
        }
        let archives: Vec<_> = self
            .names()
            .filter(|name| archive(name).is_some())
            .collect();
        for name in &archives {
            let (what, remedy) = archive(name).unwrap_or_default();
            found.add(Check::Archive, name, what, remedy);
        }
        if !archives.is_empty() {
            return false;
        }
        let below = if config { Vec::new() } else { self.nested() };
        if let [folder] = below[..] {
            let what = format!(
                "the model is in the folder {}, and nothing of it beside the folder",
                quoted(folder)
            );
            let remedy = format!(
                "give the folder itself: {}/{folder}",
                place.trim_end_matches('/')
            );
            found.add(Check::NestedFolder, &format!("{folder}/"), what, remedy);
            return false;
        }
        let mut what = format!(
            "none of {} files right below {place} ends in {SAFETENSORS}",
            self.names().count()
        );
        let mut remedy =
            "save the model as safetensors (`save_pretrained` does), right below the place"
                .to_owned();
        if let [first, _, ..] = below[..] {
            let told: Vec<_> = below.iter().take(3).map(|it| quoted(it)).collect();
            what = format!(
                "there are {} models in folders below it, and none right below {place}: {}{}",
                below.len(),
                told.join(", "),
                if below.len() > 3 { ", …" } else { "" }
            );
            remedy = format!(
                "give the folder of one of them, such as {}/{first}",
                place.trim_end_matches('/')
            );
        }
        found.add(Check::NoSafetensors, "", what, remedy);
        if !config && below.is_empty() {
            self.no_config(found);
        }
        true
    }

    #[expect(clippy::unused_self, reason = "it is of these files")]
    fn no_config(&self, found: &mut Found) {
        let remedy =
            "copy it from the model that the training began with, or save the whole model anew";
        found.add(Check::NoConfig, "config.json", "it is not there", remedy);
    }

    /// The folders that hold a model, but for those inside one of them.
    fn nested(&self) -> Vec<&'o str> {
        let below = self.all.iter().filter_map(|it| it.key.rsplit_once('/'));
        let folders = below.filter(|(folder, name)| {
            let model = *name == "config.json" || name.ends_with(SAFETENSORS);
            model && !folder.split('/').any(|part| part.starts_with('.'))
        });
        let folders: BTreeSet<_> = folders.map(|(folder, _)| folder).collect();
        let inside = |folder: &str| {
            let parents = folder.match_indices('/').map(|(at, _)| &folder[..at]);
            parents.into_iter().any(|parent| folders.contains(parent))
        };
        folders
            .iter()
            .copied()
            .filter(|folder| !inside(folder))
            .collect()
    }

    /// What is odd about single objects.
    pub(crate) fn check_objects(&self, now: SystemTime, found: &mut Found) {
        for object in &self.all {
            if object.archived {
                let what = "it lies in an archive storage class, and cannot be read";
                found.add(Check::Archived, &object.key, what, RESTORE);
            }
            if is_pickle(&object.key) {
                let remedy = "leave it out where there are safetensors; else convert it to them";
                found.add(
                    Check::Pickle,
                    &object.key,
                    "by its name it is a pickle",
                    remedy,
                );
            }
            if object.size == 0 && !may_be_empty(&object.key) {
                let remedy = "upload it again, or delete it if nothing needs it";
                found.add(Check::ZeroBytes, &object.key, "it has 0 bytes", remedy);
            }
        }
        self.check_times(now, found);
    }

    fn check_times(&self, now: SystemTime, found: &mut Found) {
        let since = now.checked_sub(JUST).unwrap_or(SystemTime::UNIX_EPOCH);
        let times = self
            .all
            .iter()
            .filter_map(|it| Some((it.modified?, &it.key)));
        let new: Vec<_> = times.filter(|(time, _)| *time > since).collect();
        let Some((time, key)) = new.iter().max() else {
            return;
        };
        let when = match now.duration_since(*time) {
            Ok(age) => format!("{} s ago", age.as_secs()),
            Err(ahead) => format!(
                "{} s ahead of this machine's clock",
                ahead.duration().as_secs()
            ),
        };
        let count = new.len();
        let what = format!(
            "{count} of {} objects changed in the last minute, the newest {when}",
            self.all.len()
        );
        let remedy = "wait until the upload to the place has ended, and run it again";
        found.add(Check::JustChanged, key, what, remedy);
    }
}

const SAFETENSORS: &str = ".safetensors";
const ADAPTER: &str = "adapter_model.safetensors";

/// So short a time ago an upload may still be going on.
const JUST: Duration = Duration::from_mins(1);

fn is_marker(object: &Object) -> bool {
    object.key.is_empty() || object.key.ends_with('/')
}

/// Whether it may have no bytes: its content is looked at, which tells more, or it has none by its nature, as
/// what marks a package of Python or is hidden, such as the `.cache` of a download.
fn may_be_empty(key: &str) -> bool {
    let read = [SAFETENSORS, ".safetensors.index.json"];
    let read = read.iter().any(|end| key.ends_with(end)) || crate::tokenizer::READ.contains(&key);
    let hidden = key.split('/').any(|part| part.starts_with('.'));
    let package = key.rsplit('/').next() == Some("__init__.py");
    key == "config.json" || read && !key.contains('/') || hidden || package
}

/// Whether it is a pickle by its name. Of `.bin` only the names that training writes are: others have the
/// same ending for weights of their own.
fn is_pickle(key: &str) -> bool {
    const WRITTEN: [&str; 6] = [
        "adapter_model",
        "consolidated",
        "optimizer",
        "pytorch_model",
        "scheduler",
        "training_args",
    ];
    let name = key.rsplit('/').next().unwrap_or(key);
    match name.rsplit_once('.') {
        Some((stem, "bin")) => WRITTEN.iter().any(|start| stem.starts_with(start)),
        Some((_, end)) => matches!(end, "pt" | "pth" | "pkl" | "pickle" | "ckpt"),
        None => false,
    }
}

/// Says so where the place itself has the name of an archive.
pub(crate) fn archive_itself(place: &str, found: &mut Found) {
    let name = place.rsplit(['/', '\\']).next().unwrap_or(place);
    if let Some((what, remedy)) = archive(name) {
        let what = format!("by the name that was given, {what}");
        found.add(Check::Archive, name, what, remedy);
    }
}

/// What is said of a name that is an archive's.
fn archive(name: &str) -> Option<(&'static str, &'static str)> {
    const ARCHIVES: [&str; 11] = [
        "tar", "tgz", "gz", "bz2", "xz", "zst", "lz4", "zip", "7z", "rar", "tbz2",
    ];
    let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
    if matches!(&*extension, "gguf" | "ggml") {
        return Some((
            "it is a model in one file for other programs, in the place of safetensors",
            "use the safetensors that it was made of",
        ));
    }
    let found = ARCHIVES.contains(&&*extension);
    found.then_some((
        "it is an archive in the place of a model's files",
        "unpack it, and upload the files",
    ))
}
