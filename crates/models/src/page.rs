//! The page that says in words what is shown here names each test.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/writes.md");

const TESTS: [(&str, &str); 4] = [
    ("alias_edit", include_str!("alias_edit/tests.rs")),
    ("alias_move", include_str!("alias_move/tests.rs")),
    ("deploy", include_str!("deploy/tests.rs")),
    ("upload", include_str!("upload/tests.rs")),
];

/// The names that follow `#[test]`.
fn tests(of: &str) -> impl Iterator<Item = &str> {
    let after = of.split("#[test]\nfn ").skip(1);
    after.filter_map(|text| text.split_once('(').map(|(name, _)| name))
}

/// What stands alone between backticks on the page and has the form of a test's name.
fn named() -> BTreeSet<&'static str> {
    let code = PAGE.split('`').skip(1).step_by(2);
    let names = code.map(|code| code.rsplit("::").next().unwrap_or(code));
    names.filter(|name| name.matches('_').count() > 2).collect()
}

#[test]
fn the_page_names_all_tests_and_no_others() {
    let there: BTreeSet<_> = TESTS.iter().flat_map(|(_, text)| tests(text)).collect();
    assert_eq!(named(), there);
    for (module, _) in TESTS {
        assert!(PAGE.contains(&format!("`{module}::tests::")), "{module}");
    }
}
