//! The files around the weights: how text is cut into tokens, and what a chat looks like.

use serde_json::{Map, Value};

use crate::{
    Check,
    layout::Files,
    report::Found,
    source::{Source, judge},
    store::Error,
};

/// The small files that are read, and have to be JSON objects.
pub(crate) const READ: [&str; 4] = [CONFIG, SPECIAL, "generation_config.json", TEMPLATE];

const CONFIG: &str = "tokenizer_config.json";
const SPECIAL: &str = "special_tokens_map.json";
const TEMPLATE: &str = "chat_template.json";

/// The largest of them that is read, in bytes.
const LARGEST: u64 = 8 << 20;

/// Any of these is a tokenizer.
const ALONE: [&str; 6] = [
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
    "vocab.txt",
];

pub(crate) async fn check(
    source: &Source<'_>,
    files: &Files<'_>,
    found: &mut Found,
) -> Result<(), Error> {
    let mut read = Vec::new();
    for key in READ {
        read.push(object(source, files, key, found).await?);
    }
    let [config, special, _, template] = read.try_into().unwrap_or_default();
    let tiktoken = || files.names().any(|name| name.ends_with(".tiktoken"));
    let pair = files.has("vocab.json") && files.has("merges.txt");
    let has_tokenizer = ALONE.iter().any(|key| files.has(key)) || pair || tiktoken();
    let remedy = "copy the tokenizer's files from the model that the training began with";
    if !has_tokenizer {
        let what = "there is no tokenizer.json, and no tokenizer of another kind";
        found.add(Check::NoTokenizer, "", what, remedy);
    } else if !files.has("tekken.json") {
        let ends =
            |read: &Read| matches!(read, Read::Object(map) if is_token(map.get("eos_token")));
        let unknown = |read: &Read| matches!(read, Read::Wrong);
        let parts = [&config, &special];
        if !parts.iter().any(|part| ends(part) || unknown(part)) {
            let what = format!("neither {CONFIG} nor {SPECIAL} names an eos_token");
            found.add(Check::SpecialTokens, CONFIG, what, remedy);
        }
    }
    let told = [&config, &template].iter().any(|part| match part {
        Read::Object(map) => is_template(map.get("chat_template")),
        Read::Absent => false,
        // What cannot be read is told already.
        Read::Wrong => true,
    });
    let file = |name: &str| files.get(name).is_some_and(|it| it.size > 0);
    if !told && !file("chat_template.jinja") {
        let what = format!("there is none in {CONFIG}, chat_template.jinja or {TEMPLATE}");
        let remedy = "save the tokenizer with the template that the training used";
        found.add(Check::NoChatTemplate, "", what, remedy);
    }
    Ok(())
}

/// What became of a file.
#[derive(Default)]
enum Read {
    #[default]
    Absent,
    Wrong,
    Object(Map<String, Value>),
}

async fn object(
    source: &Source<'_>,
    files: &Files<'_>,
    key: &str,
    found: &mut Found,
) -> Result<Read, Error> {
    let Some(object) = files.get(key).filter(|it| !it.archived) else {
        return Ok(Read::Absent);
    };
    if object.size > LARGEST {
        found.not_checked(
            Check::BadJson,
            format!(
                "{key} has {} bytes; it is read up to {LARGEST}",
                object.size
            ),
        );
        return Ok(Read::Wrong);
    }
    let bytes = match source.read(object, 0..object.size).await {
        Ok(bytes) => bytes,
        Err(error) => {
            judge(error, key, found)?;
            return Ok(Read::Wrong);
        }
    };
    let what = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => return Ok(Read::Object(map)),
        Ok(_) => "it is no object, and has to be one".to_owned(),
        Err(error) => format!("it cannot be read as JSON: {error}"),
    };
    found.add(
        Check::BadJson,
        key,
        what,
        "save the tokenizer anew, and upload the file again",
    );
    Ok(Read::Wrong)
}

/// A token is a text, or an object with one.
fn is_token(value: Option<&Value>) -> bool {
    let text = match value {
        Some(Value::Object(token)) => token.get("content"),
        value => value,
    };
    text.and_then(Value::as_str)
        .is_some_and(|text| !text.is_empty())
}

/// A template is a text, or a list of named ones.
fn is_template(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(named)) => !named.is_empty(),
        Some(Value::Object(named)) => !named.is_empty(),
        _ => false,
    }
}
