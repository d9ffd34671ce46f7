//! Every defect that a model can have, and what each is found as.
//!
//! Each goes by itself into [`Model::llama`]. Two of them together, put in by the order of the table, are
//! found as both, but for what [`Defect::turns`] says: the table of consequences.

use cerebras_management_preflight::Check;
use serde_json::{Map, Value, json};

use super::model::{INDEX, Model, bf16, safetensors, shard};

/// A finding: of which check, and at which object.
pub(crate) type Told = (Check, String);

/// Something that can be wrong with a model.
pub(crate) struct Defect {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&mut Model),
    /// What it is found as, alone.
    pub(crate) finds: fn() -> Vec<Told>,
    /// What becomes of what another, of this name, is found as.
    pub(crate) turns: Turn,
}

type Turn = fn(&str, Told) -> Option<Told>;

impl Model {
    /// The model of [`Model::llama`] with these defects.
    pub(crate) fn with(defects: &[&Defect]) -> Self {
        let mut model = Self::llama();
        for defect in defects {
            (defect.apply)(&mut model);
        }
        model
    }
}

/// What defects are found as together, sorted.
pub(crate) fn expected(defects: &[&Defect]) -> Vec<Told> {
    use Check::{AdapterOnly, Archive, NestedFolder, NoSafetensors, NothingThere};
    let mut all = Vec::new();
    for (n, defect) in defects.iter().enumerate() {
        for told in (defect.finds)() {
            // Of several other layouts the one that was made last is there.
            let layout = [
                NoSafetensors,
                NestedFolder,
                AdapterOnly,
                Archive,
                NothingThere,
            ];
            let lasts = layout.contains(&told.0);
            let mut others = defects
                .iter()
                .enumerate()
                .filter(|(m, _)| *m > n || *m < n && !lasts);
            all.extend(others.try_fold(told, |told, (_, other)| (other.turns)(defect.name, told)));
        }
    }
    all.sort();
    all.dedup();
    all
}

/// The shard that holds one defect. The first has the embedding and the output layer, and from the second
/// on each has a layer; those two stay whole, since what is said of shapes is told of them.
fn nth(n: usize) -> String {
    shard(n, 31)
}

/// The name of a tensor of the layer in a shard.
fn tensor(n: usize, rest: &str) -> String {
    format!("model.layers.{}.{rest}", n - 2)
}

const NORM: &str = "input_layernorm.weight";
const QUERIES: &str = "self_attn.q_proj.weight";
const CONFIG: &str = "config.json";

const LAYER_TOO_MANY: &str = "a layer more in the configuration";
const EMPTY_FILE: &str = "a file of no bytes";
const MISSING_FILE: &str = "a file that is not there";

#[expect(clippy::unnecessary_wraps, reason = "it is one of the turns")]
fn same(_: &str, told: Told) -> Option<Told> {
    Some(told)
}

/// Not all tensors are known: none is claimed to be missing, nor their sum to be wrong.
fn incomplete(other: &str, told: Told) -> Option<Told> {
    let unsure = matches!(
        told.0,
        Check::IndexTotal | Check::NoOutputLayer | Check::IncompleteModel
    ) || other == LAYER_TOO_MANY;
    (!unsure).then_some(told)
}

/// An index that cannot be read says nothing.
fn no_index(other: &str, told: Told) -> Option<Told> {
    use Check::{ExtraTensor, MissingShard, MissingTensor, NotInIndex};
    let (MissingShard | MissingTensor | ExtraTensor | NotInIndex) = told.0 else {
        return incomplete(other, told);
    };
    None
}

/// A configuration that cannot be read says nothing.
fn no_config(_: &str, told: Told) -> Option<Told> {
    use Check::{
        ArchitectureShape, ArchitectureVocabulary, BadConfig, ConfigDtype, ConfigLayers,
        ConfigShape, IncompleteModel, ModelType, NoOutputLayer, Quantised,
    };
    let (ConfigShape
    | ConfigLayers
    | NoOutputLayer
    | IncompleteModel
    | ArchitectureShape
    | ArchitectureVocabulary
    | ModelType
    | Quantised
    | ConfigDtype
    | BadConfig) = told.0
    else {
        return Some(told);
    };
    None
}

