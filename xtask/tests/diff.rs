//! What newer pages change, and for whom.

mod support;

use support::{Folder, Run, workspace};
use xtask::diff::diff;
use xtask::page::Page;

/// `POST /things`, as our page has it.
const OURS: &str = "\
openapi: 3.1.0
paths:
  /things:
    post:
      summary: Create a thing
      parameters:
        - {name: dry_run, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/ThingRequest'}
      responses:
        '200':
          description: Done
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Thing'}
components:
  schemas:
    ThingRequest:
      type: object
      properties:
        name: {type: string, maxLength: 9}
      required: [name]
    Thing:
      type: object
      properties:
        name: {type: string}
        status:
          anyOf:
            - {$ref: '#/components/schemas/Status'}
            - {type: 'null'}
        parts:
          type: array
          items: {$ref: '#/components/schemas/Thing'}
      required: [name]
    Status:
      type: string
      enum: [queued, done]
";

/// The report on the page with some of its text replaced.
fn report(replacements: &[(&str, &str)]) -> String {
    let mut newer = OURS.to_owned();
    for (from, to) in replacements {
        assert_eq!(
            newer.matches(from).count(),
            1,
            "{from:?} is in the page once"
        );
        newer = newer.replace(from, to);
    }
    let page = |file, text: &str| Page::from_yaml(file, text).expect("a page");
    let report = diff(&[page("ours.yaml", OURS)], &[page("newer.yaml", &newer)]);
    report.expect("they can be compared").to_string()
}

#[test]
fn the_same_pages_have_no_changes() {
    let pages = workspace().in_use().expect("our pages");
    let report = diff(&pages, &pages).expect("they can be compared");
    assert_eq!(
        (report.to_string().as_str(), report.not_compared),
        ("", vec![])
    );
}

#[test]
fn each_change_is_one_line_and_breaking_ones_come_first() {
    let newer = OURS
        .replace(
            "        name: {type: string}\n",
            "        size: {type: integer}\n",
        )
        .replace("      required: [name]\n    Status:", "    Status:")
        .replace("required: [name]", "required: [name, owner]")
        .replace(
            "        name: {type: string, maxLength: 9}\n",
            "        name: {type: string, maxLength: 9}\n        owner: {type: string}\n",
        )
        .replace("[queued, done]", "[queued, done, paused]");
    let folder = Folder::new()
        .with("pages/create-thing.yaml", OURS)
        .with("authored/list-things.yaml", support::LIST_THINGS);
    let newer_pages = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(newer_pages.path().join("create-thing.yml"), newer).expect("a file");
    std::fs::write(newer_pages.path().join("overview.md"), "# Overview\n").expect("a file");
    let dir = newer_pages.path().display().to_string();

    assert_eq!(
        folder.spec(&["diff", &dir]),
        Run {
            code: Some(1),
            stdout: "\
breaking    /components/schemas/Thing/properties/name  response field `name` removed (POST /things)
breaking    /components/schemas/ThingRequest/properties/owner  new required request field `owner` (POST /things)
note        /components/schemas/Status  response field `status`: new enum value \"paused\" (POST /things)
compatible  /components/schemas/Thing/properties/size  new optional response field `size` (POST /things)
"
            .into(),
            stderr: format!(
                "note: {dir}/overview.md holds no OpenAPI block and is not compared\n\
                 note: GET /things is not in {dir} and is not compared\n"
            ),
        }
    );
}

#[test]
fn changes_that_break_nobody_exit_with_0() {
    let folder = Folder::new().with("pages/create-thing.yaml", OURS);
    let newer = Folder::new().with(
        "pages/create-thing.yaml",
        &OURS.replace("Create a thing", "Make a thing"),
    );
    let dir = newer.openapi().join("pages").display().to_string();
    assert_eq!(
        folder.spec(&["diff", &dir]),
        Run {
            code: Some(0),
            stdout: "doc         /paths/~1things/post/summary  operation: summary changed\n".into(),
            stderr: String::new(),
        }
    );
}

#[test]
fn a_folder_without_pages_is_an_error() {
    let folder = Folder::new().with("pages/create-thing.yaml", OURS);
    let empty = folder.openapi().join("authored").display().to_string();
    let run = folder.spec(&["diff", &empty]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            Some(2),
            "error: /openapi/authored: it holds no page with an OpenAPI block\n"
        )
    );
}

#[test]
fn a_change_of_type_breaks_both_directions() {
    assert_eq!(
        report(&[
            ("name: {type: string}", "name: {type: integer}"),
            ("name: {type: string, maxLength: 9}", "name: {type: boolean}"),
        ]),
        "\
breaking    /components/schemas/Thing/properties/name  response field `name`: type changed from string to integer (POST /things)
breaking    /components/schemas/ThingRequest/properties/name  request field `name`: type changed from string to boolean (POST /things)
"
    );
}

