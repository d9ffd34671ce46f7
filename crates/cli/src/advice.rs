//! What to do about an error, in the words of this command line. The SDK's remedies name its own
//! methods, which nobody who types a command knows.

use cerebras_management::{Error, ErrorKind};

/// The line of an error without its remedy, and the remedy.
pub(crate) fn split(error: &Error) -> (String, Option<&str>) {
    let line = error.to_string();
    let Some(remedy) = error.remedy() else {
        return (line, None);
    };
    let end = format!("; {remedy}");
    match line.rfind(&end) {
        Some(at) => {
            let (what, facts) = (&line[..at], &line[at + end.len()..]);
            (format!("{what}{facts}"), Some(remedy))
        }
        None => (line, Some(remedy)),
    }
}

/// What to do next, if that is known.
pub(crate) fn next(error: &Error) -> Option<String> {
    if let Some(pending) = error.pending() {
        return Some(format!(
            "do not run it again: `cbm settle {pending}` tells whether it has happened"
        ));
    }
    if let (ErrorKind::Deadline, Some(handle)) = (error.kind(), error.handle()) {
        return Some(format!(
            "it may still be going on: `cbm wait {handle}` goes on waiting"
        ));
    }
    let told = error.remedy().map(in_our_words);
    if error.kind() == ErrorKind::RateLimited && !error.may_have_happened() {
        return told.map(|told| format!("nothing was changed: {told}"));
    }
    if error.may_have_happened() {
        let look = "look what is there before running it again (`cbm versions`, `cbm status`)";
        return Some(match told {
            Some(told) => format!("{told}; {look}"),
            None => look.to_owned(),
        });
    }
    told.or_else(|| by_kind(error.kind()).map(str::to_owned))
}

/// What to do before it is looked once more what has become of a write.
pub(crate) fn before_another_look(error: &Error) -> String {
    let told = error.remedy().map(in_our_words);
    told.unwrap_or_else(|| {
        let known = match error.kind() {
            ErrorKind::Unavailable => "wait until the service answers",
            ErrorKind::Timeout | ErrorKind::Transport => {
                "check the base URL, the network and any proxy"
            }
            kind => by_kind(kind).unwrap_or("wait a minute"),
        };
        known.to_owned()
    })
}

fn in_our_words(remedy: &str) -> String {
    let mut text = remedy.to_owned();
    for (sdk, cbm) in WORDS {
        text = text.replace(sdk, cbm);
    }
    text
}

const TRUST: &str = "add --base-url with that address, if you trust it";

