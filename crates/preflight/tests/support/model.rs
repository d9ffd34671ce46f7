//! Small models that are whole: their tensors are zeros, and all else is as in a real one.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::{Map, Value, json};

/// The files of a model by name, and what it is to be taken for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) architecture: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Files that were written a moment ago.
    pub(crate) fresh: Vec<String>,
}

/// A tensor to be written.
pub(crate) type Described = (String, Dtype, Vec<usize>);

pub(crate) const INDEX: &str = "model.safetensors.index.json";

impl Model {
    /// A Llama of 30 layers, each in a file of its own, after one with the embedding and the output layer.
    pub(crate) fn llama() -> Self {
        let mut shards = vec![vec![
            bf16("model.embed_tokens.weight", &[16, 8]),
            bf16("model.norm.weight", &[8]),
            bf16("lm_head.weight", &[16, 8]),
        ]];
        shards.extend((0..30).map(llama_layer));
        Self::sharded("tiny-llama", &shards)
            .with_config(&llama_config(30))
            .with_tokenizer()
    }

    /// A Llama in one file, whose output layer is its embedding.
    pub(crate) fn tied() -> Self {
        let mut tensors = vec![
            bf16("model.embed_tokens.weight", &[16, 8]),
            bf16("model.norm.weight", &[8]),
        ];
        tensors.extend((0..2).flat_map(llama_layer));
        let mut config = llama_config(2);
        config["tie_word_embeddings"] = json!(true);
        Self::single("tiny-llama", &tensors)
            .with_config(&config)
            .with_tokenizer()
    }

    /// The same as `hf download --local-dir` leaves it, and with what some repositories have beside.
    pub(crate) fn downloaded() -> Self {
        let mut model = Self::tied();
        for name in ["config.json", "model.safetensors"] {
            model.put(&format!(".cache/huggingface/download/{name}.lock"), "");
            model.put(
                &format!(".cache/huggingface/download/{name}.metadata"),
                "0\n0\n0\n",
            );
        }
        model.put("code/__init__.py", "");
        model.put("metal/model.bin", "GPT-OSS v1.0");
        model
    }

    /// The tensors of a Llama of two layers.
    pub(crate) fn llama_tensors() -> Vec<Described> {
        let mut tensors = vec![
            bf16("model.embed_tokens.weight", &[16, 8]),
            bf16("model.norm.weight", &[8]),
            bf16("lm_head.weight", &[16, 8]),
        ];
        tensors.extend((0..2).flat_map(llama_layer));
        tensors
    }

    /// A Qwen3 of the kind that has a mixture of experts, with a head size that does not follow from others.
    pub(crate) fn qwen_moe() -> Self {
        let layer = |n: usize| {
            let name = |rest: &str| format!("model.layers.{n}.{rest}");
            let mut tensors = vec![
                bf16(&name("input_layernorm.weight"), &[8]),
                bf16(&name("post_attention_layernorm.weight"), &[8]),
                bf16(&name("self_attn.q_proj.weight"), &[12, 8]),
                bf16(&name("self_attn.k_proj.weight"), &[6, 8]),
                bf16(&name("self_attn.v_proj.weight"), &[6, 8]),
                bf16(&name("self_attn.o_proj.weight"), &[8, 12]),
                bf16(&name("self_attn.q_norm.weight"), &[6]),
                bf16(&name("self_attn.k_norm.weight"), &[6]),
                bf16(&name("mlp.gate.weight"), &[4, 8]),
            ];
            for expert in 0..4 {
                let name = |rest: &str| format!("model.layers.{n}.mlp.experts.{expert}.{rest}");
                tensors.push(bf16(&name("gate_proj.weight"), &[10, 8]));
                tensors.push(bf16(&name("up_proj.weight"), &[10, 8]));
                tensors.push(bf16(&name("down_proj.weight"), &[8, 10]));
            }
            tensors
        };
        let ends = vec![
            bf16("model.embed_tokens.weight", &[16, 8]),
            bf16("model.norm.weight", &[8]),
            bf16("lm_head.weight", &[16, 8]),
        ];
        let config = json!({
            "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "dtype": "bfloat16",
            "hidden_size": 8, "vocab_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1, "head_dim": 6, "intermediate_size": 24, "moe_intermediate_size": 10,
            "num_experts": 4, "tie_word_embeddings": false,
        });
        Self::sharded("tiny-qwen", &[ends, layer(0), layer(1)])
            .with_config(&config)
            .with_tokenizer()
    }

