//! Whether a model is whole by the names of its tensors: its layers, and what each model of its type has.
//!
//! Names are known of the model types in [`shapes`]; of others what may lack is not checked, and said to be.
//! A part is told by the beginning of a name, as each way to quantise has endings of its own.

use std::collections::BTreeMap;

use crate::{
    Check,
    config::{Config, Tied},
    header::quoted,
    report::Found,
    shapes,
};

/// A part, what its tensors begin with, and what one begins with that holds it with others.
struct Part {
    name: &'static str,
    fused: Option<&'static str>,
}

const fn part(name: &'static str, fused: Option<&'static str>) -> Part {
    Part { name, fused }
}

/// What a layer has.
const LAYER: [Part; 9] = [
    part("input_layernorm.", None),
    part("post_attention_layernorm.", None),
    part("self_attn.q_proj.", Some("self_attn.qkv_proj.")),
    part("self_attn.k_proj.", Some("self_attn.qkv_proj.")),
    part("self_attn.v_proj.", Some("self_attn.qkv_proj.")),
    part("self_attn.o_proj.", None),
    part("mlp.gate_proj.", Some("mlp.gate_up_proj.")),
    part("mlp.up_proj.", Some("mlp.gate_up_proj.")),
    part("mlp.down_proj.", None),
];

/// The first of those that a mixture of experts has otherwise: of it, anything is enough.
const DENSE: usize = 6;

/// Either of these is the feed-forward part of a layer, in whatever form.
const FEED_FORWARD: [&str; 2] = ["mlp.", "block_sparse_moe."];

/// A layer with tensors is kept up to this many.
const MOST_LAYERS: usize = 100_000;

/// The parts of a layer that were seen, a bit each; the last is a feed-forward part of any form.
#[derive(Clone, Copy, Debug, Default)]
struct Parts(u16);

impl Parts {
    fn take(&mut self, rest: &str) {
        for (n, part) in LAYER.iter().enumerate() {
            let fused = part.fused.is_some_and(|fused| rest.starts_with(fused));
            if rest.starts_with(part.name) || fused {
                self.0 |= 1 << n;
            }
        }
        if FEED_FORWARD.iter().any(|word| rest.starts_with(word)) {
            self.0 |= 1 << LAYER.len();
        }
    }

    /// The first part that lacks.
    fn lacking(self, experts: bool) -> Option<&'static str> {
        let has = |n: usize| self.0 & 1 << n != 0;
        let exact = if experts { DENSE } else { LAYER.len() };
        let lacks = (0..exact).find(|n| !has(*n)).map(|n| LAYER[n].name);
        lacks.or_else(|| (!has(LAYER.len())).then_some(FEED_FORWARD[0]))
    }
}

/// What was seen of a model's parts.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    tensors: u64,
    layers: BTreeMap<u64, Parts>,
    embedding: bool,
    norm: bool,
    output: bool,
}

impl Seen {
    pub(crate) fn take(&mut self, name: &str) {
        self.tensors += 1;
        self.output |= shapes::is_output(name);
        let Some(rest) = shapes::in_stack(name) else {
            return;
        };
        self.embedding |= rest.starts_with("embed_tokens.");
        self.norm |= rest.starts_with("norm.");
        let Some((layer, rest)) = shapes::layer(rest) else {
            return;
        };
        if self.layers.len() < MOST_LAYERS || self.layers.contains_key(&layer) {
            self.layers.entry(layer).or_default().take(rest);
        }
    }

    /// `complete` tells whether all tensors were seen.
    pub(crate) fn check(&self, config: Option<&Config>, complete: bool, found: &mut Found) {
        if complete && self.tensors == 0 {
            let what = "its safetensors have no tensors at all";
            found.add(Check::IncompleteModel, "", what, WHOLE);
            return;
        }
        let Some(config) = config else { return };
        self.check_layers(config, complete, found);
        if complete {
            self.check_parts(config, found);
            self.check_output(config, found);
        }
    }

    /// Whether tensors have the names that those of the known model types have.
    fn named(&self) -> bool {
        self.embedding || self.layers.values().any(|parts| parts.0 != 0)
    }

