//! Lowers an OpenAPI 3.1 document to 3.0.3, which progenitor reads.
//!
//! Every member is either known here or refused with its JSON pointer: nothing is dropped.

mod schema;

use anyhow::{Result, anyhow};
use serde_json::{Map, Value};

use crate::pointer::Pointer;

/// Lowers the document.
///
/// # Errors
///
/// When something has no equal in OpenAPI 3.0.3, is not known here, or refers to nothing. The
/// error names its place.
pub fn lower(document: &Value) -> Result<Value> {
    let lowering = Lowering { document };
    let mut lowered = lowering.node(document, Kind::Document, &Pointer::root())?;
    lowered["openapi"] = "3.0.3".into();
    Ok(lowered)
}

/// The objects of an OpenAPI document that hold other objects or differ between 3.1 and 3.0.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Document,
    Info,
    License,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Header,
    MediaType,
    Components,
    SecurityScheme,
    Schema,
}

/// What a member of such an object is.
#[derive(Clone, Copy)]
enum Member {
    /// The same in both versions.
    Same,
    One(Kind),
    List(Kind),
    Map(Kind),
}

impl Kind {
    fn member(self, key: &str) -> Option<Member> {
        use Member::{List, Map, One, Same};
        if key.starts_with("x-") {
            return Some(Same);
        }
        let member = match (self, key) {
            (Self::Document, "openapi" | "servers" | "security" | "tags" | "externalDocs")
            | (Self::Info, "title" | "description" | "termsOfService" | "contact" | "version")
            | (Self::License, "name" | "url")
            | (Self::PathItem, "summary" | "description" | "servers")
            | (
                Self::Operation,
                "tags" | "summary" | "description" | "externalDocs" | "operationId" | "deprecated"
                | "security" | "servers",
            )
            | (
                Self::Parameter,
                "name" | "in" | "description" | "required" | "deprecated" | "allowEmptyValue"
                | "style" | "explode" | "allowReserved" | "example" | "examples",
            )
            | (Self::RequestBody, "description" | "required")
            | (Self::Response, "description" | "links")
            | (
                Self::Header,
                "description" | "required" | "deprecated" | "style" | "explode" | "example"
                | "examples",
            )
            | (Self::MediaType, "example" | "examples")
            | (Self::Components, "examples" | "links")
            | (
                Self::SecurityScheme,
                "type" | "description" | "name" | "in" | "scheme" | "bearerFormat" | "flows"
                | "openIdConnectUrl",
            ) => Same,
            (Self::Document, "info") => One(Kind::Info),
            (Self::Document, "paths") => Map(Kind::PathItem),
            (Self::Document, "components") => One(Kind::Components),
            (Self::Info, "license") => One(Kind::License),
            (Self::PathItem | Self::Operation, "parameters") => List(Kind::Parameter),
            (Self::PathItem, method) if crate::page::METHODS.contains(&method) => {
                One(Kind::Operation)
            }
            (Self::Operation, "requestBody") => One(Kind::RequestBody),
            (Self::Parameter | Self::Header | Self::MediaType, "schema") => One(Kind::Schema),
            (Self::Parameter | Self::Header | Self::RequestBody | Self::Response, "content") => {
                Map(Kind::MediaType)
            }
            (Self::Response | Self::Components, "headers") => Map(Kind::Header),
            (Self::Components, "schemas") => Map(Kind::Schema),
            (Self::Operation | Self::Components, "responses") => Map(Kind::Response),
            (Self::Components, "parameters") => Map(Kind::Parameter),
            (Self::Components, "requestBodies") => Map(Kind::RequestBody),
            (Self::Components, "securitySchemes") => Map(Kind::SecurityScheme),
            _ => return None,
        };
        Some(member)
    }
}

struct Lowering<'a> {
    /// What references point into.
    document: &'a Value,
}

impl Lowering<'_> {
    fn node(&self, value: &Value, kind: Kind, at: &Pointer) -> Result<Value> {
        if kind == Kind::Schema {
            return self.schema(value, at);
        }
        let object = expect_object(value, at)?;
        if let Some(reference) = object.get("$ref") {
            return self.reference(object, reference, at);
        }
        if kind == Kind::SecurityScheme && object.get("type") == Some(&"mutualTLS".into()) {
            return Err(refuse(&at.key("type"), "mutualTLS came with 3.1"));
        }
        let mut lowered = Map::new();
        for (key, value) in object {
            let at = at.key(key);
            let value = match kind.member(key) {
                Some(Member::Same) => value.clone(),
                Some(Member::One(kind)) => self.node(value, kind, &at)?,
                Some(Member::List(kind)) => self.list(value, kind, &at)?,
                Some(Member::Map(kind)) => self.map(value, kind, &at)?,
                None => return Err(refuse(&at, "this member is not known")),
            };
            lowered.insert(key.clone(), value);
        }
        Ok(Value::Object(lowered))
    }

    fn list(&self, value: &Value, kind: Kind, at: &Pointer) -> Result<Value> {
        let Some(items) = value.as_array() else {
            return Err(refuse(at, "expected an array"));
        };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| self.node(item, kind, &at.index(index)))
            .collect()
    }

    fn map(&self, value: &Value, kind: Kind, at: &Pointer) -> Result<Value> {
        let entries = expect_object(value, at)?.iter();
        let lowered: Map<String, Value> = entries
            .map(|(key, value)| Ok((key.clone(), self.node(value, kind, &at.key(key))?)))
            .collect::<Result<_>>()?;
        Ok(Value::Object(lowered))
    }

    /// A reference that stands for anything but a schema.
    fn reference(
        &self,
        object: &Map<String, Value>,
        reference: &Value,
        at: &Pointer,
    ) -> Result<Value> {
        self.check_reference(reference, &at.key("$ref"))?;
        match object.keys().find(|key| *key != "$ref") {
            Some(key) => Err(refuse(&at.key(key), "3.0 ignores it beside a $ref")),
            None => Ok(Value::Object(object.clone())),
        }
    }

    fn check_reference(&self, reference: &Value, at: &Pointer) -> Result<()> {
        let target = reference.as_str().and_then(|text| text.strip_prefix('#'));
        match target.and_then(|pointer| self.document.pointer(pointer)) {
            Some(_) => Ok(()),
            None => Err(refuse(at, &format!("{reference} is not in the document"))),
        }
    }
}

fn expect_object<'a>(value: &'a Value, at: &Pointer) -> Result<&'a Map<String, Value>> {
    value
        .as_object()
        .ok_or_else(|| refuse(at, "expected an object"))
}

fn refuse(at: &Pointer, why: &str) -> anyhow::Error {
    anyhow!("{at}: cannot be lowered to OpenAPI 3.0.3: {why}; correct it in overlay.yaml")
}