    /// A gpt-oss as it is published: experts in blocks of four-bit numbers with their scales.
    pub(crate) fn gpt_oss() -> Self {
        let layer = |n: usize| {
            let name = |rest: &str| format!("model.layers.{n}.{rest}");
            vec![
                bf16(&name("input_layernorm.weight"), &[64]),
                bf16(&name("post_attention_layernorm.weight"), &[64]),
                bf16(&name("self_attn.q_proj.weight"), &[32, 64]),
                bf16(&name("self_attn.q_proj.bias"), &[32]),
                bf16(&name("self_attn.k_proj.weight"), &[16, 64]),
                bf16(&name("self_attn.v_proj.weight"), &[16, 64]),
                bf16(&name("self_attn.o_proj.weight"), &[64, 32]),
                bf16(&name("self_attn.sinks"), &[2]),
                bf16(&name("mlp.router.weight"), &[4, 64]),
                bf16(&name("mlp.router.bias"), &[4]),
                (
                    name("mlp.experts.gate_up_proj_blocks"),
                    Dtype::U8,
                    vec![4, 128, 2, 16],
                ),
                (
                    name("mlp.experts.gate_up_proj_scales"),
                    Dtype::U8,
                    vec![4, 128, 2],
                ),
                bf16(&name("mlp.experts.gate_up_proj_bias"), &[4, 128]),
                (
                    name("mlp.experts.down_proj_blocks"),
                    Dtype::U8,
                    vec![4, 64, 2, 16],
                ),
                (
                    name("mlp.experts.down_proj_scales"),
                    Dtype::U8,
                    vec![4, 64, 2],
                ),
                bf16(&name("mlp.experts.down_proj_bias"), &[4, 64]),
            ]
        };
        let ends = vec![
            bf16("model.embed_tokens.weight", &[16, 64]),
            bf16("model.norm.weight", &[64]),
            bf16("lm_head.weight", &[16, 64]),
        ];
        let config = json!({
            "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "torch_dtype": "bfloat16",
            "hidden_size": 64, "vocab_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 64, "num_local_experts": 4,
            "tie_word_embeddings": false, "quantization_config": {"quant_method": "mxfp4"},
        });
        let mut model = Self::sharded("tiny-gpt-oss", &[ends, layer(0), layer(1)])
            .with_config(&config)
            .with_tokenizer();
        // It keeps its template apart, and its first weights beside the others.
        let tokenizer =
            json!({"eos_token": "<|return|>", "tokenizer_class": "PreTrainedTokenizerFast"});
        model.put("tokenizer_config.json", tokenizer.to_string());
        model.put("chat_template.jinja", "{{ messages }}");
        model.put(
            "original/model.safetensors",
            safetensors(&[bf16("embedding.weight", &[16, 64])]),
        );
        model
    }

    /// A Llama as the second part of a model that can see.
    pub(crate) fn with_vision() -> Self {
        let mut tensors = vec![
            bf16("language_model.model.embed_tokens.weight", &[16, 8]),
            bf16("language_model.model.norm.weight", &[8]),
            bf16("language_model.lm_head.weight", &[16, 8]),
            bf16(
                "vision_model.model.layers.7.self_attn.q_proj.weight",
                &[5, 3],
            ),
        ];
        tensors.extend((0..2).flat_map(|n| {
            let layer = llama_layer(n).into_iter();
            layer.map(|(name, dtype, shape)| (format!("language_model.{name}"), dtype, shape))
        }));
        let mut config = llama_config(2);
        config["model_type"] = json!("llama");
        let config =
            json!({"model_type": "mllama", "torch_dtype": "bfloat16", "text_config": config});
        Self::single("tiny-llama", &tensors)
            .with_config(&config)
            .with_tokenizer()
    }

    pub(super) fn single(architecture: &str, tensors: &[Described]) -> Self {
        let mut model = Self {
            architecture: architecture.to_owned(),
            ..Self::default()
        };
        model.put("model.safetensors", safetensors(tensors));
        model
    }

    fn sharded(architecture: &str, shards: &[Vec<Described>]) -> Self {
        let mut model = Self {
            architecture: architecture.to_owned(),
            ..Self::default()
        };
        let (mut map, mut total) = (Map::new(), 0);
        for (n, tensors) in shards.iter().enumerate() {
            let file = shard(n + 1, shards.len());
            for (name, dtype, shape) in tensors {
                map.insert(name.clone(), json!(file));
                total += bytes(*dtype, shape);
            }
            model.put(&file, safetensors(tensors));
        }
        let index = json!({"metadata": {"total_size": total}, "weight_map": map});
        model.put(INDEX, index.to_string());
        model
    }

    pub(super) fn with_config(mut self, config: &Value) -> Self {
        self.put("config.json", config.to_string());
        self
    }

    pub(super) fn with_tokenizer(mut self) -> Self {
        let config = json!({
            "eos_token": {"content": "</s>", "special": true}, "chat_template": "{% for message in messages %}",
        });
        self.put("tokenizer_config.json", config.to_string());
        self.put("tokenizer.json", r#"{"version": "1.0"}"#);
        self.put("generation_config.json", r#"{"eos_token_id": 2}"#);
        self.put("README.md", "# A model\n");
        self
    }

    pub(crate) fn put(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(name.to_owned(), content.into());
    }

    /// A JSON file, edited; nothing happens where it is not there, or no JSON.
    pub(crate) fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Map<String, Value>)) {
        let Some(content) = self.files.get_mut(name) else {
            return;
        };
        if let Ok(Value::Object(mut map)) = serde_json::from_slice(content) {
            edit(&mut map);
            *content = Value::Object(map).to_string().into_bytes();
        }
    }

