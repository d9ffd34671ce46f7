//! Whole models that are quantised in the ways of the field, with the names and types that each way has.

use safetensors::tensor::Dtype;
use serde_json::json;

use super::model::{Described, Model, bf16, llama_config, llama_layer};

/// The tensors of a matrix: of the name of its module, its rows and its columns.
type Quantise = fn(&str, usize, usize) -> Vec<Described>;

impl Model {
    /// By the name of the way: a Llama in one file, with all matrices of its layers quantised.
    pub(crate) fn quantised() -> Vec<(&'static str, Self)> {
        let ways: [(_, _, Quantise); 8] = [
            ("fp8 by row", "compressed-tensors", |name, rows, columns| {
                vec![
                    tensor(name, "weight", Dtype::F8_E4M3, &[rows, columns]),
                    tensor(name, "weight_scale", Dtype::BF16, &[rows, 1]),
                    tensor(name, "input_scale", Dtype::BF16, &[1]),
                ]
            }),
            (
                "packed by row",
                "compressed-tensors",
                |name, rows, columns| {
                    vec![
                        tensor(name, "weight_packed", Dtype::I32, &[rows, columns / 4]),
                        tensor(name, "weight_scale", Dtype::BF16, &[rows, 1]),
                        tensor(name, "weight_shape", Dtype::I64, &[2]),
                    ]
                },
            ),
            ("fp8 by block", "fp8", |name, rows, columns| {
                vec![
                    tensor(name, "weight", Dtype::F8_E4M3, &[rows, columns]),
                    tensor(name, "weight_scale_inv", Dtype::F32, &[1, 1]),
                ]
            }),
            ("AWQ", "awq", |name, rows, columns| {
                vec![
                    tensor(name, "qweight", Dtype::I32, &[columns, rows / 4]),
                    tensor(name, "qzeros", Dtype::I32, &[1, rows / 4]),
                    tensor(name, "scales", Dtype::F16, &[1, rows]),
                ]
            }),
            ("GPTQ", "gptq", |name, rows, columns| {
                vec![
                    tensor(name, "qweight", Dtype::I32, &[columns / 4, rows]),
                    tensor(name, "qzeros", Dtype::I32, &[1, rows / 4]),
                    tensor(name, "scales", Dtype::F16, &[1, rows]),
                    tensor(name, "g_idx", Dtype::I32, &[columns]),
                ]
            }),
            (
                "four bits in bytes",
                "bitsandbytes",
                |name, rows, columns| four_bits(name, Dtype::U8, rows * columns / 2),
            ),
            (
                "four bits in floats",
                "bitsandbytes",
                |name, rows, columns| four_bits(name, Dtype::BF16, rows * columns / 4),
            ),
            ("a way of its own", "quip", |name, rows, columns| {
                vec![tensor(name, "Qidxs", Dtype::I16, &[rows, columns / 4])]
            }),
        ];
        let models = ways.into_iter().map(|(name, method, quantise)| {
            let mut tensors = vec![
                bf16("model.embed_tokens.weight", &[16, 8]),
                bf16("model.norm.weight", &[8]),
                bf16("lm_head.weight", &[16, 8]),
            ];
            for (name, dtype, shape) in (0..2).flat_map(llama_layer) {
                match (name.strip_suffix(".weight"), &shape[..]) {
                    (Some(module), [rows, columns]) => {
                        tensors.extend(quantise(module, *rows, *columns));
                    }
                    _ => tensors.push((name, dtype, shape)),
                }
            }
            let mut config = llama_config(2);
            config["quantization_config"] = json!({"quant_method": method});
            let model = Self::single("tiny-llama", &tensors)
                .with_config(&config)
                .with_tokenizer();
            (name, model)
        });
        models.collect()
    }
}

fn tensor(module: &str, end: &str, dtype: Dtype, shape: &[usize]) -> Described {
    (format!("{module}.{end}"), dtype, shape.to_vec())
}

fn four_bits(module: &str, dtype: Dtype, packed: usize) -> Vec<Described> {
    vec![
        tensor(module, "weight", dtype, &[packed, 1]),
        tensor(module, "weight.absmax", Dtype::U8, &[1]),
        tensor(module, "weight.quant_map", Dtype::F32, &[16]),
        tensor(
            module,
            "weight.quant_state.bitsandbytes__nf4",
            Dtype::U8,
            &[80],
        ),
    ]
}
