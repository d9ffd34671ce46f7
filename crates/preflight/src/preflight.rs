//! One look at weights: listing, small files, headers, and what they say together.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use crate::{
    Architectures, Check, Report, Store,
    config::{self, Config},
    header::Fault,
    index::{self, Index},
    layout::Files,
    names::AllNames,
    report::Found,
    shards::{self, Shard, Told},
    source::{Source, judge},
    store::{Error, ErrorKind, Object},
    tokenizer,
};

/// How far a preflight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Headers that were read.
    pub done: usize,
    /// Headers that there are to read.
    pub total: usize,
}

/// A look at weights before they are uploaded. Nothing is written, and no weights are read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use cerebras_management_preflight::{Check, Layout, Preflight, Store, store::Folder};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path();
/// let store = Store::Folder(Folder::new(path));
/// let report = Preflight::new(&store).architecture("gpt-oss-120b").run().await?;
/// assert_eq!(report.findings[0].check, Check::NothingThere);
/// assert!(!report.is_good(Layout::Standard) && report.is_good(Layout::Any));
/// # Ok::<_, cerebras_management_preflight::store::Error>(())
/// # }).unwrap();
/// ```
pub struct Preflight<'s> {
    store: &'s Store,
    architecture: Option<String>,
    architectures: Architectures,
    now: Option<SystemTime>,
    on_progress: Box<dyn Fn(Progress) + Send + Sync + 's>,
}

impl<'s> Preflight<'s> {
    /// Of the weights in a store.
    #[must_use]
    pub fn new(store: &'s Store) -> Self {
        Self {
            store,
            architecture: None,
            architectures: Architectures::default(),
            now: None,
            on_progress: Box::new(|_| {}),
        }
    }

    /// Holds the weights against what is known of an architecture.
    #[must_use]
    pub fn architecture(mut self, id: impl Into<String>) -> Self {
        self.architecture = Some(id.into());
        self
    }

    /// Goes by another table of architectures.
    #[must_use]
    pub fn architectures(mut self, table: Architectures) -> Self {
        self.architectures = table;
        self
    }

