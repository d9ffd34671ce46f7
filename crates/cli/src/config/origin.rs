//! Where the settings come from that an error is about: its remedy names the place to mend.

use super::Settings;
use super::key::looks_like_a_key;

/// The address where none is given.
pub(super) const DEFAULT: &str = "https://api.cerebras.ai";

/// A setting, and what it was given by.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) value: String,
    pub(super) place: &'static str,
}

impl Given {
    pub(super) fn by(value: Option<&String>, place: &'static str) -> Option<Self> {
        let value = value?.clone();
        Some(Self { value, place })
    }
}

impl Settings {
    /// A remedy with the places of the settings that it speaks of in the SDK's words.
    pub(crate) fn placed(&self, remedy: &str) -> String {
        let mut text = remedy.to_owned();
        let key = |right: &str| self.key.as_ref().map(|it| it.mended(right));
        if let Some(mended) = key("a valid Management API key") {
            text = text.replace("use a valid Management API key", &mended);
        }
        if let Some(mended) = key("a key of your own") {
            text = text.replace("use a key of your own", &mended);
        }
        if let Some(key) = &self.inference_key {
            text = text.replace("use an inference key", &key.mended("an inference key"));
        }
        let org = self.org.as_ref();
        if let Some(org) = org.filter(|it| !looks_like_a_key(&it.value)) {
            let place = match org.place {
                "--org" => "give --org".to_owned(),
                place => format!("set {place} to"),
            };
            let typed = format!("\"{}\" looks like an organization id; ", org.value);
            text = text.replace(
                &format!("{typed}give the organization's name"),
                &format!("{typed}{place} the organization's name"),
            );
            let named = format!("the organization name {} ({})", org.value, org.place);
            text = text.replace("the organization's name and", &format!("{named} and"));
            let this = format!("this organization ({} is {})", org.place, org.value);
            text = text.replace(
                "belongs to this organization",
                &format!("belongs to {this}"),
            );
        }
        self.with_address(&text)
    }

    fn with_address(&self, remedy: &str) -> String {
        let (url, place) = match &self.base_url {
            Some(given) => (given.value.trim_end_matches('/'), given.place),
            None => (DEFAULT, "the default; --base-url gives another"),
        };
        let is_here = ["//127.", "//localhost", "//["];
        let is_here = is_here.into_iter().any(|host| url.contains(host));
        let text = remedy
            .replace(&format!("the base URL {url}"), "the base URL")
            .replace(
                &format!("the base URL is {url}, and it points to"),
                "mend the base URL, which points to",
            );
        let text = match proxy() {
            // No proxy is asked for what is on this machine.
            _ if is_here => text
                .replace(NETWORK, "the base URL, and that a simulator listens there")
                .replace("the base URL and any proxy", "the base URL")
                .replace(", the network and any proxy", " and the network"),
            Some(variable) => {
                let proxy = format!("the proxy of {variable} (unset it if none is needed)");
                let network = format!("{proxy}, the network, and the base URL");
                text.replace(NETWORK, &network).replace("any proxy", &proxy)
            }
            None => text,
        };
        text.replacen("the base URL", &format!("the base URL {url} ({place})"), 1)
    }
}

/// What the SDK says where there was no connection.
const NETWORK: &str = "the base URL, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)";

/// The variable that names the proxy for https. Its value may hold a password.
fn proxy() -> Option<&'static str> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    names.into_iter().find(is_set)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::key::{KeyFrom, Secret};
    use super::*;

    fn settings(key: KeyFrom) -> Settings {
        Settings {
            key: Some(key),
            org: Given::by(Some(&"org_1".to_owned()), "org of the profile"),
            base_url: Given::by(Some(&"http://localhost:1/".to_owned()), "--base-url"),
            ..Settings::default()
        }
    }

    fn of_a_variable() -> Settings {
        let key = Secret::new("csk-1".to_owned());
        settings(KeyFrom::Value("THE_KEY".to_owned(), key))
    }

    #[test]
    fn a_key_is_mended_where_it_is_from() {
        let told = "use a valid Management API key; it is not the inference key";
        let file = KeyFrom::File("key_file of the profile".to_owned(), PathBuf::new());
        let command = KeyFrom::Command("key_command".to_owned(), String::new());
        for (settings, placed) in [
            (
                of_a_variable(),
                "set THE_KEY to a valid Management API key; it is not the inference key",
            ),
            (
                settings(file),
                "write a valid Management API key into the file that key_file of the profile \
                 names; it is not the inference key",
            ),
            (
                settings(command),
                "have key_command print a valid Management API key; it is not the inference key",
            ),
        ] {
            assert_eq!(settings.placed(told), placed);
        }
    }

    #[test]
    fn a_name_and_an_address_are_told_with_their_places() {
        let settings = of_a_variable();
        for (told, placed) in [
            (
                "check the organization's name and the base URL",
                "check the organization name org_1 (org of the profile) and the base URL \
                 http://localhost:1 (--base-url)",
            ),
            (
                "\"org_1\" looks like an organization id; give the organization's name, found there",
                "\"org_1\" looks like an organization id; set org of the profile to the \
                 organization's name, found there",
            ),
            (
                "check that the key belongs to this organization and more",
                "check that the key belongs to this organization (org of the profile is org_1) \
                 and more",
            ),
            (
                "\"org_2\" looks like an organization id; give the organization's name, found there",
                "\"org_2\" looks like an organization id; give the organization's name, found there",
            ),
            (
                "check the base URL http://localhost:1",
                "check the base URL http://localhost:1 (--base-url)",
            ),
            (
                "the base URL is http://localhost:1, and it points to https://a.example",
                "mend the base URL http://localhost:1 (--base-url), which points to \
                 https://a.example",
            ),
            (
                "check the base URL, the network and any proxy, and try again",
                "check the base URL http://localhost:1 (--base-url) and the network, and try again",
            ),
            ("`cbm archs` lists them", "`cbm archs` lists them"),
        ] {
            assert_eq!(settings.placed(told), placed);
        }
    }
}
