//! What differs from run to run: ids, dates and durations.

use regex::Regex;

/// What stands on the page, and what it is in this run.
pub(crate) struct Alike {
    varies: Regex,
    /// In the words of the page, and of this run.
    pairs: Vec<(String, String)>,
}

impl Alike {
    /// These stand on the page for what is so in this run.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let varies = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|created=\d+|\([\d.]+m?s\)|\d+[smhd] ago|after [\d.]+m?s|\d+ms|\d+ polls| {2,}";
        Self {
            varies: Regex::new(varies).expect("a regular expression"),
            pairs,
        }
    }

    /// A command of the page, for this run.
    pub(crate) fn here(&self, command: &str) -> String {
        let pairs = self.pairs.iter();
        pairs.fold(command.to_owned(), |text, (page, here)| {
            text.replace(page, here)
        })
    }

    /// What was printed, as the page would have it. What varies, and is the same otherwise, is what
    /// the page says, now and in later commands.
    pub(crate) fn on_the_page(&mut self, printed: &str, page: &str) -> String {
        let mut text = printed.to_owned();
        for (page, here) in self.pairs.iter().rev() {
            text = text.replace(here, page);
        }
        let shape = |text: &str| self.varies.replace_all(text, "*").into_owned();
        if shape(&text) != shape(page) {
            return text;
        }
        let values = |text: &str| -> Vec<String> {
            let found = self.varies.find_iter(text);
            found.map(|it| it.as_str().to_owned()).collect()
        };
        let pairs = values(page).into_iter().zip(values(&text));
        let new: Vec<_> = pairs.filter(|(page, here)| page != here).collect();
        self.pairs.extend(new);
        page.to_owned()
    }
}