/// What the SDK says, and what it is called here.
const WORDS: [(&str, &str); 30] = [
    (
        "Client::settle looks for it later",
        "`cbm settle` looks for it later",
    ),
    (
        "Endpoint::get shows what there is",
        "`cbm status` shows what there is",
    ),
    ("with an idempotency key", "with --key"),
    (
        "use a key of your own",
        "use a key of your own, or give the simulator's address with --base-url",
    ),
    (
        "two keys: CEREBRAS_MANAGEMENT_API_KEY is found",
        "two keys: set CEREBRAS_MANAGEMENT_API_KEY to the one found",
    ),
    (
        ", CEREBRAS_API_KEY is an API key for inference",
        ", and CEREBRAS_API_KEY, which only `cbm chat` needs, to an API key for inference",
    ),
    (
        "upload without it and move it afterwards, or remove it first",
        "upload without that --alias, and give it to the new version afterwards: `cbm alias move \
         ALIAS --to VERSION`",
    ),
    ("another nonce", "another --key"),
    ("with the same nonce", "with the same --key"),
    (
        "or ClientBuilder::inference_key",
        "or `inference_key` in a profile",
    ),
    ("or ClientBuilder::key", "or a key in a profile"),
    (
        ", or give ClientBuilder::http a client with TLS",
        ", or use a release build",
    ),
    (
        ", or allow it by name with ClientBuilder::allow_insecure_http",
        "",
    ),
    (
        "raise ClientBuilder::response_limit",
        "ask for less, such as one architecture with --arch",
    ),
    ("or name one with Client::org", "or give --org"),
    (
        "and Org::endpoints lists them",
        "and `cbm endpoints` lists them",
    ),
    (
        "look at Endpoint::serving before going on",
        "`cbm status` shows what serves now",
    ),
    ("say even_if_aliased", "give --even-if-aliased"),
    ("say even_if_deployed", "give --even-if-deployed"),
    (
        "replace the whole list with set_aliases",
        "replace the whole list with `cbm alias replace`",
    ),
    (
        "go on with Client::resume_move and \"",
        "`cbm alias move --resume` goes on, with \"",
    ),
    (
        "build the client with the handle's base URL, if you trust it",
        TRUST,
    ),
    (
        "build the client with the move's base URL, if you trust it",
        TRUST,
    ),
    ("build the client with its base URL, if you trust it", TRUST),
    (
        "look at the endpoint, and decide again",
        "`cbm status` shows what serves; decide again",
    ),
    (
        "deploy a version by name",
        "`cbm versions` lists what can be deployed; deploy one by name",
    ),
    (
        "wait for its upload first",
        "`cbm wait` with the version waits for its upload; deploy it then",
    ),
    (
        "deploy to an endpoint of the version's architecture",
        "`cbm endpoints` shows which runs the version's architecture",
    ),
    (
        "look who has moved it, and move it from there",
        "`cbm alias` shows which version has it; move it from there",
    ),
    (
        "remove them first, or give",
        "`cbm alias remove` them first, or give",
    ),
];

/// Where the error itself knows nothing better.
fn by_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Unavailable => "try again later; nothing was changed",
        ErrorKind::Timeout | ErrorKind::Transport => {
            "check the base URL, the network and any proxy, and try again; nothing was changed"
        }
        ErrorKind::NotFound => "`cbm archs`, `cbm versions` and `cbm endpoints` list what there is",
        ErrorKind::Conflict => "`cbm status` and `cbm versions` show how it is now",
        ErrorKind::Decode => {
            "check that the base URL is the service's; -v shows more, and where the service has \
             changed, a newer cbm may know it"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SDK's texts are searched for the names that nobody knows here.
    #[test]
    fn no_remedy_names_a_method_of_the_sdk() {
        let mut seen = 0;
        for text in remedies(std::path::Path::new("../../src")) {
            let ours = in_our_words(&text);
            if ours != text {
                seen += 1;
            }
            let name = regex_like(&ours);
            assert_eq!(name, None, "{text}");
        }
        assert!(seen > 10, "{seen}");
    }

    /// The string literals outside of tests and comments that name an item of the SDK.
    fn remedies(folder: &std::path::Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the sources of the SDK") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                found.extend(remedies(&path));
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = std::fs::read_to_string(&path).expect("a source");
                found.extend(literals(&source));
            }
        }
        found
    }

    /// The string literals before the tests, continued lines put together.
    fn literals(source: &str) -> Vec<String> {
        let (code, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        let code = code.replace("'\"'", "' '").replace(r"\\", "/");
        let code = code.replace("\\\"", "\u{1}");
        let odd = code.split('"').skip(1).step_by(2);
        let whole = odd.map(|text| {
            let lines = text.split("\\\n").map(str::trim_start);
            lines.collect::<String>().replace('\u{1}', "\"")
        });
        whole.filter(|text| text.contains(' ')).collect()
    }

    /// A name such as `Client::settle` or `even_if_aliased`.
    fn regex_like(text: &str) -> Option<&str> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)))
            .find(|word| {
                let (kind, method) = word.split_once("::").unwrap_or(("", word));
                let path = kind.starts_with(|c: char| c.is_ascii_uppercase()) && !method.is_empty();
                path || ["even_if_aliased", "even_if_deployed", "set_aliases"].contains(word)
            })
    }
}
