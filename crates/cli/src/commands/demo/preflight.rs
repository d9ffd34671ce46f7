//! Before the upload: a sample of weights in a folder, looked at as they are and with a file missing.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cerebras_management_preflight::{
    Architectures, Layout, Preflight, Report, Store, store::Folder,
};
use indicatif::DecimalBytes;
use serde_json::{Map, Value, json};

use super::super::Failure;
use super::{ARCHITECTURE, Stage};

/// Looks at a sample, at what is left without one of its files, and at the whole again.
pub(super) async fn preflight(stage: &Stage) -> Result<(), Failure> {
    let screen = stage.screen;
    screen.step(2, "Look at new weights before they are uploaded");
    screen.note("   A sample of two layers in a folder; `cbm preflight s3://my-bucket/run-42` does it in S3.");
    let sample = Sample::write()?;
    let whole = sample.look().await?;
    if !whole.findings.is_empty() {
        return Err(format!("the sample was to be whole: {:?}", whole.findings).into());
    }
    screen.good(&format!(
        "{} tensors in {} files: nothing found, by reading {} of {}",
        whole.tensors,
        whole.shards,
        DecimalBytes(whole.bytes_read),
        DecimalBytes(whole.bytes)
    ));
    // It leaves the folder, and comes back with the time that it had.
    let (here, away) = (sample.0.join(shard(3)), sample.0.with_extension("away"));
    fs::rename(&here, &away)?;
    let broken = sample.look().await;
    fs::rename(&away, &here)?;
    let broken = broken?;
    let Some(finding) = broken.bad(Layout::Standard).next() else {
        return Err("a missing file was to be found".into());
    };
    screen.bad(&format!(
        "one file is missing: {} in {}: {}",
        finding.check, finding.object, finding.what
    ));
    if !sample.look().await?.is_good(Layout::Standard) {
        return Err("the file was to be back".into());
    }
    screen.good("with the file in its place: nothing found");
    Ok(())
}

/// A folder with a model like gpt-oss, of two small layers. It goes with the value.
struct Sample(PathBuf);

impl Sample {
    fn write() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("cbm-demo-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let sample = Self(folder);
        let ends = vec![
            (
                "model.embed_tokens.weight".to_owned(),
                "BF16",
                vec![4096, 256],
            ),
            ("model.norm.weight".to_owned(), "BF16", vec![256]),
            ("lm_head.weight".to_owned(), "BF16", vec![4096, 256]),
        ];
        let mut map = Map::new();
        for (n, tensors) in (1..).zip([ends, layer(0), layer(1)]) {
            for (name, ..) in &tensors {
                map.insert(name.clone(), json!(shard(n)));
            }
            write_shard(&sample.0.join(shard(n)), &tensors)?;
        }
        let files = [
            ("model.safetensors.index.json", json!({ "weight_map": map })),
            (
                "config.json",
                json!({
                    "model_type": "gpt_oss", "torch_dtype": "bfloat16", "hidden_size": 256, "vocab_size": 4096,
                    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
                    "num_local_experts": 4, "tie_word_embeddings": false,
                    "quantization_config": {"quant_method": "mxfp4"},
                }),
            ),
            ("tokenizer.json", json!({"version": "1.0"})),
            (
                "tokenizer_config.json",
                json!({"eos_token": "<|return|>", "chat_template": "{{ messages }}"}),
            ),
        ];
        for (name, content) in files {
            fs::write(sample.0.join(name), content.to_string())?;
        }
        // As if uploaded an hour ago: what changes now may still be being written.
        let time = SystemTime::now() - Duration::from_hours(1);
        for entry in fs::read_dir(&sample.0)? {
            let file = File::options().write(true).open(entry?.path())?;
            file.set_modified(time)?;
        }
        Ok(sample)
    }

    async fn look(&self) -> Result<Report, Failure> {
        // The sample's sizes are not those of the real model.
        let table = Architectures::parse(&format!(
            "[[architecture]]\nids = [\"{ARCHITECTURE}\"]\nmodel_types = [\"gpt_oss\"]\nquantised = \"mxfp4\"\n\
             source = \"the demo\"\nknown = \"it is written here\"\n"
        ))?;
        let store = Store::Folder(Folder::new(&self.0));
        let preflight = Preflight::new(&store)
            .architecture(ARCHITECTURE)
            .architectures(table);
        Ok(preflight.run().await?)
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // It is in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shard(n: usize) -> String {
    format!("model-{n:05}-of-00003.safetensors")
}

type Tensor = (String, &'static str, Vec<u64>);

fn layer(n: usize) -> Vec<Tensor> {
    let tensors = [
        ("input_layernorm.weight", "BF16", vec![256]),
        ("post_attention_layernorm.weight", "BF16", vec![256]),
        ("self_attn.q_proj.weight", "BF16", vec![256, 256]),
        ("self_attn.k_proj.weight", "BF16", vec![128, 256]),
        ("self_attn.v_proj.weight", "BF16", vec![128, 256]),
        ("self_attn.o_proj.weight", "BF16", vec![256, 256]),
        ("mlp.router.weight", "BF16", vec![4, 256]),
        ("mlp.experts.gate_up_proj_blocks", "U8", vec![4, 512, 8, 16]),
        ("mlp.experts.gate_up_proj_scales", "U8", vec![4, 512, 8]),
        ("mlp.experts.down_proj_blocks", "U8", vec![4, 256, 8, 16]),
        ("mlp.experts.down_proj_scales", "U8", vec![4, 256, 8]),
    ];
    let named =
        tensors.map(|(rest, dtype, shape)| (format!("model.layers.{n}.{rest}"), dtype, shape));
    named.into()
}

/// A safetensors file whose data are zeros.
fn write_shard(path: &Path, tensors: &[Tensor]) -> std::io::Result<()> {
    let mut header = Map::new();
    let mut end = 0;
    for (name, dtype, shape) in tensors {
        let start = end;
        end += shape.iter().product::<u64>() * if *dtype == "BF16" { 2 } else { 1 };
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let header = Value::Object(header).to_string();
    let length = header.len() as u64;
    let mut file = File::create(path)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    file.set_len(8 + length + end)
}
