//! One look at weights: listing, small files, headers, and what they say together.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use futures_util::future::try_join4;

use crate::{
    Architectures, Check, Report, Store,
    config::Config,
    header::Fault,
    index::{self, Index},
    layout::{self, Files},
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
/// assert!(!report.is_good(Layout::Any));
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
            Err(error)
                if error.kind() == ErrorKind::Other && !matches!(self.store, Store::Folder(_)) =>
            {
                return Err(error);
            }
            Err(error) => {
                judge(error, "", &mut found)?;
                layout::archive_itself(&report.place, &mut found);
                return Ok(report.finish(&source, found));
            }
        };
        for (key, error) in listed.faults {
            judge(error, &key, &mut found)?;
            report.unlisted += 1;
        }
        report.take_listing(listed.objects);
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
        report.shards = files.shards.len();
        let laid_out = files.check_layout(&report.place, found);
        let (config, indices) = read_small(source, &files, laid_out, found).await?;
        self.architectures.check(
            self.architecture.as_deref(),
            config.as_ref().filter(|_| laid_out),
            found,
        );
        if let Some(config) = &config {
            report.model_type = config.model_types().first().map(|it| (*it).to_owned());
        }
        if !laid_out {
            return Ok(());
        }
        self.read_shards(source, &files, &indices, config.as_ref(), report, found)
            .await
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
        index::check(files, indices, found);
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
            && report.unlisted == 0
            && readable.iter().all(|it| *it)
            && !missing.iter().any(|check| found.has(*check));
        all.check_config(config, &keys, complete, found);
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

/// Asks for all that is small at once, since each answer is waited for: from far away that is most of the
/// time that it takes.
async fn read_small(
    source: &Source<'_>,
    files: &Files<'_>,
    laid_out: bool,
    found: &mut Found,
) -> Result<(Option<Config>, Vec<Index>), Error> {
    let mut parts: [Found; 4] = Default::default();
    let [of_uploads, of_config, of_indices, of_tokenizer] = &mut parts;
    let uploads = async {
        unfinished(source, of_uploads).await;
        Ok(())
    };
    let indices = async {
        if laid_out {
            index::read_all(source, files, of_indices).await
        } else {
            Ok(Vec::new())
        }
    };
    let tokenizer = async {
        if laid_out {
            tokenizer::check(source, files, of_tokenizer).await
        } else {
            Ok(())
        }
    };
    let config = Config::read(source, files, of_config);
    let ((), config, indices, ()) = try_join4(uploads, config, indices, tokenizer).await?;
    for part in parts {
        found.merge(part);
    }
    Ok((config, indices))
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
