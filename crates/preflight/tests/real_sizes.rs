//! Models of the sizes that they really have, by the table of architectures: headers alone are written, and
//! the data are holes in the files.

#![allow(missing_docs)]
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use cerebras_management_preflight::{Check, Layout, Preflight, Report, Store, store::Folder};
use serde_json::{Map, Value, json};
use support::found;

type Tensor = (String, &'static str, Vec<u64>);

fn bf16(name: impl Into<String>, shape: &[u64]) -> Tensor {
    (name.into(), "BF16", shape.to_vec())
}

/// Embedding, last norm and output layer.
fn ends(vocabulary: u64, hidden: u64) -> Vec<Tensor> {
    vec![
        bf16("model.embed_tokens.weight", &[vocabulary, hidden]),
        bf16("model.norm.weight", &[hidden]),
        bf16("lm_head.weight", &[vocabulary, hidden]),
    ]
}

/// Norms and attention of a layer, with heads and key heads as wide as these.
fn attention(layer: u64, hidden: u64, heads: u64, keys: u64) -> Vec<Tensor> {
    let name = |rest: &str| format!("model.layers.{layer}.{rest}");
    vec![
        bf16(name("input_layernorm.weight"), &[hidden]),
        bf16(name("post_attention_layernorm.weight"), &[hidden]),
        bf16(name("self_attn.q_proj.weight"), &[heads, hidden]),
        bf16(name("self_attn.k_proj.weight"), &[keys, hidden]),
        bf16(name("self_attn.v_proj.weight"), &[keys, hidden]),
        bf16(name("self_attn.o_proj.weight"), &[hidden, heads]),
    ]
}

fn feed_forward(prefix: &str, hidden: u64, width: u64) -> [Tensor; 3] {
    [
        bf16(format!("{prefix}.gate_proj.weight"), &[width, hidden]),
        bf16(format!("{prefix}.up_proj.weight"), &[width, hidden]),
        bf16(format!("{prefix}.down_proj.weight"), &[hidden, width]),
    ]
}

fn write(folder: &Path, shards: &[Vec<Tensor>], config: &Value) {
    let (mut map, mut total) = (Map::new(), 0);
    for (n, tensors) in shards.iter().enumerate() {
        let file = support::model::shard(n + 1, shards.len());
        let (mut header, mut end) = (Map::new(), 0);
        for (name, dtype, shape) in tensors {
            let start = end;
            end += shape.iter().product::<u64>() * if *dtype == "BF16" { 2 } else { 1 };
            header.insert(
                name.clone(),
                json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]}),
            );
            map.insert(name.clone(), json!(file));
        }
        total += end;
        let header = Value::Object(header).to_string();
        let mut written = File::create(folder.join(&file)).expect("a file");
        written
            .write_all(&(header.len() as u64).to_le_bytes())
            .expect("written");
        written.write_all(header.as_bytes()).expect("written");
        written
            .set_len(8 + header.len() as u64 + end)
            .expect("a length");
    }
    let index = json!({"metadata": {"total_size": total}, "weight_map": map});
    let tokenizer = json!({"eos_token": "</s>", "chat_template": "{{ messages }}"});
    for (name, content) in [
        ("model.safetensors.index.json", index.to_string()),
        ("config.json", config.to_string()),
        ("tokenizer.json", "{}".to_owned()),
        ("tokenizer_config.json", tokenizer.to_string()),
    ] {
        std::fs::write(folder.join(name), content).expect("a file");
    }
}

fn look(shards: &[Vec<Tensor>], config: &Value, architecture: &str) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), shards, config);
    let store = Store::Folder(Folder::new(folder.path()));
    // Later than the files were written.
    let now = std::time::SystemTime::now() + std::time::Duration::from_hours(1);
    let preflight = Preflight::new(&store).architecture(architecture).at(now);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime")
        .block_on(preflight.run())
        .expect("a report")
}

fn llama_8b() -> (Vec<Vec<Tensor>>, Value) {
    let mut shards = vec![ends(128_256, 4096)];
    shards.extend((0..32).map(|n| {
        let mut layer = attention(n, 4096, 4096, 1024);
        layer.extend(feed_forward(&format!("model.layers.{n}.mlp"), 4096, 14_336));
        layer
    }));
    let config = json!({
        "model_type": "llama", "torch_dtype": "bfloat16", "hidden_size": 4096, "vocab_size": 128_256,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14_336,
        "tie_word_embeddings": false,
    });
    (shards, config)
}

