//! A model of 1.4 TB, of which the headers alone are there: its weights are holes in its files.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Failure;

/// How much weights a shard has at most: thirty tensors of an expert.
const SHARD: u64 = 30 * BYTES * INNER * HIDDEN;
const BYTES: u64 = 2;

const LAYERS: u64 = 54;
const EXPERTS: u64 = 128;
const HIDDEN: u64 = 8192;
const INNER: u64 = 4096;
const HEADS: u64 = 64;
const GROUPS: u64 = 8;
const HEAD: u64 = 128;
const VOCABULARY: u64 = 151_936;

/// What was written.
pub(crate) struct Model {
    pub(crate) shards: usize,
    pub(crate) tensors: usize,
    /// Of all files.
    pub(crate) bytes: u64,
}

type Tensor = (String, Vec<u64>);

/// Every tensor, in the order of the model.
fn tensors() -> Vec<Tensor> {
    let mut all: Vec<Tensor> = vec![
        ("model.embed_tokens.weight".into(), vec![VOCABULARY, HIDDEN]),
        ("lm_head.weight".into(), vec![VOCABULARY, HIDDEN]),
        ("model.norm.weight".into(), vec![HIDDEN]),
    ];
    for layer in 0..LAYERS {
        let mut put = |name: &str, shape: &[u64]| {
            all.push((
                format!("model.layers.{layer}.{name}.weight"),
                shape.to_vec(),
            ));
        };
        put("input_layernorm", &[HIDDEN]);
        put("post_attention_layernorm", &[HIDDEN]);
        put("self_attn.q_proj", &[HEADS * HEAD, HIDDEN]);
        put("self_attn.k_proj", &[GROUPS * HEAD, HIDDEN]);
        put("self_attn.v_proj", &[GROUPS * HEAD, HIDDEN]);
        put("self_attn.o_proj", &[HIDDEN, HEADS * HEAD]);
        put("self_attn.q_norm", &[HEAD]);
        put("self_attn.k_norm", &[HEAD]);
        put("mlp.gate", &[EXPERTS, HIDDEN]);
        for expert in 0..EXPERTS {
            put(&format!("mlp.experts.{expert}.gate_proj"), &[INNER, HIDDEN]);
            put(&format!("mlp.experts.{expert}.up_proj"), &[INNER, HIDDEN]);
            put(&format!("mlp.experts.{expert}.down_proj"), &[HIDDEN, INNER]);
        }
    }
    all
}

fn size((_, shape): &Tensor) -> u64 {
    BYTES * shape.iter().product::<u64>()
}

/// Writes it into an empty folder.
pub(crate) fn write(folder: &Path) -> Result<Model, Failure> {
    fs::create_dir_all(folder)?;
    let all = tensors();
    let mut shards: Vec<Vec<&Tensor>> = vec![Vec::new()];
    let mut filled = 0;
    for tensor in &all {
        if filled > 0 && filled + size(tensor) > SHARD {
            shards.push(Vec::new());
            filled = 0;
        }
        filled += size(tensor);
        shards.last_mut().ok_or("no shard")?.push(tensor);
    }
    let mut index = Map::new();
    let count = shards.len();
    let mut bytes = 0;
    for (n, tensors) in shards.iter().enumerate() {
        let name = format!("model-{:05}-of-{count:05}.safetensors", n + 1);
        bytes += shard(&folder.join(&name), tensors)?;
        let named = tensors
            .iter()
            .map(|it| (it.0.clone(), Value::from(name.as_str())));
        index.extend(named);
    }
    let total: u64 = all.iter().map(size).sum();
    let index = json!({ "metadata": { "total_size": total }, "weight_map": index });
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [],
        "model": { "type": "BPE", "vocab": { "<|endoftext|>": 0 }, "merges": [] },
    });
    for (name, content) in [
        ("model.safetensors.index.json", index),
        ("config.json", config()),
        ("generation_config.json", json!({ "eos_token_id": 0 })),
        ("tokenizer.json", tokenizer),
        (
            "tokenizer_config.json",
            json!({ "eos_token": "<|endoftext|>", "chat_template": "{{ messages }}" }),
        ),
    ] {
        let content = serde_json::to_vec(&content)?;
        bytes += content.len() as u64;
        fs::write(folder.join(name), content)?;
    }
    Ok(Model {
        shards: count,
        tensors: all.len(),
        bytes,
    })
}

fn config() -> Value {
    json!({
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "torch_dtype": "bfloat16",
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "moe_intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_experts": EXPERTS,
        "num_experts_per_tok": 8,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "num_attention_heads": HEADS,
        "num_key_value_heads": GROUPS,
        "head_dim": HEAD,
        "vocab_size": VOCABULARY,
        "tie_word_embeddings": false,
        "eos_token_id": 0,
    })
}

/// Length, header, and a hole where the weights are. Gives the length of the file.
fn shard(path: &Path, tensors: &[&Tensor]) -> Result<u64, Failure> {
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
    let mut at = 0;
    for tensor in tensors {
        let end = at + size(tensor);
        let told = json!({ "dtype": "BF16", "shape": tensor.1, "data_offsets": [at, end] });
        header.insert(tensor.0.clone(), told);
        at = end;
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = header.len() as u64;
    let mut file = File::create(path)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(&header)?;
    let whole = 8 + length + at;
    file.set_len(whole)?;
    Ok(whole)
}
