//! Patterns of policies: `*` is any text, `?` any one character.

/// Whether a pattern matches all that `text` stands for, in which `*` is any text, too.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Which ends of the text are reached by the pattern so far.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        match p {
            '*' => {
                let first = reached.iter().position(|it| *it);
                if let Some(first) = first {
                    next[first..].fill(true);
                }
            }
            p => {
                for (n, c) in text.iter().enumerate() {
                    let same = if p == '?' { *c != '*' } else { p == *c };
                    next[n + 1] = reached[n] && same;
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}

/// Whether there is anything that both patterns match.
pub(super) fn meets(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Whether what is left of both can be the same, from the end of both on.
    let mut below = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            row[j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some('*'), _) => below[j] || (j < b.len() && row[j + 1]),
                (_, Some('*')) => row[j + 1] || (i < a.len() && below[j]),
                (Some(p), Some(q)) => (p == q || *p == '?' || *q == '?') && below[j + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_whole() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a*"),
            ("a?c", "abc"),
            ("a*", "a/*"),
            ("a*c*", "abcd*"),
            ("s3:get*", "s3:getobject"),
        ] {
            assert!(covers(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "ab"),
            ("a?", "a*"),
            ("a/b*", "a/*"),
            ("", "a"),
            ("a*c", "a*"),
        ] {
            assert!(!covers(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_meet_where_something_matches_both() {
        for (a, b) in [
            ("*", "*"),
            ("a/b*", "a/*"),
            ("*/x", "a/*"),
            ("a?c", "*bc"),
            ("", "*"),
            ("a*c", "a*"),
        ] {
            assert!(meets(a, b) && meets(b, a), "{a} {b}");
        }
        for (a, b) in [("a/*", "b/*"), ("a", "b"), ("a?", "a"), ("", "?")] {
            assert!(!meets(a, b) && !meets(b, a), "{a} {b}");
        }
    }
}
