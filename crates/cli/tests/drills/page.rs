//! The page: a world, and drills of a failure and the way out of it.

use std::ops::Range;

/// `docs/drills.md`, read.
pub(crate) struct Page {
    pub(crate) world: String,
    pub(crate) drills: Vec<Drill>,
}

/// One failure.
pub(crate) struct Drill {
    pub(crate) title: String,
    /// What goes wrong at the service, as a file of faults.
    pub(crate) faults: Option<String>,
    pub(crate) failure: Session,
    pub(crate) way_out: Session,
}

/// Commands, and what they print.
pub(crate) struct Session {
    /// Where the page has it.
    pub(crate) place: Range<usize>,
    pub(crate) steps: Vec<Step>,
}

/// One command.
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) printed: String,
    pub(crate) code: i32,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        let starts = text.match_indices("\n### ").map(|(at, _)| at + 1);
        let starts: Vec<_> = starts.collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let first = starts.first().copied().unwrap_or(text.len());
        let world = blocks(text, 0..first, "toml");
        let [world] = &world[..] else {
            panic!("one world before the first drill");
        };
        Self {
            world: text[world.clone()].to_owned(),
            drills: starts
                .iter()
                .zip(ends)
                .map(|(start, end)| Drill::read(text, *start..end))
                .collect(),
        }
    }
}

impl Drill {
    fn read(text: &str, place: Range<usize>) -> Self {
        let title = text[place.clone()].lines().next().unwrap_or_default();
        let title = title.trim_start_matches("### ").to_owned();
        let faults = blocks(text, place.clone(), "toml");
        assert!(faults.len() <= 1, "{title}: one block of faults");
        let sessions = blocks(text, place, "console");
        let [failure, way_out] = &sessions[..] else {
            panic!("{title}: a failure and a way out");
        };
        Self {
            title,
            faults: faults.first().map(|place| text[place.clone()].to_owned()),
            failure: Session::read(text, failure.clone()),
            way_out: Session::read(text, way_out.clone()),
        }
    }
}

impl Session {
    fn read(text: &str, place: Range<usize>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in text[place.clone()].lines() {
            let code = line.strip_prefix("(exit code ");
            let code = code.and_then(|it| it.strip_suffix(')')?.parse().ok());
            match (line.strip_prefix("$ "), code, steps.last_mut()) {
                (Some(command), ..) => steps.push(Step {
                    command: command.to_owned(),
                    printed: String::new(),
                    code: 0,
                }),
                (_, Some(code), Some(step)) => step.code = code,
                (_, None, Some(step)) => {
                    step.printed.push_str(line);
                    step.printed.push('\n');
                }
                (_, _, None) => panic!("{line:?} is before the first command"),
            }
        }
        Self { place, steps }
    }
}

impl Step {
    /// As the page has it.
    pub(crate) fn shown(&self) -> String {
        let code = match self.code {
            0 => String::new(),
            code => format!("(exit code {code})\n"),
        };
        format!("$ {}\n{}{code}", self.command, self.printed)
    }
}

/// Where the insides of the fenced blocks of a language are.
fn blocks(text: &str, place: Range<usize>, language: &str) -> Vec<Range<usize>> {
    let fence = format!("```{language}\n");
    let part = &text[place.clone()];
    part.match_indices(&fence)
        .map(|(at, _)| {
            let start = at + fence.len();
            let length = part[start..].find("```").expect("the end of a block");
            place.start + start..place.start + start + length
        })
        .collect()
}
