//! Whether a model is whole: what lacks is found by what each model of its type has, nothing is found in
//! what is only saved in another way, and what is not known is not checked.

#![allow(missing_docs)]

mod support;

use cerebras_management_preflight::{Check, Preflight, Report, Store, store::Folder};
use safetensors::tensor::Dtype;
use serde_json::json;
use support::{
    found,
    model::{Described, Model, bf16, llama_config, safetensors},
};

fn look(model: &Model) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    model.write(folder.path());
    let store = Store::Folder(Folder::new(folder.path()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let preflight = Preflight::new(&store)
        .architecture(&model.architecture)
        .architectures(support::table())
        .at(support::now());
    runtime.block_on(preflight.run()).expect("a report")
}

/// A Llama of two layers in one file, with its tensors edited.
fn edited(edit: impl Fn(&mut Vec<Described>)) -> Model {
    let mut tensors = Model::llama_tensors();
    edit(&mut tensors);
    let mut model = Model::tied();
    model.put("model.safetensors", safetensors(&tensors));
    model.put("config.json", llama_config(2).to_string());
    model
}

/// What is found, without the objects.
fn checks(model: &Model) -> Vec<Check> {
    found(&look(model))
        .iter()
        .map(|(check, _)| *check)
        .collect()
}

fn without(word: &str) -> Model {
    edited(|tensors| tensors.retain(|(name, ..)| !name.contains(word)))
}

#[test]
fn what_every_model_of_a_type_has_is_missed() {
    assert_eq!(checks(&edited(|_| {})), []);
    assert_eq!(checks(&edited(Vec::clear)), [Check::IncompleteModel]);
    assert_eq!(checks(&without("layers")), [Check::ConfigLayers]);
    for lacking in [
        "embed_tokens",
        "model.norm",
        "layers.1.self_attn",
        "layers.0.mlp.up_proj",
        "layers.1.input_layernorm",
    ] {
        assert_eq!(
            checks(&without(lacking)),
            [Check::IncompleteModel],
            "{lacking}"
        );
    }
    let report = look(&without("layers.1.self_attn"));
    assert_eq!(
        report.findings[0].what,
        "a model of this type has tensors model.layers.1.self_attn.q_proj.…, and no file has one of them"
    );
}

#[test]
fn a_tensor_with_more_or_fewer_sizes_contradicts_the_configuration() {
    let shaped = |tensor: &str, shape: &[usize]| {
        let model = edited(|tensors| {
            let found = tensors.iter_mut().find(|(name, ..)| name == tensor);
            found.expect("a tensor").2 = shape.to_vec();
        });
        checks(&model)
    };
    let embedding = "model.embed_tokens.weight";
    assert_eq!(shaped(embedding, &[16, 8]), []);
    assert_eq!(shaped(embedding, &[128]), [Check::ConfigShape]);
    assert_eq!(shaped(embedding, &[16, 2, 2, 2]), [Check::ConfigShape]);
    assert_eq!(shaped("model.norm.weight", &[8, 1]), [Check::ConfigShape]);
}

#[test]
fn a_bias_is_as_long_as_its_matrix_has_rows() {
    let bias = |name: &str, length: usize| {
        let name = format!("model.layers.1.{name}.bias");
        checks(&edited(|tensors| tensors.push(bf16(&name, &[length]))))
    };
    for (name, rows) in [
        ("self_attn.q_proj", 8),
        ("self_attn.k_proj", 4),
        ("self_attn.v_proj", 4),
        ("self_attn.o_proj", 8),
        ("mlp.gate_proj", 20),
        ("mlp.up_proj", 20),
        ("mlp.down_proj", 8),
    ] {
        assert_eq!(bias(name, rows), [], "{name}");
        assert_eq!(bias(name, rows + 2), [Check::ConfigShape], "{name}");
    }
}

#[test]
fn matrices_that_are_one_tensor_are_not_missed() {
    let fused = edited(|tensors| {
        tensors
            .retain(|(name, ..)| !name.contains("layers.1.self_attn") || name.contains("o_proj"));
        tensors.push(bf16("model.layers.1.self_attn.qkv_proj.weight", &[16, 8]));
    });
    assert_eq!(checks(&fused), []);
}

#[test]
fn what_is_not_known_is_not_checked() {
    let mut other = without("layers.1.self_attn");
    other.architecture = "other".to_owned();
    other.edit("config.json", |config| {
        config.insert("model_type".to_owned(), json!("mamba"));
    });
    let report = look(&other);
    assert_eq!(
        found(&report),
        [(Check::UnknownArchitecture, String::new())]
    );
    let not_checked = &report.not_checked[0];
    assert_eq!(
        (not_checked.check, &*not_checked.why),
        (
            "incomplete-model",
            "which tensors model type \"mamba\" has is not known here"
        )
    );

    let renamed = edited(|tensors| {
        for (n, (name, ..)) in tensors.iter_mut().enumerate() {
            *name = format!("blk.{n}");
        }
    });
    let report = look(&renamed);
    assert_eq!(found(&report), []);
    let words: Vec<_> = report.not_checked.iter().map(|it| it.check).collect();
    assert_eq!(words, ["config-layers", "incomplete-model"]);
}

#[test]
fn nothing_but_the_way_is_told_of_a_model_that_is_quantised() {
    for (way, model) in Model::quantised() {
        let report = look(&model);
        let expected = [(Check::Quantised, "config.json".to_owned())];
        assert_eq!(found(&report), expected, "{way}");
        assert_eq!(
            report.not_checked.is_empty(),
            way != "a way of its own",
            "{way}"
        );
    }
}

#[test]
fn a_part_of_a_quantised_model_is_missed_as_that_of_another() {
    for (way, model) in Model::quantised() {
        let mut model = model;
        model.edit_header("model.safetensors", |header| {
            let names: Vec<_> = header
                .keys()
                .filter(|name| name.contains("0.mlp.down"))
                .cloned()
                .collect();
            for name in names {
                let entry = header.remove(&name).expect("a tensor");
                header.insert(format!("left.{name}"), entry);
            }
        });
        let lacks = checks(&model).contains(&Check::IncompleteModel);
        assert_eq!(lacks, way != "a way of its own", "{way}");
    }
}

fn tying(top: Option<bool>, text: Option<bool>) -> Model {
    let mut model = Model::with_vision();
    let prefix = |(name, dtype, shape): Described| (format!("language_model.{name}"), dtype, shape);
    let tensors: Vec<_> = Model::llama_tensors()
        .into_iter()
        .filter(|it| it.0 != "lm_head.weight")
        .map(prefix)
        .collect();
    model.put("model.safetensors", safetensors(&tensors));
    model.edit("config.json", |config| {
        config.extend(top.map(|it| ("tie_word_embeddings".to_owned(), json!(it))));
        let inner = config["text_config"].as_object_mut().expect("an object");
        inner.remove("tie_word_embeddings");
        inner.extend(text.map(|it| ("tie_word_embeddings".to_owned(), json!(it))));
    });
    model
}

#[test]
fn an_output_layer_is_missed_where_the_configuration_says_one_thing() {
    let told = |top, text| checks(&tying(top, text));
    assert_eq!(told(None, Some(true)), []);
    assert_eq!(told(Some(true), None), []);
    assert_eq!(told(None, Some(false)), [Check::NoOutputLayer]);
    assert_eq!(told(Some(false), None), [Check::NoOutputLayer]);
    for (top, text) in [(true, false), (false, true)] {
        let report = look(&tying(Some(top), Some(text)));
        assert_eq!(found(&report), []);
        assert_eq!(report.not_checked[0].check, "no-output-layer");
    }
}

#[test]
fn a_class_that_writes_no_text_needs_no_output_layer() {
    for (class, missed) in [
        ("LlamaForCausalLM", true),
        ("LlamaForSequenceClassification", false),
        ("LlamaModel", false),
    ] {
        let mut model = edited(|tensors| tensors.retain(|it| it.0 != "lm_head.weight"));
        model.edit("config.json", |config| {
            config.insert("architectures".to_owned(), json!([class]));
        });
        let report = look(&model);
        assert_eq!(found(&report).len(), usize::from(missed), "{class}");
        assert_eq!(report.not_checked.len(), usize::from(!missed), "{class}");
    }
}

#[test]
fn a_whole_model_may_have_tensors_of_other_types_beside() {
    let more = edited(|tensors| {
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq".to_owned();
        tensors.push((name, Dtype::F32, vec![2]));
    });
    assert_eq!(checks(&more), []);
}

#[test]
fn numbers_that_are_none_are_a_warning_and_the_rest_is_read() {
    let mut model = Model::tied();
    let config = model.files["config.json"].clone();
    let config = String::from_utf8(config).expect("a text");
    let with = config.replacen('{', r#"{"time_step_limit": [0.0, Infinity], "#, 1);
    model.put("config.json", with.clone());
    let warned = (Check::NotStrictJson, "config.json".to_owned());
    assert_eq!(found(&look(&model)), std::slice::from_ref(&warned));
    // It is held against the weights as any other.
    model.put(
        "config.json",
        with.replace(r#""num_hidden_layers":2"#, r#""num_hidden_layers":3"#),
    );
    assert_eq!(checks(&model), [Check::ConfigLayers, Check::NotStrictJson]);
}

#[test]
fn models_in_folders_below_are_named() {
    let below = |folders: &[&str]| {
        let mut model = Model::default();
        for folder in folders {
            for (name, content) in Model::tied().files {
                model.put(&format!("{folder}/{name}"), content);
            }
        }
        model.architecture = "tiny-llama".to_owned();
        look(&model)
    };
    let deep = below(&["models--a--b/snapshots/1f"]);
    let folder = "models--a--b/snapshots/1f/".to_owned();
    assert_eq!(found(&deep), [(Check::NestedFolder, folder)]);
    let with_original = below(&["run", "run/original"]);
    assert_eq!(
        found(&with_original),
        [(Check::NestedFolder, "run/".to_owned())]
    );

    let several = below(&["checkpoint-1", "checkpoint-2"]);
    let finding = &several.findings[0];
    assert_eq!(finding.check, Check::NoSafetensors);
    assert!(
        finding
            .what
            .ends_with(r#": "checkpoint-1", "checkpoint-2""#)
            && finding.remedy.ends_with("/checkpoint-1"),
        "{finding:?}"
    );
}
