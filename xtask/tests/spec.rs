//! The chain from pages to `management.json`, and the command that runs it.

mod support;

use serde_json::json;
use support::{Folder, LIST_THINGS, OVERLAY, Run};

/// `POST /things`, which shares the schema `Thing` with `LIST_THINGS`.
fn create_thing() -> String {
    LIST_THINGS
        .replace("get:", "post:")
        .replace("list_things", "create_thing")
}

#[test]
fn pages_are_merged_corrected_and_lowered() {
    let folder = Folder::new()
        .with("pages/list-things.yaml", LIST_THINGS)
        .with("authored/create-thing.yaml", &create_thing());

    let answer = json!({"200": {
        "description": "The things",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    }});
    assert_eq!(
        folder.document(),
        json!({
            "openapi": "3.0.3",
            "info": {"title": "Our things", "version": "1.0.0"},
            "paths": {"/things": {
                "get": {"operationId": "list_things", "responses": answer},
                "post": {"operationId": "create_thing", "responses": answer},
            }},
            "components": {"schemas": {"Thing": {
                "type": "object",
                "properties": {"name": {"type": "string"}}
            }}}
        })
    );
}

#[test]
fn two_pages_that_define_one_schema_differently_are_refused() {
    let other = create_thing().replace("type: string", "type: integer");
    let folder = Folder::new()
        .with("pages/list-things.yaml", LIST_THINGS)
        .with("authored/create-thing.yaml", &other);

    assert_eq!(
        folder.refusal(),
        "/components/schemas/Thing: openapi/pages/list-things.yaml and \
         openapi/authored/create-thing.yaml give it two meanings, which differ at \
         /components/schemas/Thing/properties/name/type; fetch both pages again, or correct \
         the authored one"
    );
}

#[test]
fn pages_that_name_the_api_differently_are_merged_under_the_first_name() {
    let folder = Folder::new()
        .with("pages/list-things.yaml", LIST_THINGS)
        .with(
            "pages/create-thing.yaml",
            &create_thing().replace("1.0.0", "1.0.1"),
        );

    let built = folder.source().build().expect("the build succeeds");
    assert_eq!(
        built.notes,
        [
            "/info: openapi/pages/create-thing.yaml differs from openapi/pages/list-things.yaml, \
             which is used"
        ]
    );
    assert_eq!(folder.document()["info"]["version"], "1.0.0");
}

#[test]
fn two_published_pages_of_one_route_are_refused() {
    let folder = Folder::new()
        .with("pages/a.yaml", LIST_THINGS)
        .with("pages/b.yaml", LIST_THINGS);

    assert_eq!(
        folder.refusal(),
        "GET /things: openapi/pages/a.yaml and openapi/pages/b.yaml both describe it; keep one"
    );
}

#[test]
fn a_published_page_takes_the_place_of_an_authored_one_with_all_that_it_defines() {
    let published = LIST_THINGS.replace("Thing", "PublishedThing");
    let folder = Folder::new()
        .with(
            "pages/list-things.md",
            &format!("# List\n\n````yaml\n{published}````"),
        )
        .with("authored/list-things.yaml", LIST_THINGS);

    assert_eq!(
        folder.spec(&[]),
        Run {
            code: Some(0),
            stdout: String::new(),
            stderr: "note: GET /things: openapi/pages/list-things.md takes the place of \
                     openapi/authored/list-things.yaml, which can be deleted\n\
                     wrote /openapi/management.json\n"
                .into(),
        }
    );
    assert_eq!(
        folder.document()["components"],
        json!({"schemas": {"PublishedThing": {
            "type": "object",
            "properties": {"name": {"type": "string"}}
        }}})
    );
}

#[test]
fn a_file_that_holds_no_openapi_block_is_refused() {
    let folder = Folder::new().with("pages/overview.md", "# Overview\n");
    assert_eq!(
        folder.refusal(),
        "openapi/pages/overview.md: it holds no OpenAPI block; only pages that do belong in \
         openapi/pages"
    );
}

#[test]
fn running_twice_gives_the_same_bytes() {
    let folder = Folder::new()
        .with("pages/list-things.yaml", LIST_THINGS)
        .with("authored/create-thing.yaml", &create_thing());
    let target = folder.source().target();

    assert_eq!(folder.spec(&[]).code, Some(0));
    let first = std::fs::read(&target).expect("it was written");
    assert_eq!(
        folder.spec(&[]).stderr,
        "/openapi/management.json is up to date\n"
    );
    std::fs::remove_file(&target).expect("it can be deleted");
    assert_eq!(folder.spec(&[]).code, Some(0));

    assert_eq!(std::fs::read(&target).expect("it was written again"), first);
    assert!(first.ends_with(b"}\n"));
}

#[test]
fn check_fails_on_a_missing_and_on_a_stale_document_and_writes_nothing() {
    let stale = Run {
        code: Some(1),
        stdout: String::new(),
        stderr: "error: /openapi/management.json is stale; run `cargo xtask spec` and commit \
                 what it writes\n"
            .into(),
    };
    let folder = Folder::new().with("pages/list-things.yaml", LIST_THINGS);
    assert_eq!(folder.spec(&["--check"]), stale);
    assert!(!folder.source().target().exists());

    assert_eq!(folder.spec(&[]).code, Some(0));
    assert_eq!(folder.spec(&["--check"]).code, Some(0));

    let folder = folder.with(
        "overlay.yaml",
        &OVERLAY.replace("Our things", "Their things"),
    );
    assert_eq!(folder.spec(&["--check"]), stale);
}

#[test]
fn a_build_that_fails_says_so_in_one_line_and_exits_with_2() {
    let folder = Folder::new().with("overlay.yaml", "overlay: 1.0.0\n");
    assert_eq!(
        folder.spec(&["--check"]),
        Run {
            code: Some(2),
            stdout: String::new(),
            stderr: "error: openapi/overlay.yaml: not an overlay: missing field `info`\n".into(),
        }
    );
}