    /// Takes this for the time, in the place of the machine's clock.
    #[must_use]
    pub fn at(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Calls this whenever a header was read.
    #[must_use]
    pub fn on_progress(mut self, call: impl Fn(Progress) + Send + Sync + 's) -> Self {
        self.on_progress = Box::new(call);
        self
    }

    /// Looks.
    ///
    /// # Errors
    ///
    /// When the store cannot be asked: it does not answer, has too much to do, or does not know who asks.
    /// What is wrong with the weights is a finding, and so is what the store refuses.
    pub async fn run(&self) -> Result<Report, Error> {
        let source = Source::new(self.store);
        let mut found = Found::default();
        let mut report = Report::of(self.store, self.architecture.clone());
        let listed = match source.list().await {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::Other => return Err(error),
            Err(error) => {
                judge(error, "", &mut found)?;
                return Ok(report.finish(&source, found));
            }
        };
        report.take_listing(listed);
        // The listing goes back into the report in the end.
        let listed = std::mem::take(&mut report.listed);
        self.look(&source, &listed, &mut report, &mut found).await?;
        report.listed = listed;
        Ok(report.finish(&source, found))
    }

    async fn look(
        &self,
        source: &Source<'_>,
        listed: &[Object],
        report: &mut Report,
        found: &mut Found,
    ) -> Result<(), Error> {
        let files = Files::of(listed, found);
        files.check_objects(self.now.unwrap_or_else(SystemTime::now), found);
        unfinished(source, found).await;
        report.shards = files.shards.len();
        let laid_out = files.check_layout(&report.place, found);
        let config = read_config(source, &files, found).await?;
        self.check_architecture(config.as_ref(), laid_out, found);
        if let Some(config) = &config {
            report.model_type = config.model_types().first().map(|it| (*it).to_owned());
        }
        if !laid_out {
            return Ok(());
        }
        let indices = read_indices(source, &files, found).await?;
        self.read_shards(source, &files, &indices, config.as_ref(), report, found)
            .await?;
        tokenizer::check(source, &files, found).await
    }

    /// What the configuration has to be for the architecture.
    fn check_architecture(&self, config: Option<&Config>, laid_out: bool, found: &mut Found) {
        let row = self
            .architecture
            .as_deref()
            .map(|id| (id, self.architectures.of(id)));
        let row = match row {
            Some((id, None)) => {
                let what = format!(
                    "nothing is known of architecture {id:?}: model type and sizes are not compared"
                );
                let remedy =
                    "check its spelling; `cbm archs` lists those that the organization may use";
                found.add(Check::UnknownArchitecture, "", what, remedy);
                None
            }
            Some((id, Some(row))) => Some((id, row)),
            None => {
                found.not_checked(Check::ModelType, "no architecture was given");
                None
            }
        };
        let Some(config) = config.filter(|_| laid_out) else {
            return;
        };
        if let Some(method) = config.quantised()
            && row.is_none_or(|(_, row)| row.quantised.as_deref() != Some(method))
        {
            let method = if method.is_empty() { "unknown" } else { method };
            let what = format!("it has a quantization_config, of method {method}");
            let remedy =
                "ask whether the service takes it, or save the weights as they were trained";
            found.add(Check::Quantised, "config.json", what, remedy);
        }
        let Some((id, row)) = row else { return };
        let types = config.model_types();
        let known = row.model_types.join(" or ");
        if !types
            .iter()
            .any(|it| row.model_types.iter().any(|known| known == it))
        {
            let what = match types.first() {
                Some(it) => format!("model_type is {it:?}, and {id} is {known}"),
                None => format!("it names no model_type, and {id} is {known}"),
            };
            let remedy =
                "give the architecture that the model is of, or weights of that architecture";
            found.add(Check::ModelType, "config.json", what, remedy);
            // Its sizes are another model's.
            return;
        }
        let mut wrong = Vec::new();
        for (name, expected) in &row.sizes {
            let Some(has) = config.number(name).filter(|has| has != expected) else {
                continue;
            };
            let told = format!("{name} is {has}, and that of {id} is {expected}");
            if name == "vocab_size" {
                let remedy = "keep the vocabulary of the base model, or ask whether the service takes another";
                found.add(Check::ArchitectureVocabulary, "config.json", told, remedy);
            } else {
                wrong.push(told);
            }
        }
        if !wrong.is_empty() {
            let remedy = "give the architecture of this size, or weights of that size";
            found.add(
                Check::ArchitectureShape,
                "config.json",
                wrong.join("; "),
                remedy,
            );
        }
    }

    async fn read_shards(
        &self,
        source: &Source<'_>,
        files: &Files<'_>,
        indices: &[Index],
        config: Option<&Config>,
        report: &mut Report,
        found: &mut Found,
    ) -> Result<(), Error> {
        check_indices(files, indices, found);
        let named: HashMap<&str, (u64, u64)> = indices
            .iter()
            .flat_map(|index| {
                index
                    .files
                    .iter()
                    .map(String::as_str)
                    .zip(index.names.iter().copied())
            })
            .collect();
        let objects = files.shards.iter().filter(|it| !it.archived);
        let shards: Vec<_> = objects
            .map(|object| Shard {
                object,
                names: named.get(object.key.as_str()).copied(),
            })
            .collect();
        let keys: Vec<&str> = shards.iter().map(|it| it.object.key.as_str()).collect();
        let seen = Mutex::new(Seen {
            all: AllNames::new(indices, &keys, config),
            readable: vec![false; shards.len()],
            done: 0,
            failed: None,
            found,
        });
        shards::read(source, &shards, &|n, told| {
            let mut seen = lock(&seen);
            seen.take(n, &shards[n as usize], told);
            (self.on_progress)(Progress {
                done: seen.done,
                total: shards.len(),
            });
            match seen.failed {
                None => ControlFlow::Continue(()),
                Some(_) => ControlFlow::Break(()),
            }
        })
        .await;
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Seen {
            all,
            readable,
            failed,
            found,
            ..
        } = seen;
        if let Some(error) = failed {
            return Err(*error);
        }
        report.tensors = all.count;
        report.dtypes = all.dtypes();
        all.check_names(&keys, |n| readable[n as usize], found);
        let missing = [Check::MissingShard, Check::MissingTensor, Check::BadIndex];
        let complete = !shards.is_empty()
            && shards.len() == files.shards.len()
            && readable.iter().all(|it| *it)
            && !missing.iter().any(|check| found.has(*check));
        if let Some(config) = config {
            all.check_config(config, &keys, complete, found);
        }
        all.check_types(config, found);
        Ok(())
    }
}

impl std::fmt::Debug for Preflight<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preflight")
            .field("store", self.store)
            .field("architecture", &self.architecture)
            .finish_non_exhaustive()
    }
}

