//! What `config.json` says of the shapes of tensors.
//!
//! Only what is so for every model of a kind is held against the weights: the embedding and the output
//! layer for all, attention and feed-forward matrices for the model types listed in [`KINDS`].

use crate::{
    config::Config,
    header::{Dtype, Tensor},
};

/// What the tensors of a decoder begin with, alone or as a part of a model with several.
const STACKS: [&str; 4] = [
    "model.language_model.",
    "language_model.model.",
    "model.",
    "",
];

/// How the matrices of a model type follow from its configuration.
struct Kind {
    model_type: &'static str,
    /// Whether the heads' size follows from the hidden size where it is not told.
    divided: bool,
    /// Whether `intermediate_size` is that of `mlp.gate_proj` and its neighbours.
    dense: bool,
    /// The name of the number of experts, of which a router has a row each, and the router's own name.
    experts: Option<(&'static str, &'static str)>,
}

const KINDS: [Kind; 8] = [
    kind("llama", true, true, None),
    kind("mistral", true, true, None),
    kind(
        "mixtral",
        true,
        false,
        Some(("num_local_experts", "block_sparse_moe.gate.weight")),
    ),
    kind("qwen2", true, true, None),
    kind("qwen3", false, true, None),
    kind(
        "qwen3_moe",
        false,
        true,
        Some(("num_experts", "mlp.gate.weight")),
    ),
    kind(
        "glm4_moe",
        false,
        true,
        Some(("n_routed_experts", "mlp.gate.weight")),
    ),
    kind(
        "gpt_oss",
        false,
        false,
        Some(("num_local_experts", "mlp.router.weight")),
    ),
];

const fn kind(
    model_type: &'static str,
    divided: bool,
    dense: bool,
    experts: Option<(&'static str, &'static str)>,
) -> Kind {
    Kind {
        model_type,
        divided,
        dense,
        experts,
    }
}

