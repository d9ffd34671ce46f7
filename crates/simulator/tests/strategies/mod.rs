//! What property tests draw from.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

const ARCHITECTURE: &str = "gpt-oss-120b";
const ENDPOINT: &str = "my-org-gpt-oss-120b";

/// JSON with the names of real fields in it, but never an upload that is right.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
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
