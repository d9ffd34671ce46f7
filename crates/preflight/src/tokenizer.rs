//! The files around the weights: how text is cut into tokens, and what a chat looks like.

use std::borrow::Cow;

use futures_util::future::try_join4;
use serde::de::{MapAccess, SeqAccess};

use crate::{
    Check,
    json::{self, Of, Skip, Text, Wanted},
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
    let reads = READ.map(|key| async move {
        let mut found = Found::default();
        let read = object(source, files, key, &mut found).await?;
        Ok::<_, Error>((read, found))
    });
    let [config, special, others, template] = reads;
    let (config, special, others, template) = try_join4(config, special, others, template).await?;
    let [config, special, _, template] = [config, special, others, template].map(|(read, of)| {
        found.merge(of);
        read
    });
    let tiktoken = || files.names().any(|name| name.ends_with(".tiktoken"));
    let pair = files.has("vocab.json") && files.has("merges.txt");
    let has_tokenizer = ALONE.iter().any(|key| files.has(key)) || pair || tiktoken();
    let remedy = "copy the tokenizer's files from the model that the training began with";
    if !has_tokenizer {
        let what = "there is no tokenizer.json, and no tokenizer of another kind";
        found.add(Check::NoTokenizer, "", what, remedy);
    } else if !files.has("tekken.json") {
        let ends = |read: &Read| matches!(read, Read::Object(fields) if fields.ends);
        let unknown = |read: &Read| matches!(read, Read::Wrong);
        let parts = [&config, &special];
        if !parts.iter().any(|part| ends(part) || unknown(part)) {
            let what = format!("neither {CONFIG} nor {SPECIAL} names an eos_token");
            found.add(Check::SpecialTokens, CONFIG, what, remedy);
        }
    }
    let told = [&config, &template].iter().any(|part| match part {
        Read::Object(fields) => fields.template,
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
enum Read {
    Absent,
    Wrong,
    Object(Fields),
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
    let text = std::str::from_utf8(&bytes).map_err(|error| format!("it is no UTF-8: {error}"));
    let fields = text.and_then(|text| match json::read(text, Whole) {
        Ok(fields) => fields.map_err(not_an_object),
        Err(error) => {
            let strict = json::without_infinities(text);
            let read = strict.and_then(|strict| json::read(&strict, Whole).ok());
            let Some(fields) = read else {
                return Err(format!("it cannot be read as JSON: {error}"));
            };
            let (what, remedy) = json::INFINITIES;
            found.add(Check::NotStrictJson, key, what, remedy);
            fields.map_err(not_an_object)
        }
    });
    let what = match fields {
        Ok(fields) => return Ok(Read::Object(fields)),
        Err(what) => what,
    };
    found.add(
        Check::BadJson,
        key,
        what,
        "save the tokenizer anew, and upload the file again",
    );
    Ok(Read::Wrong)
}

fn not_an_object(kind: &'static str) -> String {
    format!("it is {kind}, and has to be an object")
}

/// What is looked for in a file. The rest is not kept: a file may be large.
#[derive(Default)]
struct Fields {
    /// Whether it names the token that ends an answer.
    ends: bool,
    /// Whether it has a template for chats.
    template: bool,
}

struct Whole;

impl<'de> Wanted<'de> for Whole {
    type Out = Result<Fields, &'static str>;

    fn other(self, kind: &'static str) -> Self::Out {
        Err(kind)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut fields = Fields::default();
        while let Some(Ok(key)) = object.next_key_seed(Of(Text))? {
            match &*key {
                "eos_token" => fields.ends = object.next_value_seed(Of(Token))?,
                "chat_template" => fields.template = object.next_value_seed(Of(Template))?,
                _ => object.next_value_seed(Of(Skip))?,
            }
        }
        Ok(Ok(fields))
    }
}

/// A token is a text, or an object with one.
struct Token;

impl<'de> Wanted<'de> for Token {
    type Out = bool;

    fn other(self, _: &'static str) -> bool {
        false
    }

    fn text(self, text: Cow<'de, str>) -> bool {
        !text.is_empty()
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        let mut is_token = false;
        while let Some(Ok(key)) = object.next_key_seed(Of(Text))? {
            let content = object.next_value_seed(Of(Text))?;
            is_token |= key == "content" && content.is_ok_and(|text| !text.is_empty());
        }
        Ok(is_token)
    }
}

/// A template is a text, or several that are named.
struct Template;

impl<'de> Wanted<'de> for Template {
    type Out = bool;

    fn other(self, _: &'static str) -> bool {
        false
    }

    fn text(self, text: Cow<'de, str>) -> bool {
        !text.trim().is_empty()
    }

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<bool, A::Error> {
        let mut any = false;
        while array.next_element_seed(Of(Skip))?.is_some() {
            any = true;
        }
        Ok(any)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(Ok(_)) = object.next_key_seed(Of(Text))? {
            object.next_value_seed(Of(Skip))?;
            any = true;
        }
        Ok(any)
    }
}