    /// The header of a shard, edited; the data stays as it is.
    pub(crate) fn edit_header(&mut self, name: &str, edit: impl FnOnce(&mut Map<String, Value>)) {
        let Some(content) = self.files.get_mut(name) else {
            return;
        };
        let (mut header, data) = split(content);
        edit(&mut header);
        *content = with_header(&Value::Object(header).to_string(), &data);
    }

    /// The text of a shard's header; an empty object where there is no such file.
    pub(crate) fn header(&self, name: &str) -> Vec<u8> {
        let Some(content) = self.files.get(name) else {
            return b"{}".to_vec();
        };
        let (header, _) = split(content);
        Value::Object(header).to_string().into_bytes()
    }

    /// The text of a shard's header, in the place of the one that it has.
    pub(crate) fn set_header(&mut self, name: &str, header: &[u8]) {
        let Some(content) = self.files.get_mut(name) else {
            return;
        };
        let (_, data) = split(content);
        let mut whole = (header.len() as u64).to_le_bytes().to_vec();
        whole.extend_from_slice(header);
        whole.extend_from_slice(&data);
        *content = whole;
    }

    /// Writes the files into a folder, as if an hour ago.
    pub(crate) fn write(&self, folder: &Path) {
        self.write_over(&Self::default(), folder);
    }

    /// The same where another model was written before: what both have alike is left.
    pub(crate) fn write_over(&self, before: &Self, folder: &Path) {
        for name in before
            .files
            .keys()
            .filter(|name| !self.files.contains_key(*name))
        {
            std::fs::remove_file(folder.join(name)).expect("a file");
        }
        for (name, content) in &self.files {
            let fresh = self.fresh.contains(name);
            if before.files.get(name) == Some(content) && before.fresh.contains(name) == fresh {
                continue;
            }
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, content).expect("a file");
            let file = std::fs::File::options()
                .write(true)
                .open(&path)
                .expect("a file");
            let age = if fresh {
                Duration::from_secs(5)
            } else {
                Duration::from_hours(1)
            };
            let time: SystemTime = super::now() - age;
            file.set_modified(time).expect("a time");
        }
    }
}

/// `model-00002-of-00031.safetensors`
pub(crate) fn shard(n: usize, of: usize) -> String {
    format!("model-{n:05}-of-{of:05}.safetensors")
}

/// A BF16 tensor.
pub(crate) fn bf16(name: &str, shape: &[usize]) -> Described {
    (name.to_owned(), Dtype::BF16, shape.to_vec())
}

pub(super) fn llama_layer(n: usize) -> Vec<Described> {
    let name = |rest: &str| format!("model.layers.{n}.{rest}");
    vec![
        bf16(&name("input_layernorm.weight"), &[8]),
        bf16(&name("post_attention_layernorm.weight"), &[8]),
        bf16(&name("self_attn.q_proj.weight"), &[8, 8]),
        bf16(&name("self_attn.k_proj.weight"), &[4, 8]),
        bf16(&name("self_attn.v_proj.weight"), &[4, 8]),
        bf16(&name("self_attn.o_proj.weight"), &[8, 8]),
        bf16(&name("mlp.gate_proj.weight"), &[20, 8]),
        bf16(&name("mlp.up_proj.weight"), &[20, 8]),
        bf16(&name("mlp.down_proj.weight"), &[8, 20]),
    ]
}

pub(crate) fn llama_config(layers: usize) -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16",
        "hidden_size": 8, "vocab_size": 16, "num_hidden_layers": layers, "num_attention_heads": 2,
        "num_key_value_heads": 1, "intermediate_size": 20, "tie_word_embeddings": false,
    })
}

fn bytes(dtype: Dtype, shape: &[usize]) -> usize {
    shape.iter().product::<usize>() * dtype.bitsize() / 8
}

/// A file of tensors of zeros, as the safetensors crate writes it.
pub(crate) fn safetensors(tensors: &[Described]) -> Vec<u8> {
    let longest = tensors
        .iter()
        .map(|(_, dtype, shape)| bytes(*dtype, shape))
        .max();
    let zeros = vec![0; longest.unwrap_or_default()];
    let views = tensors.iter().map(|(name, dtype, shape)| {
        let data = &zeros[..bytes(*dtype, shape)];
        (
            name,
            TensorView::new(*dtype, shape.clone(), data).expect("a tensor"),
        )
    });
    serialize(views, None).expect("a file")
}

fn split(content: &[u8]) -> (Map<String, Value>, Vec<u8>) {
    let (prefix, rest) = content.split_first_chunk::<8>().expect("a length");
    let length = usize::try_from(u64::from_le_bytes(*prefix)).expect("a length");
    let header = serde_json::from_slice(&rest[..length]).expect("a header");
    (header, rest[length..].to_vec())
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut content = (header.len() as u64).to_le_bytes().to_vec();
    content.extend_from_slice(header.as_bytes());
    content.extend_from_slice(data);
    content
}