/// What the headers have told so far.
struct Seen<'i, 'f> {
    all: AllNames<'i>,
    readable: Vec<bool>,
    done: usize,
    /// Why it is no use to go on.
    failed: Option<Box<Error>>,
    found: &'f mut Found,
}

impl Seen<'_, '_> {
    fn take(&mut self, n: u32, shard: &Shard<'_>, told: Told<'_>) {
        self.done += 1;
        let key = &shard.object.key;
        match told {
            Told::Failed(error) => self.failed = judge(error, key, self.found).err(),
            Told::Nothing(fault) => self.fault(key, fault),
            Told::Header(tensors, faults) => {
                let unread = [Check::HeaderNotJson, Check::HeaderForm];
                let readable = !faults.iter().any(|fault| unread.contains(&fault.check));
                self.readable[n as usize] = readable;
                self.all.take(n, readable && shard.names.is_some(), tensors);
                for fault in faults {
                    self.fault(key, fault);
                }
            }
        }
    }

    fn fault(&mut self, key: &str, fault: Fault) {
        let remedy = match fault.check {
            Check::ShardLength => "wait until its upload has ended, or upload the file again",
            Check::DuplicateKey | Check::HeaderForm => "save the model anew with a current library",
            _ => "upload the file again; where it is so at its origin too, save the model anew",
        };
        self.found.add(fault.check, key, fault.what, remedy);
    }
}

fn lock<'a, 'i, 'f>(seen: &'a Mutex<Seen<'i, 'f>>) -> MutexGuard<'a, Seen<'i, 'f>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn unfinished(source: &Source<'_>, found: &mut Found) {
    match source.unfinished().await {
        Ok(None) => {}
        Ok(Some(unfinished)) => {
            for upload in unfinished {
                let what = "a multipart upload to it was begun, and neither completed nor aborted";
                let remedy = "let it end, or abort it (`aws s3api abort-multipart-upload`)";
                found.add(Check::UnfinishedUpload, &upload.key, what, remedy);
            }
        }
        Err(error) => found.not_checked(Check::UnfinishedUpload, error.to_string()),
    }
}

async fn read_config(
    source: &Source<'_>,
    files: &Files<'_>,
    found: &mut Found,
) -> Result<Option<Config>, Error> {
    const KEY: &str = "config.json";
    let Some(object) = files.get(KEY).filter(|it| !it.archived) else {
        return Ok(None);
    };
    let remedy =
        "copy it from the model that the training began with, or save the whole model anew";
    if object.size > config::LARGEST {
        let what = format!(
            "it has {} bytes, and is read up to {}",
            object.size,
            config::LARGEST
        );
        found.add(Check::BadConfig, KEY, what, remedy);
        return Ok(None);
    }
    let bytes = match source.read(object, 0..object.size).await {
        Ok(bytes) => bytes,
        Err(error) => {
            judge(error, KEY, found)?;
            return Ok(None);
        }
    };
    let config = Config::parse(&bytes);
    Ok(config
        .map_err(|what| found.add(Check::BadConfig, KEY, what, remedy))
        .ok())
}

async fn read_indices(
    source: &Source<'_>,
    files: &Files<'_>,
    found: &mut Found,
) -> Result<Vec<Index>, Error> {
    let mut indices = Vec::new();
    for object in &files.indices {
        let key = &object.key;
        if object.archived {
            continue;
        }
        if object.size > index::LARGEST || indices.len() == MOST_INDICES {
            let what = format!(
                "it has {} bytes; {MOST_INDICES} indices of up to {} are read",
                object.size,
                index::LARGEST
            );
            found.add(Check::BadIndex, key, what, REWRITE);
            continue;
        }
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

/// They stay in memory.
const MOST_INDICES: usize = 4;

/// What the indices say of files, against the files that there are.
fn check_indices(files: &Files<'_>, indices: &[Index], found: &mut Found) {
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
                    crate::header::quoted(file)
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
