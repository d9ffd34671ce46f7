//! The tensors of all files together: which names there are, where, and of which types.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use crate::{
    Check,
    config::Config,
    header::{Dtype, Tensor, quoted},
    index::Index,
    parts,
    report::Found,
    shapes::Shapes,
};

/// More tensors than any model has. The names of more are not compared.
const MOST: usize = 500_000;

/// So many names are told of many.
const TOLD: usize = 3;

/// A few names, and how many more. Headers come in any order; those of the first shards are told.
#[derive(Debug, Default)]
struct Names {
    told: Vec<(u32, String)>,
    count: usize,
}

impl Names {
    fn add(&mut self, shard: u32, name: impl FnOnce() -> String) {
        self.count += 1;
        let at = self.told.partition_point(|(other, _)| *other <= shard);
        if at < TOLD {
            self.told.insert(at, (shard, name()));
            self.told.truncate(TOLD);
        }
    }

    /// The first shard that has one.
    fn shard(&self) -> u32 {
        self.told.first().map_or(0, |(shard, _)| *shard)
    }
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told: Vec<_> = self.told.iter().map(|(_, name)| name.as_str()).collect();
        f.write_str(&told.join(", "))?;
        match self.count - told.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// What the headers of all shards tell together. A name is kept as a hash, so that as many as any model has take little.
#[derive(Debug)]
pub(crate) struct AllNames<'i> {
    hasher: RandomState,
    indices: &'i [Index],
    /// Every name of every index, in order.
    indexed: Vec<Indexed>,
    /// By index: the bytes of those of its tensors that were seen where it says.
    totals: Vec<u64>,
    shapes: Option<Shapes>,
    /// The first shard of a name, and the others.
    first: HashMap<u64, u32>,
    again: HashSet<(u64, u32)>,
    doubled: BTreeMap<(u32, u32), Names>,
    /// By shard: what no index names.
    extra: BTreeMap<u32, Names>,
    contradictions: BTreeMap<&'static str, Names>,
    parts: parts::Seen,
    dtypes: BTreeMap<Dtype, OfType>,
    pub(crate) count: u64,
    full: bool,
}

/// A name in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Indexed {
    hash: u64,
    index: u32,
    /// The shard that it is to be in; none where there is no such file.
    shard: Option<u32>,
}

/// The tensors of one type.
#[derive(Debug, Default)]
struct OfType {
    count: u64,
    /// Those that are weights by their shape and name: no scales, no buffers, no vectors.
    matrices: Names,
}

impl<'i> AllNames<'i> {
    pub(crate) fn new(indices: &'i [Index], shards: &[&str], config: Option<&Config>) -> Self {
        let hasher = RandomState::new();
        let places = places(shards);
        let mut indexed = Vec::with_capacity(indices.iter().map(|index| index.tensors).sum());
        for (n, index) in (0..).zip(indices) {
            index.each(|name, file| {
                indexed.push(Indexed {
                    hash: hasher.hash_one(name),
                    index: n,
                    shard: places.get(file).copied(),
                });
            });
        }
        indexed.sort_unstable();
        Self {
            hasher,
            indices,
            indexed,
            totals: vec![0; indices.len()],
            shapes: config.map(Shapes::of),
            first: HashMap::new(),
            again: HashSet::new(),
            doubled: BTreeMap::new(),
            extra: BTreeMap::new(),
            contradictions: BTreeMap::new(),
            parts: parts::Seen::default(),
            dtypes: BTreeMap::new(),
            count: 0,
            full: false,
        }
    }

