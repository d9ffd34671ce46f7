use std::fmt;

/// A place in a file: keys and positions, from the outside in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) Vec<Step>);

/// A step of a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(&'static str),
    Index(usize),
}

impl Place {
    /// `list[index].key`, or `list[index]` when the key is empty.
    pub(crate) fn in_list(list: &'static str, index: usize, key: &'static str) -> Self {
        Self::default().item(list, index).key(key)
    }

    pub(crate) fn item(mut self, list: &'static str, index: usize) -> Self {
        self.0.extend([Step::Key(list), Step::Index(index)]);
        self
    }

    pub(crate) fn key(mut self, key: &'static str) -> Self {
        if !key.is_empty() {
            self.0.push(Step::Key(key));
        }
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
