//! Reading a page: Markdown with a fenced block, or YAML.

use serde_json::json;
use xtask::page::{Page, Route, yaml};

const DEPLOY: &str = include_str!("../../openapi/pages/deploy-model-to-endpoint.md");

#[test]
fn a_four_backtick_fence_holds_three_backtick_blocks() {
    let page = Page::from_markdown("deploy.md", DEPLOY)
        .expect("a page")
        .expect("with a block");

    assert_eq!(
        page.route,
        Route {
            path: "/management/v1/endpoints/{endpoint_id}:deployModel".into(),
            method: "post".into(),
        }
    );
    // The block goes on after the three backticks of the example inside it.
    let description =
        "/components/schemas/EndpointDeploymentOperation/properties/endpoint_id/description";
    assert_eq!(
        page.document.pointer(description),
        Some(&json!(
            "Unique identifier for the endpoint. It is used as the \
             [`model`](https://inference-docs.cerebras.ai/api-reference/chat-completions#param-model) \
             field when making an inference request.\n\n\
             Example: `my-org-gpt-oss-120b`\n\n\
             ```bash\n\
             curl --location 'https://api.cerebras.ai/v1/chat/completions' \\\n\
             --header 'Content-Type: application/json' \\\n\
             --header \"Authorization: Bearer ${CEREBRAS_API_KEY}\" \\\n\
             --data '{\n  \"model\": \"my-org-gpt-oss-120b\",\n  \
             \"messages\": [{\"content\": \"Hello!\", \"role\": \"user\"}]\n}'\n\
             ```"
        ))
    );
    assert_eq!(
        page.document["components"]["securitySchemes"]["BearerAuth"]["scheme"],
        "bearer"
    );
}

#[test]
fn a_page_without_an_openapi_block_is_told_apart() {
    let overview = "# Overview\n\n```yaml\nname: not an API\n```\n";
    assert_eq!(
        Page::from_markdown("overview.md", overview).expect("no error"),
        None
    );
}

#[test]
fn a_fence_that_announces_another_route_is_refused() {
    let page = "````yaml delete /things\nopenapi: 3.1.0\npaths:\n  /things:\n    get: {}\n````\n";
    assert_eq!(
        refusal(Page::from_markdown("things.md", page)),
        "things.md: the fence announces DELETE /things, but the block describes GET /things"
    );
}

#[test]
fn two_blocks_in_one_page_are_refused() {
    let block = "```yaml get /things\nopenapi: 3.1.0\npaths:\n  /things:\n    get: {}\n```\n";
    assert_eq!(
        refusal(Page::from_markdown("things.md", &block.repeat(2))),
        "things.md: expected one OpenAPI block, found 2"
    );
}

#[test]
fn two_operations_in_one_page_are_refused() {
    let page = "openapi: 3.1.0\npaths:\n  /things:\n    get: {}\n    post: {}\n";
    assert_eq!(
        refusal(Page::from_yaml("things.yaml", page)),
        "things.yaml: /paths: expected one operation a page, found 2"
    );
}

#[test]
fn what_a_path_holds_beside_an_operation_is_refused() {
    let page = "openapi: 3.1.0\npaths:\n  /things:\n    parameters: []\n    get: {}\n";
    assert_eq!(
        refusal(Page::from_yaml("things.yaml", page)),
        "things.yaml: /paths/~1things/parameters: expected only a method here; write it into \
         the operation"
    );
}

#[test]
fn another_version_of_openapi_is_refused() {
    assert_eq!(
        refusal(Page::from_yaml("things.yaml", "openapi: 3.0.3\n")),
        "things.yaml: /openapi: expected a 3.1 document, found \"3.0.3\""
    );
}

#[test]
fn plain_scalars_are_read_as_yaml_1_2_has_them() {
    let text = "[no, on, 3.1.0, 2026-01-12, '1', 1, 1.5, true, null, ~]";
    assert_eq!(
        yaml(text).expect("YAML"),
        json!([
            "no",
            "on",
            "3.1.0",
            "2026-01-12",
            "1",
            1,
            1.5,
            true,
            null,
            null
        ])
    );
}

#[test]
fn a_repeated_key_is_refused() {
    let error = yaml("a: 1\na: 2\n").expect_err("one of them would be lost");
    assert_eq!(
        error.to_string(),
        "duplicate mapping key: a not allowed here at line 2, column 1"
    );
}

fn refusal<T: std::fmt::Debug>(result: anyhow::Result<T>) -> String {
    format!("{:#}", result.expect_err("it is refused"))
}