    /// Takes the tensors of a shard, by its place in the listing.
    pub(crate) fn take(&mut self, shard: u32, in_index: bool, tensors: &[Tensor<'_>]) {
        for tensor in tensors {
            self.count += 1;
            self.take_name(shard, in_index, tensor);
            self.take_type(shard, tensor);
            self.take_shape(shard, tensor);
        }
    }

    fn take_name(&mut self, shard: u32, in_index: bool, tensor: &Tensor<'_>) {
        let name = &*tensor.name;
        let hash = self.hasher.hash_one(name);
        // Two of a name in one file are that header's fault.
        let new = match self.first.get(&hash) {
            None if self.first.len() == MOST => {
                self.full = true;
                true
            }
            None => self.first.insert(hash, shard).is_none(),
            Some(first) if *first == shard => false,
            Some(&first) => {
                let pair = (first.min(shard), first.max(shard));
                let new = self.again.len() == MOST || self.again.insert((hash, shard));
                let names = self.doubled.entry(pair).or_default();
                names.add(shard, || quoted(name));
                new
            }
        };
        let from = self.indexed.partition_point(|it| it.hash < hash);
        let named = self.indexed[from..].iter().take_while(|it| it.hash == hash);
        let mut known = false;
        for at in named {
            known = true;
            if new && at.shard == Some(shard) {
                let total = &mut self.totals[at.index as usize];
                *total = total.saturating_add(tensor.end.saturating_sub(tensor.start));
            }
        }
        if in_index && !known {
            self.extra
                .entry(shard)
                .or_default()
                .add(shard, || quoted(name));
        }
    }

    fn take_type(&mut self, shard: u32, tensor: &Tensor<'_>) {
        let of = self.dtypes.entry(tensor.dtype).or_default();
        of.count += 1;
        let helper = [
            "scale",
            "zero",
            "position_ids",
            "inv_freq",
            "g_idx",
            "num_batches",
            "shape",
        ];
        if tensor.shape.rank() >= 2 && !helper.iter().any(|word| tensor.name.contains(word)) {
            of.matrices.add(shard, || quoted(&tensor.name));
        }
    }

    fn take_shape(&mut self, shard: u32, tensor: &Tensor<'_>) {
        let name = &*tensor.name;
        self.parts.take(name);
        let Some(found) = self
            .shapes
            .as_ref()
            .and_then(|shapes| shapes.contradiction(tensor))
        else {
            return;
        };
        let names = self.contradictions.entry(found.word).or_default();
        names.add(shard, || {
            let (name, shape) = (quoted(name), tensor.shape);
            format!(
                "{name} is {shape}, with {} for {}{}",
                found.has, found.expected, found.unit
            )
        });
    }

    /// How many tensors there are of each type.
    pub(crate) fn dtypes(&self) -> BTreeMap<String, u64> {
        let each = self.dtypes.iter();
        each.map(|(dtype, of)| (dtype.to_string(), of.count))
            .collect()
    }

    /// What holds of names. `readable` tells whether a shard's header could be read.
    pub(crate) fn check_names(
        &self,
        shards: &[&str],
        readable: impl Fn(u32) -> bool,
        found: &mut Found,
    ) {
        let key = |shard: u32| shards[shard as usize];
        if self.full {
            let why = format!(
                "there are more than {MOST} tensors; the names of the others are not compared"
            );
            found.not_checked(Check::DuplicateTensor, why);
        }
        for ((one, other), names) in &self.doubled {
            let what = format!("tensor {names} is in it and in {}", key(*other));
            let remedy =
                "delete the file that is left over from another save, or save the model anew";
            found.add(Check::DuplicateTensor, key(*one), what, remedy);
        }
        for (shard, names) in &self.extra {
            let what = format!("the index does not name {names}");
            found.add(Check::ExtraTensor, key(*shard), what, ONE_SAVE);
        }
        let places = places(shards);
        for (index, total) in self.indices.iter().zip(&self.totals) {
            let mut missing: BTreeMap<u32, Names> = BTreeMap::new();
            let mut complete = !self.full;
            index.each(|name, file| {
                let hash = self.hasher.hash_one(name);
                let Some(&shard) = places.get(file).filter(|shard| readable(**shard)) else {
                    complete = false;
                    return;
                };
                let there =
                    self.first.get(&hash) == Some(&shard) || self.again.contains(&(hash, shard));
                if !there && !self.full {
                    missing
                        .entry(shard)
                        .or_default()
                        .add(shard, || quoted(name));
                    complete = false;
                }
            });
            for (shard, names) in missing {
                let what = format!("{} says that {names} is in it, and it is not", index.key);
                let remedy = "upload the file of the same save as the index";
                found.add(Check::MissingTensor, key(shard), what, remedy);
            }
            if let Some(told) = index.total.filter(|told| complete && told != total) {
                let what = format!("its total_size is {told}, and its tensors have {total} bytes");
                found.add(Check::IndexTotal, &index.key, what, ONE_SAVE);
            }
        }
    }

    /// What holds of shapes and parts. `complete` tells whether all tensors were seen.
    pub(crate) fn check_config(
        &self,
        config: Option<&Config>,
        shards: &[&str],
        complete: bool,
        found: &mut Found,
    ) {
        for (word, names) in &self.contradictions {
            let what = format!("against {word} in config.json, tensor {names}");
            let remedy = "use the config.json of the same save as the weights";
            let shard = shards[names.shard() as usize];
            found.add(Check::ConfigShape, shard, what, remedy);
        }
        self.parts.check(config, complete, found);
    }

    /// What holds of types.
    pub(crate) fn check_types(&self, config: Option<&Config>, found: &mut Found) {
        let quantised = config.is_some_and(|config| config.quantised().is_some());
        let weights = self.dtypes.iter().filter(|(_, of)| of.matrices.count > 0);
        let (floats, others): (Vec<_>, Vec<_>) = weights.partition(|(dtype, _)| dtype.is_float());
        for (dtype, of) in others {
            let strange = *dtype == Dtype::C64 || !quantised;
            if strange {
                let what = format!(
                    "{} matrices are {dtype}: {}",
                    of.matrices.count, of.matrices
                );
                let remedy = "save the model in the type that it was trained in, or with its quantization_config";
                found.add(Check::UnexpectedDtype, "", what, remedy);
            }
        }
        if floats.len() > 1 {
            let each = floats
                .iter()
                .map(|(dtype, of)| format!("{} are {dtype} ({})", of.matrices.count, of.matrices));
            let what = format!("of the matrices {}", each.collect::<Vec<_>>().join(", "));
            found.add(
                Check::MixedDtypes,
                "",
                what,
                "save the whole model in one type",
            );
        } else if let [(Dtype::F64, of)] = floats[..] {
            let what = format!("{} matrices are F64: {}", of.matrices.count, of.matrices);
            found.add(
                Check::UnexpectedDtype,
                "",
                what,
                "save the model in the type that it was trained in",
            );
        }
        if let Some((word, told)) = config.and_then(Config::dtype)
            && !floats.is_empty()
            && !floats.iter().any(|(dtype, _)| **dtype == told)
        {
            let is: Vec<_> = floats.iter().map(|(dtype, _)| dtype.word()).collect();
            let what = format!("it says {word}, and the matrices are {}", is.join(" and "));
            let remedy = "save the model and its config.json together";
            found.add(Check::ConfigDtype, "config.json", what, remedy);
        }
    }
}

const ONE_SAVE: &str = "save the model anew, so that index and files are of one save";

/// The number of each shard.
fn places<'s>(shards: &[&'s str]) -> HashMap<&'s str, u32> {
    shards.iter().copied().zip(0..).collect()
}