/// As it is published, or with its experts as they are trained.
fn gpt_oss_120b(quantised: bool) -> (Vec<Vec<Tensor>>, Value) {
    let mut shards = vec![ends(201_088, 2880)];
    shards.extend((0..36).map(|n| {
        let name = |rest: &str| format!("model.layers.{n}.{rest}");
        let mut layer = attention(n, 2880, 4096, 512);
        layer.push(bf16(name("self_attn.sinks"), &[64]));
        layer.push(bf16(name("mlp.router.weight"), &[128, 2880]));
        layer.push(bf16(name("mlp.router.bias"), &[128]));
        if quantised {
            layer.push((
                name("mlp.experts.gate_up_proj_blocks"),
                "U8",
                vec![128, 5760, 90, 16],
            ));
            layer.push((
                name("mlp.experts.gate_up_proj_scales"),
                "U8",
                vec![128, 5760, 90],
            ));
            layer.push((
                name("mlp.experts.down_proj_blocks"),
                "U8",
                vec![128, 2880, 90, 16],
            ));
            layer.push((
                name("mlp.experts.down_proj_scales"),
                "U8",
                vec![128, 2880, 90],
            ));
        } else {
            layer.push(bf16(name("mlp.experts.gate_up_proj"), &[128, 2880, 5760]));
            layer.push(bf16(name("mlp.experts.down_proj"), &[128, 2880, 2880]));
        }
        layer.push(bf16(name("mlp.experts.gate_up_proj_bias"), &[128, 5760]));
        layer.push(bf16(name("mlp.experts.down_proj_bias"), &[128, 2880]));
        layer
    }));
    let mut config = json!({
        "model_type": "gpt_oss", "torch_dtype": "bfloat16", "hidden_size": 2880, "vocab_size": 201_088,
        "num_hidden_layers": 36, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
        "intermediate_size": 2880, "num_local_experts": 128, "tie_word_embeddings": false,
    });
    if quantised {
        config["quantization_config"] = json!({"quant_method": "mxfp4"});
    }
    (shards, config)
}

fn qwen_235b() -> (Vec<Vec<Tensor>>, Value) {
    let mut shards = vec![ends(151_936, 4096)];
    shards.extend((0..94).map(|n| {
        let mut layer = attention(n, 4096, 8192, 512);
        layer.push(bf16(
            format!("model.layers.{n}.mlp.gate.weight"),
            &[128, 4096],
        ));
        for expert in 0..128 {
            layer.extend(feed_forward(
                &format!("model.layers.{n}.mlp.experts.{expert}"),
                4096,
                1536,
            ));
        }
        layer
    }));
    let config = json!({
        "model_type": "qwen3_moe", "torch_dtype": "bfloat16", "hidden_size": 4096, "vocab_size": 151_936,
        "num_hidden_layers": 94, "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 128,
        "intermediate_size": 12_288, "moe_intermediate_size": 1536, "num_experts": 128,
        "tie_word_embeddings": false,
    });
    (shards, config)
}

#[test]
fn models_of_real_sizes_are_good_and_cost_next_to_nothing() {
    for ((shards, config), architecture) in [
        (llama_8b(), "llama3.1-8b"),
        (gpt_oss_120b(true), "gpt-oss-120b"),
        (gpt_oss_120b(false), "gpt-oss-120b"),
        (qwen_235b(), "qwen-3-235b-a22b-instruct-2507"),
    ] {
        let report = look(&shards, &config, architecture);
        assert_eq!(found(&report), [], "{architecture}");
        assert_eq!(
            report.requests,
            1 + 3 + shards.len() as u64,
            "{architecture}"
        );
        // A ten-thousandth of the bytes.
        assert!(
            report.bytes_read * 10_000 < report.bytes,
            "{architecture}: {}",
            report.bytes_read
        );
    }
}

#[test]
fn weights_of_another_size_or_kind_are_not_the_architecture() {
    let (shards, config) = llama_8b();
    let report = look(&shards, &config, "llama-3.3-70b");
    assert_eq!(
        found(&report),
        [(Check::ArchitectureShape, "config.json".to_owned())]
    );
    assert_eq!(
        report.findings[0].what,
        "hidden_size is 4096, and that of llama-3.3-70b is 8192; intermediate_size is 14336, and that of \
         llama-3.3-70b is 28672; num_attention_heads is 32, and that of llama-3.3-70b is 64; num_hidden_layers is \
         32, and that of llama-3.3-70b is 80"
    );
    assert!(!report.is_good(Layout::Standard) && report.is_good(Layout::Any));
    let report = look(&shards, &config, "gpt-oss-120b");
    assert_eq!(
        found(&report),
        [(Check::ModelType, "config.json".to_owned())]
    );
    assert_eq!(
        report.findings[0].what,
        "model_type is \"llama\", and gpt-oss-120b is gpt_oss"
    );
}