/// One size of a shape: the words of config.json that it follows from, and the number where they tell it.
type Size = (&'static str, Option<u64>);

/// The sizes that a configuration gives.
#[derive(Debug)]
pub(crate) struct Shapes {
    hidden: Size,
    vocabulary: Size,
    /// All heads together, of the queries and of the keys.
    heads: Size,
    key_heads: Size,
    intermediate: Size,
    expert: Size,
    experts: Option<(&'static str, Size)>,
    /// Whether the names of the layers' tensors are known to have these meanings.
    known: bool,
    /// Whether a matrix of floats in a layer may be a packed one.
    packs_floats: bool,
}

/// A contradiction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contradiction {
    /// The words of config.json.
    pub(crate) word: &'static str,
    pub(crate) expected: u64,
    /// What it is in its place.
    pub(crate) has: u64,
    /// Of what it is a number, where that is not a size; ` sizes`.
    pub(crate) unit: &'static str,
}

impl Shapes {
    pub(crate) fn of(config: &Config) -> Self {
        let kind = kind_of(config);
        let number = |name: &str| config.number(name);
        let head = number("head_dim").or_else(|| {
            let heads = number("num_attention_heads").filter(|heads| *heads > 0)?;
            let hidden = number("hidden_size").filter(|it| it.is_multiple_of(heads))?;
            kind?.divided.then_some(hidden / heads)
        });
        let all = |count: &str| {
            kind?;
            number(count)?.checked_mul(head?)
        };
        let keys = if number("num_key_value_heads").is_some() {
            "num_key_value_heads"
        } else {
            "num_attention_heads"
        };
        Self {
            hidden: ("hidden_size", number("hidden_size")),
            vocabulary: ("vocab_size", number("vocab_size")),
            heads: (
                "num_attention_heads and head_dim",
                all("num_attention_heads"),
            ),
            key_heads: ("num_key_value_heads and head_dim", all(keys)),
            intermediate: (
                "intermediate_size",
                number("intermediate_size").filter(|_| kind.is_some_and(|kind| kind.dense)),
            ),
            expert: (
                "moe_intermediate_size",
                number("moe_intermediate_size").filter(|_| kind.is_some()),
            ),
            experts: kind
                .and_then(|kind| kind.experts)
                .map(|(count, router)| (router, (count, number(count)))),
            known: kind.is_some(),
            packs_floats: config.packs_floats(),
        }
    }

    /// What the configuration says of a tensor's shape, by the tensor's name.
    fn expected(&self, name: &str) -> Option<[Option<Size>; 2]> {
        let matrix = |rows, columns| Some([Some(rows), Some(columns)]);
        let vector = |size| Some([Some(size), None]);
        if matches!(name, "lm_head.weight" | "language_model.lm_head.weight") {
            return matrix(self.vocabulary, self.hidden);
        }
        let rest = in_stack(name)?;
        match rest {
            "embed_tokens.weight" => return matrix(self.vocabulary, self.hidden),
            "norm.weight" => return vector(self.hidden),
            _ => {}
        }
        let (_, rest) = layer(rest)?;
        match rest {
            "input_layernorm.weight" | "post_attention_layernorm.weight" => vector(self.hidden),
            "self_attn.q_proj.weight" => matrix(self.heads, self.hidden),
            "self_attn.k_proj.weight" | "self_attn.v_proj.weight" => {
                matrix(self.key_heads, self.hidden)
            }
            "self_attn.o_proj.weight" => matrix(self.hidden, self.heads),
            "mlp.gate_proj.weight" | "mlp.up_proj.weight" => matrix(self.intermediate, self.hidden),
            "mlp.down_proj.weight" => matrix(self.hidden, self.intermediate),
            "self_attn.q_proj.bias" => vector(self.heads),
            "self_attn.k_proj.bias" | "self_attn.v_proj.bias" => vector(self.key_heads),
            "self_attn.o_proj.bias" | "mlp.down_proj.bias" if self.known => vector(self.hidden),
            "mlp.gate_proj.bias" | "mlp.up_proj.bias" => vector(self.intermediate),
            _ => {
                if let Some((router, experts)) = self.experts {
                    if rest == router {
                        return matrix(experts, self.hidden);
                    }
                    if rest.strip_suffix("bias") == router.strip_suffix("weight") {
                        return vector(experts);
                    }
                }
                let (_, rest) = rest.strip_prefix("mlp.experts.")?.split_once('.')?;
                match rest {
                    "gate_proj.weight" | "up_proj.weight" => matrix(self.expert, self.hidden),
                    "down_proj.weight" => matrix(self.hidden, self.expert),
                    _ => None,
                }
            }
        }
    }

    /// Where a tensor's shape is not what the configuration says. Packed tensors have shapes of their own.
    pub(crate) fn contradiction(&self, tensor: &Tensor<'_>) -> Option<Contradiction> {
        let plain =
            tensor.dtype.is_float() || matches!(tensor.dtype, Dtype::F8E4m3 | Dtype::F8E5m2);
        let expected = self.expected(&tensor.name).filter(|_| plain)?;
        if tensor.shape.bytes(tensor.dtype) != tensor.end.checked_sub(tensor.start) {
            // Which is told, and makes the shape itself doubtful.
            return None;
        }
        let count = expected.iter().flatten().count();
        let in_layer = in_stack(&tensor.name).is_some_and(|rest| layer(rest).is_some());
        if count == 2 && in_layer && self.packs_floats {
            return None;
        }
        if tensor.shape.rank() as usize != count {
            // Of other model types the same name may be another thing.
            let (word, told) = expected[0]?;
            told.filter(|_| self.known)?;
            return Some(Contradiction {
                word,
                expected: count as u64,
                has: u64::from(tensor.shape.rank()),
                unit: " sizes",
            });
        }
        let sizes = tensor.shape.sizes()?;
        let mut pairs = expected.iter().flatten().zip(sizes);
        pairs.find_map(|((word, expected), has)| {
            let expected = expected.filter(|it| it != has)?;
            Some(Contradiction {
                word,
                expected,
                has: *has,
                unit: "",
            })
        })
    }
}

fn kind_of(config: &Config) -> Option<&'static Kind> {
    let types = config.model_types();
    KINDS.iter().find(|kind| types.contains(&kind.model_type))
}

/// Whether the names of the tensors of its model type are known.
pub(crate) fn knows(config: &Config) -> bool {
    kind_of(config).is_some()
}

/// Whether it is a mixture of experts.
pub(crate) fn has_experts(config: &Config) -> bool {
    kind_of(config).is_some_and(|kind| kind.experts.is_some())
}

/// A tensor's name without what those of a decoder begin with.
pub(crate) fn in_stack(name: &str) -> Option<&str> {
    STACKS.iter().find_map(|stack| name.strip_prefix(stack))
}

/// The number of a decoder's layer in a tensor's name without its stack, and what comes after it.
pub(crate) fn layer(rest: &str) -> Option<(u64, &str)> {
    let (number, rest) = rest.strip_prefix("layers.")?.split_once('.')?;
    Some((number.parse().ok()?, rest))
}

/// Whether it is the output layer.
pub(crate) fn is_output(name: &str) -> bool {
    ["lm_head.", "language_model.lm_head."]
        .iter()
        .any(|start| name.starts_with(start))
}