/// Only these, whatever else there was.
fn only(checks: &'static [Check], told: Told) -> Option<Told> {
    checks.contains(&told.0).then_some(told)
}

macro_rules! defects {
    ($($name:expr, $apply:expr, [$($check:ident $object:expr),*], $turns:expr;)*) => {
        &[$(Defect {
            name: $name,
            apply: $apply,
            finds: || vec![$((Check::$check, String::from($object))),*],
            turns: $turns,
        }),*]
    };
}

/// All of them, in the order in which they are put into a model.
pub(crate) const DEFECTS: &[Defect] = defects! {
    "a second index", |model| {
        let index = model.files[INDEX].clone();
        model.put("model.fp16.safetensors.index.json", index);
    }, [SeveralIndices ""], |_, told| match told.0 {
        // The second one is left.
        Check::NoIndex => None,
        // The second one still names it.
        Check::NoOutputLayer => Some((Check::MissingTensor, nth(1))),
        Check::IncompleteModel => Some((Check::MissingTensor, nth(2))),
        _ => Some(told),
    };
    MISSING_FILE, |model| {
        model.files.remove(&nth(3));
    }, [MissingShard nth(3)], incomplete;
    "a file that was cut off", |model| cut(model, &nth(4), 5), [ShardLength nth(4)], same;
    "bytes after a file's end", |model| append(model, &nth(5), 7), [ShardLength nth(5)], same;
    EMPTY_FILE, |model| model.put(&nth(6), ""), [ShardLength nth(6)], incomplete;
    "a header of 2^63 bytes", |model| claim(model, &nth(7), 1 << 63), [HeaderTooLarge nth(7)], incomplete;
    "a header longer than its file", |model| claim(model, &nth(8), 1 << 20), [ShardLength nth(8)], incomplete;
    "a header that is no JSON", |model| model.set_header(&nth(9), b"{\"a\": "), [HeaderNotJson nth(9)], incomplete;
    "a header that is no UTF-8", |model| model.set_header(&nth(10), b"{\"\xff\": 1}"), [HeaderNotJson nth(10)], incomplete;
    "a header that nests deep", |model| {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
        model.set_header(&nth(11), deep.as_bytes());
    }, [HeaderNotJson nth(11)], incomplete;
    "a header that is an array", |model| model.set_header(&nth(12), b"[]"), [HeaderForm nth(12)], incomplete;
    "an unknown dtype", |model| set(model, 13, NORM, "dtype", json!("BF17")), [HeaderForm nth(13)], incomplete;
    "a size below zero", |model| set(model, 14, NORM, "shape", json!([-8])), [HeaderForm nth(14)], incomplete;
    "a size that is no whole number", |model| set(model, 15, NORM, "shape", json!([8.5])), [HeaderForm nth(15)], incomplete;
    "no offsets", |model| set(model, 16, NORM, "data_offsets", Value::Null), [HeaderForm nth(16)], incomplete;
    "offsets that end before they begin", |model| set(model, 17, NORM, "data_offsets", json!([16, 0])), [HeaderForm nth(17)], incomplete;
    "metadata that are no texts", |model| {
        model.edit_header(&nth(18), |header| {
            header.insert("__metadata__".to_owned(), json!({"format": 1}));
        });
    }, [HeaderForm nth(18)], incomplete;
    "sizes that overflow", |model| set(model, 19, NORM, "shape", json!([1_u64 << 63, 4])), [TensorSize nth(19)], same;
    "a type too wide for its bytes", |model| set(model, 20, NORM, "dtype", json!("F32")), [TensorSize nth(20)], same;
    "a tensor twice in a header", |model| {
        add(model, &nth(21), "again");
        let header = String::from_utf8(model.header(&nth(21))).expect("UTF-8");
        model.set_header(&nth(21), header.replace("\"again\"", &format!("\"{}\"", tensor(21, NORM))).as_bytes());
    }, [DuplicateKey nth(21)], same;
    "a field twice in an entry", |model| {
        let header = String::from_utf8(model.header(&nth(22))).expect("UTF-8");
        model.set_header(&nth(22), header.replacen("\"dtype\":", "\"dtype\":\"BF16\",\"dtype\":", 1).as_bytes());
    }, [DuplicateKey nth(22)], same;
    "tensors that share bytes", |model| {
        move_last(model, &nth(23), -8);
        cut(model, &nth(23), 8);
    }, [TensorOverlap nth(23)], same;
    "bytes between tensors", |model| {
        move_last(model, &nth(24), 8);
        append(model, &nth(24), 8);
    }, [TensorGap nth(24)], same;
    "a tensor in two files", |model| add(model, &nth(25), &tensor(26, NORM)), [DuplicateTensor nth(25)], same;
    "a tensor that no index names", |model| add(model, &nth(27), "model.layers.25.more.weight"), [ExtraTensor nth(27)], same;
    "a tensor that is not in its file", |model| name_in_index(model, "model.layers.26.more.weight", &nth(28)), [MissingTensor nth(28)], incomplete;
    "a file by a path", |model| name_in_index(model, "more.weight", "../more.safetensors"), [BadIndex INDEX], incomplete;
    "a file that no index names", |model| {
        model.put("more.safetensors", safetensors(&[bf16("more.weight", &[4])]));
    }, [NotInIndex "more.safetensors"], same;
    "a wrong total", |model| add_to_total(model, 1), [IndexTotal INDEX], same;
    "no output layer", |model| {
        remove_last(model, &nth(1), "lm_head.weight");
        model.edit(INDEX, |index| {
            index["weight_map"].as_object_mut().expect("an object").remove("lm_head.weight");
        });
        add_to_total(model, -256);
    }, [NoOutputLayer CONFIG], same;
    "a layer without its norm", |model| {
        let name = tensor(2, NORM);
        remove_last(model, &nth(2), &name);
        model.edit(INDEX, |index| {
            index["weight_map"].as_object_mut().expect("an object").remove(&name);
        });
        add_to_total(model, -16);
    }, [IncompleteModel ""], same;
    "an index that is no JSON", |model| spoil(model, INDEX), [BadIndex INDEX], no_index;
    "no index", |model| {
        model.files.remove(INDEX);
    }, [NoIndex ""], |other, told| match told.0 {
        Check::MissingShard => Some((Check::ConfigLayers, CONFIG.to_owned())),
        // Nothing says that there is more than what is there.
        Check::ConfigLayers | Check::NoOutputLayer | Check::IncompleteModel => Some(told),
        Check::BadIndex | Check::SeveralIndices => None,
        _ => no_index(other, told),
    };
    "matrices of two types", |model| set(model, 29, QUERIES, "dtype", json!("F16")), [MixedDtypes ""], |_, told| {
        // Some are as the configuration says.
        (told.0 != Check::ConfigDtype).then_some(told)
    };
    "a matrix of whole numbers", |model| set(model, 30, QUERIES, "dtype", json!("I16")), [UnexpectedDtype ""], same;
    "a hidden size that is not the weights'", |model| configure(model, "hidden_size", json!(10)), [
        // What follows from the hidden size is found too, in the first layer.
        ConfigShape nth(1), ConfigShape nth(2), ArchitectureShape CONFIG
    ], same;
    "a vocabulary that is not the weights'", |model| configure(model, "vocab_size", json!(17)), [
        ConfigShape nth(1), ArchitectureVocabulary CONFIG
    ], same;
    "a width that is not the weights'", |model| configure(model, "intermediate_size", json!(24)), [ConfigShape nth(2)], same;
    "a number of heads that is not the weights'", |model| configure(model, "num_key_value_heads", json!(2)), [ConfigShape nth(2)], same;
    LAYER_TOO_MANY, |model| configure(model, "num_hidden_layers", json!(31)), [ConfigLayers CONFIG], same;
    "a layer less in the configuration", |model| configure(model, "num_hidden_layers", json!(29)), [ConfigLayers CONFIG], |other, told| {
        // Both are one edit of one number: the later one holds.
        (other != LAYER_TOO_MANY).then_some(told)
    };
    "another type in the configuration", |model| configure(model, "torch_dtype", json!("float16")), [ConfigDtype CONFIG], same;
    "a quantisation", |model| configure(model, "quantization_config", json!({"quant_method": "fp8"})), [Quantised CONFIG], |_, told| {
        (told.0 != Check::UnexpectedDtype).then_some(told)
    };
    "another model type", |model| configure(model, "model_type", json!("mamba")), [ModelType CONFIG], |_, told| match told.0 {
        Check::ArchitectureShape | Check::ArchitectureVocabulary | Check::IncompleteModel => None,
        // How a layer's shapes follow from the configuration is known by model type.
        Check::ConfigShape if told.1 == nth(2) => None,
        _ => Some(told),
    };
    "an unknown architecture", |model| model.architecture = String::from("other"), [UnknownArchitecture ""], |_, told| {
        let known = [Check::ModelType, Check::ArchitectureShape, Check::ArchitectureVocabulary];
        (!known.contains(&told.0)).then_some(told)
    };
    "no special tokens", |model| model.edit("tokenizer_config.json", |config| {
        config.remove("eos_token");
    }), [SpecialTokens "tokenizer_config.json"], same;
    "no chat template", |model| model.edit("tokenizer_config.json", |config| {
        config.remove("chat_template");
    }), [NoChatTemplate ""], same;
    "a tokenizer_config.json that is no JSON", |model| spoil(model, "tokenizer_config.json"), [BadJson "tokenizer_config.json"], |_, told| {
        (!matches!(told.0, Check::SpecialTokens | Check::NoChatTemplate)).then_some(told)
    };
    "no tokenizer", |model| {
        model.files.remove("tokenizer.json");
    }, [NoTokenizer ""], |_, told| (told.0 != Check::SpecialTokens).then_some(told);
    "a config.json that is no JSON", |model| spoil(model, CONFIG), [BadConfig CONFIG], no_config;
    "a config.json that is an array", |model| model.put(CONFIG, "[]"), [BadConfig CONFIG], |other, told| {
        // They are one file, and are found as one.
        if told.0 == Check::BadConfig { Some(told) } else { no_config(other, told) }
    };
    "no config.json", |model| {
        model.files.remove(CONFIG);
    }, [NoConfig CONFIG], no_config;
    "numbers that are none", |model| model.put("generation_config.json", r#"{"a": -Infinity}"#), [NotStrictJson "generation_config.json"], same;
    "a pickle", |model| model.put("optimizer.pt", "\u{80}"), [Pickle "optimizer.pt"], same;
    "an empty file beside the others", |model| model.put("notes.txt", ""), [ZeroBytes "notes.txt"], same;
    "a file of a moment ago", |model| model.fresh.push("README.md".to_owned()), [JustChanged "README.md"], same;
    "no safetensors", |model| model.files.retain(|name, _| !name.contains("safetensors")), [NoSafetensors ""], |_, told| {
        use Check::{
            ArchitectureShape, ArchitectureVocabulary, BadConfig, BadJson, JustChanged, ModelType, NoChatTemplate,
            NoConfig, NoTokenizer, NotStrictJson, Pickle, Quantised, SpecialTokens, UnknownArchitecture, ZeroBytes,
        };
        only(&[
            ArchitectureShape, ArchitectureVocabulary, BadConfig, BadJson, JustChanged, ModelType, NoChatTemplate,
            NoConfig, NoTokenizer, NotStrictJson, Pickle, Quantised, SpecialTokens, UnknownArchitecture, ZeroBytes,
        ], told)
    };
    "a folder around it", |model| {
        let files = std::mem::take(&mut model.files);
        model.files = files.into_iter().map(|(name, content)| (format!("run/{name}"), content)).collect();
        model.fresh.iter_mut().for_each(|name| name.insert_str(0, "run/"));
    }, [NestedFolder "run/"], |other, (check, object)| match check {
        Check::Pickle | Check::ZeroBytes | Check::JustChanged => Some((check, format!("run/{object}"))),
        // What is not read for its content is told of for having none.
        Check::ShardLength if other == EMPTY_FILE => Some((Check::ZeroBytes, format!("run/{object}"))),
        Check::UnknownArchitecture => Some((check, object)),
        _ => None,
    };
    "an adapter", |model| {
        model.files.retain(|name, _| name.contains('/') || !name.contains("safetensors") && name != CONFIG);
        model.put("adapter_config.json", "{}");
        model.put("adapter_model.safetensors", safetensors(&[bf16("base_model.lora_A.weight", &[2, 8])]));
    }, [AdapterOnly ""], |_, told| {
        use Check::{JustChanged, Pickle, UnknownArchitecture, ZeroBytes};
        only(&[JustChanged, Pickle, UnknownArchitecture, ZeroBytes], told)
    };
    "an archive", |model| {
        model.files.clear();
        model.put("model.tar.gz", "\u{1f}\u{8b}");
    }, [Archive "model.tar.gz"], |_, told| only(&[Check::UnknownArchitecture], told);
    "nothing", |model| model.files.clear(), [NothingThere ""], |_, told| only(&[Check::UnknownArchitecture], told);
};

fn configure(model: &mut Model, field: &str, value: Value) {
    model.edit(CONFIG, |config| {
        config.insert(field.to_owned(), value);
    });
}

fn spoil(model: &mut Model, file: &str) {
    if let Some(content) = model.files.get_mut(file) {
        content.truncate(content.len() / 2);
    }
}

fn cut(model: &mut Model, file: &str, by: usize) {
    let Some(content) = model.files.get_mut(file) else {
        return;
    };
    content.truncate(content.len() - by);
}

fn append(model: &mut Model, file: &str, by: usize) {
    let Some(content) = model.files.get_mut(file) else {
        return;
    };
    content.resize(content.len() + by, 0);
}

/// Makes a file claim a header of so many bytes.
fn claim(model: &mut Model, file: &str, length: u64) {
    let Some(content) = model.files.get_mut(file) else {
        return;
    };
    content[..8].copy_from_slice(&length.to_le_bytes());
}

/// A field of a tensor's entry; null takes it away.
fn set(model: &mut Model, n: usize, rest: &str, field: &str, value: Value) {
    model.edit_header(&nth(n), |header| {
        let entry = header[&tensor(n, rest)].as_object_mut().expect("an entry");
        if value.is_null() {
            entry.remove(field);
        } else {
            entry.insert(field.to_owned(), value);
        }
    });
}

fn end_of(entry: &Value) -> u64 {
    entry["data_offsets"][1].as_u64().expect("an offset")
}

/// The name of the tensor whose bytes are the last.
fn last(header: &Map<String, Value>) -> String {
    let tensors = header.iter().filter(|(name, _)| *name != "__metadata__");
    let last = tensors.max_by_key(|(_, entry)| end_of(entry));
    last.expect("a tensor").0.clone()
}

/// Adds a small vector behind all others.
fn add(model: &mut Model, file: &str, name: &str) {
    model.edit_header(file, |header| {
        let end = end_of(&header[&last(header)]);
        header.insert(
            name.to_owned(),
            json!({"dtype": "BF16", "shape": [8], "data_offsets": [end, end + 16]}),
        );
    });
    append(model, file, 16);
}

fn move_last(model: &mut Model, file: &str, by: i64) {
    model.edit_header(file, |header| {
        let name = last(header);
        for offset in header[&name]["data_offsets"]
            .as_array_mut()
            .expect("offsets")
        {
            *offset = json!(offset.as_u64().expect("an offset").strict_add_signed(by));
        }
    });
}

/// Takes a tensor away, whose place all behind it move up to.
fn remove_last(model: &mut Model, file: &str, name: &str) {
    let mut bytes = 0;
    model.edit_header(file, |header| {
        let gone = header.remove(name).expect("a tensor");
        let start = gone["data_offsets"][0].as_u64().expect("an offset");
        let length = end_of(&gone) - start;
        bytes = usize::try_from(length).expect("a length");
        for (_, entry) in header
            .iter_mut()
            .filter(|(name, _)| *name != "__metadata__")
        {
            for offset in entry["data_offsets"].as_array_mut().expect("offsets") {
                let at = offset.as_u64().expect("an offset");
                if at > start {
                    *offset = json!(at - length);
                }
            }
        }
    });
    cut(model, file, bytes);
}

fn name_in_index(model: &mut Model, name: &str, file: &str) {
    model.edit(INDEX, |index| {
        let map = index["weight_map"].as_object_mut().expect("an object");
        map.insert(name.to_owned(), json!(file));
    });
}

fn add_to_total(model: &mut Model, by: i64) {
    model.edit(INDEX, |index| {
        let total = index["metadata"]["total_size"].as_u64().expect("a total");
        index["metadata"]["total_size"] = json!(total.strict_add_signed(by));
    });
}