#[test]
fn null_breaks_the_one_who_does_not_expect_it() {
    assert_eq!(
        report(&[
            ("name: {type: string}", "name: {type: [string, 'null']}"),
            ("name: {type: string, maxLength: 9}", "name: {type: [string, 'null'], maxLength: 9}"),
        ]),
        "\
breaking    /components/schemas/Thing/properties/name  response field `name` may now be null (POST /things)
compatible  /components/schemas/ThingRequest/properties/name  request field `name` may now be null (POST /things)
"
    );
}

#[test]
fn another_way_to_write_the_same_is_no_change() {
    assert_eq!(
        report(&[(
            "anyOf:\n            - {$ref: '#/components/schemas/Status'}\n            - {type: 'null'}",
            "{type: [string, 'null'], enum: [done, queued, null]}",
        )]),
        ""
    );
}

#[test]
fn a_field_that_may_be_missing_breaks_the_reader_only() {
    assert_eq!(
        report(&[
            ("      required: [name]\n    Thing:", "    Thing:"),
            ("      required: [name]\n    Status:", "    Status:"),
        ]),
        "\
breaking    /components/schemas/Thing/properties/name  response field `name` is now optional (POST /things)
compatible  /components/schemas/ThingRequest/properties/name  request field `name` is now optional (POST /things)
"
    );
}

#[test]
fn a_tighter_bound_breaks_the_sender() {
    assert_eq!(
        report(&[("maxLength: 9", "maxLength: 8")]),
        "breaking    /components/schemas/ThingRequest/properties/name/maxLength  request field \
         `name`: maxLength changed from 9 to 8 (POST /things)\n"
    );
    assert_eq!(
        report(&[("maxLength: 9", "maxLength: 10")]),
        "compatible  /components/schemas/ThingRequest/properties/name/maxLength  request field \
         `name`: maxLength changed from 9 to 10 (POST /things)\n"
    );
}

#[test]
fn parameters_are_compared_by_place_and_name() {
    let parameter = "        - {name: dry_run, in: query, schema: {type: boolean}}\n";
    assert_eq!(
        report(&[(
            parameter,
            "        - {name: force, in: query, required: true, schema: {type: boolean}}\n"
        )]),
        "\
breaking    /paths/~1things/post/parameters/0  new required query parameter `force`
breaking    /paths/~1things/post/parameters/0  query parameter `dry_run` removed
"
    );
    assert_eq!(
        report(&[("in: query, schema", "in: query, required: true, schema")]),
        "breaking    /paths/~1things/post/parameters/0  query parameter `dry_run` is now required\n"
    );
}

#[test]
fn a_new_success_status_breaks_and_a_new_error_does_not() {
    let answers = "      responses:\n";
    assert_eq!(
        report(&[(
            answers,
            "      responses:\n        '202': {description: Later}\n        '422': {description: No}\n"
        )]),
        "\
breaking    /paths/~1things/post/responses/202  new answer 202
compatible  /paths/~1things/post/responses/422  new answer 422
"
    );
}

#[test]
fn a_member_that_is_not_known_counts_as_breaking() {
    assert_eq!(
        report(&[("    Status:\n", "    Status:\n      not: {}\n")]),
        "breaking    /components/schemas/Status/not  response field `status`: not added (POST /things)\n"
    );
}

#[test]
fn routes_that_share_a_schema_share_its_change() {
    let get = OURS.replace("post:", "get:");
    let page = |text: &str| Page::from_yaml("page.yaml", text).expect("a page");
    let removed = |text: &str| page(&text.replace("        name: {type: string}\n", ""));
    let report = diff(&[page(OURS), page(&get)], &[removed(OURS), removed(&get)]);
    assert_eq!(
        report.expect("they can be compared").to_string(),
        "breaking    /components/schemas/Thing/properties/name  response field `name` removed \
         (POST /things, GET /things)\n"
    );
}

#[test]
fn a_route_that_is_not_ours_is_new() {
    let page = |text: &str| Page::from_yaml("page.yaml", text).expect("a page");
    let report = diff(&[page(OURS)], &[page(support::LIST_THINGS)]).expect("a report");
    assert_eq!(
        report.to_string(),
        "compatible  /paths/~1things/get  new route, which is not ours\n"
    );
    assert_eq!(report.not_compared, [page(OURS).route]);
}

#[test]
fn a_renamed_placeholder_does_not_make_another_route() {
    let ours = "openapi: 3.1.0\npaths:\n  /things/{id}:move:\n    get: {}\n";
    let page = |text: &str| Page::from_yaml("page.yaml", text).expect("a page");
    let report = diff(&[page(ours)], &[page(&ours.replace("{id}", "{thing_id}"))]);
    let report = report.expect("a report");
    assert_eq!(
        (report.to_string().as_str(), report.not_compared),
        ("", vec![])
    );
}