    fn check_layers(&self, config: &Config, complete: bool, found: &mut Found) {
        let Some(count) = config.number("num_hidden_layers") else {
            return;
        };
        // Layers that predict further tokens come after the others, and may be left out.
        let more = config
            .number("num_nextn_predict_layers")
            .unwrap_or_default();
        let last = self.layers.keys().next_back();
        let there = self.layers.range(..count).count() as u64;
        let what = if let Some(last) = last
            && *last >= count.saturating_add(more)
        {
            format!(
                "num_hidden_layers is {count}, and there are tensors of layer {last}, counted from 0"
            )
        } else if !complete || there >= count {
            return;
        } else if last.is_none() && !(self.named() && shapes::knows(config)) {
            let why = "no tensor has a name by which its layer is known";
            found.not_checked(Check::ConfigLayers, why);
            return;
        } else {
            let lacking = (0..count).find(|layer| !self.layers.contains_key(layer));
            format!(
                "num_hidden_layers is {count}, and {} have no tensors, first layer {}, counted from 0",
                count - there,
                lacking.unwrap_or_default()
            )
        };
        let remedy = "use the config.json of the same save as the weights";
        found.add(Check::ConfigLayers, "config.json", what, remedy);
    }

    fn check_parts(&self, config: &Config, found: &mut Found) {
        let not_checked = |why: String, found: &mut Found| {
            found.not_checked(Check::IncompleteModel, why);
        };
        if !shapes::knows(config) {
            let types = config.model_types();
            let which = types.last().map_or_else(
                || "a model of no named type".to_owned(),
                |it| format!("model type {}", quoted(it)),
            );
            not_checked(
                format!("which tensors {which} has is not known here"),
                found,
            );
            return;
        }
        if !self.named() {
            let why = "no tensor is named as those of its model type are";
            not_checked(why.to_owned(), found);
            return;
        }
        if config.names_unknown() {
            let why = "how its way of quantising names tensors is not known here";
            not_checked(why.to_owned(), found);
            return;
        }
        let shared = self.output && config.tied() != Tied::No;
        let lacks = |name: &str| {
            format!("a model of this type has tensors {name}…, and no file has one of them")
        };
        if !self.embedding && !shared {
            found.add(
                Check::IncompleteModel,
                "",
                lacks("model.embed_tokens."),
                WHOLE,
            );
        }
        if !self.norm {
            found.add(Check::IncompleteModel, "", lacks("model.norm."), WHOLE);
        }
        let count = config.number("num_hidden_layers").unwrap_or_default();
        let experts = shapes::has_experts(config);
        let layers = self.layers.range(..count);
        let mut lacking = layers.filter_map(|(n, parts)| Some((n, parts.lacking(experts)?)));
        if let Some((n, name)) = lacking.next() {
            let more = match lacking.count() {
                0 => String::new(),
                more => format!("; {more} more layers lack tensors too"),
            };
            let what = lacks(&format!("model.layers.{n}.{name}"));
            found.add(Check::IncompleteModel, "", what + &more, WHOLE);
        }
    }

    fn check_output(&self, config: &Config, found: &mut Found) {
        if self.output || !self.embedding {
            return;
        }
        match (config.tied(), config.without_output()) {
            (Tied::Conflict, _) => {
                let why = "tie_word_embeddings of config.json and of its text_config contradict each other, and \
                           readers differ in which they take";
                found.not_checked(Check::NoOutputLayer, why);
            }
            (Tied::No, Some(class)) => {
                let why = format!("config.json names {}, which may have none", quoted(class));
                found.not_checked(Check::NoOutputLayer, why);
            }
            (Tied::No, None) => {
                let what =
                    "tie_word_embeddings is false, and there is no tensor \"lm_head.weight\"";
                let remedy = "save the model with its output layer, or set tie_word_embeddings if it shares the embedding's";
                found.add(Check::NoOutputLayer, "config.json", what, remedy);
            }
            (Tied::Yes | Tied::Untold, _) => {}
        }
    }
}

const WHOLE: &str = "save the whole model anew, and upload every file of the save";
