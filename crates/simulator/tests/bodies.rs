//! Bodies of every kind, given to the state machine: each is refused, and none panics.

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, INFERENCE_KEY, MANAGEMENT_KEY, Operation, Request, SeedWorld, Timings, World,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

const ARCHITECTURE: &str = "gpt-oss-120b";
const ENDPOINT: &str = "my-org-gpt-oss-120b";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_panics_or_is_taken_by_chance(
        operation in select(vec![
            Operation::UploadModelVersion,
            Operation::UpdateModelVersionAliases,
            Operation::DeployModel,
            Operation::ChatCompletions,
        ]),
        body in json_value(),
    ) {
        let seed = SeedWorld::default();
        let world = World::new(&seed, Behaviour::default(), Timings::default(), 1_736_700_000);
        let mut world = world.expect("the default world");
        let key = match operation {
            Operation::ChatCompletions => INFERENCE_KEY,
            _ => MANAGEMENT_KEY,
        };
        let request = Request::new(operation, key)
            .org("my-org")
            .architecture(ARCHITECTURE)
            .endpoint(ENDPOINT)
            .version("1")
            .body(body);
        let refusal = world.apply(&request, Duration::ZERO);
        let refusal = refusal.expect_err("an empty world has nothing to change");
        let expected = match operation {
            // A body that is right, for an endpoint that serves nothing.
            Operation::ChatCompletions => &[400, 404, 503][..],
            _ => &[404, 422],
        };
        prop_assert!(expected.contains(&refusal.status()), "{}", refusal);
    }
}

/// JSON with the names of real fields in it, but never an upload that is right.
fn json_value() -> impl Strategy<Value = Value> {
    let names = select(vec![
        "model",
        "model_arch_id",
        "version_aliases",
        "system_fingerprint_suffix",
        "messages",
        "role",
        "stream",
        "surprise",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z0-9/:-]{0,40}".prop_map(Value::from),
        select(vec![
            ARCHITECTURE,
            ENDPOINT,
            "user",
            "orgs/my-org/models/gpt-oss-120b/versions/1"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let object = prop::collection::btree_map(names.clone(), inner, 0..5);
        let object = object.prop_map(|fields| {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            Value::Object(fields.collect())
        });
        prop_oneof![list, object]
    })
}
