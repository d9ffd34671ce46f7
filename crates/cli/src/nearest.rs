//! What was most likely meant.

/// The candidate that is closest to what was typed, if one is close.
pub(crate) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let scored = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(typed, candidate), candidate));
    let (score, candidate) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (score > 0.8 && candidate != typed).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_corrected_and_another_word_is_not() {
        let names = ["production", "candidate", "run-42"];
        assert_eq!(nearest("productiom", names), Some("production"));
        assert_eq!(nearest("run-43", names), Some("run-42"));
        assert_eq!(nearest("staging", names), None);
        assert_eq!(nearest("anything", []), None);
    }
}
