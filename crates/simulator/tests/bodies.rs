//! Bodies of every kind, given to the state machine: each is refused, and none panics.

mod strategies;

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, INFERENCE_KEY, MANAGEMENT_KEY, Operation, Request, SeedWorld, Timings, World,
};
use proptest::prelude::*;
use proptest::sample::select;

use strategies::json_value;

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
