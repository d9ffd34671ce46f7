//! The public surface of the client that is generated at compile time, for review.

use std::fmt::Write;
use std::path::Path;

use quote::ToTokens;
use syn::{Fields, FnArg, ImplItem, Item, Visibility};

use crate::harness::operations::nine;

const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/raw.rs"));
const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/raw.txt");

/// Tokens as a person would write them.
fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (":: std :: string :: ", ""),
        (":: std :: option :: ", ""),
        (":: std :: vec :: ", ""),
        (" :: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" :", ":"),
        (",>", ">"),
        (",)", ")"),
        (", }", " }"),
    ] {
        text = text.replace(from, to);
    }
    text
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn functions(items: &[Item]) -> impl Iterator<Item = &syn::ImplItemFn> {
    let all = items.iter().flat_map(|item| match item {
        Item::Impl(implementation) if implementation.trait_.is_none() => {
            implementation.items.as_slice()
        }
        _ => &[],
    });
    all.filter_map(|item| match item {
        ImplItem::Fn(function) if is_public(&function.vis) => Some(function),
        _ => None,
    })
}

/// Every public item, without docs, attributes and bodies.
fn surface(items: &[Item], indent: &str) -> String {
    let mut out = String::new();
    for item in items {
        match item {
            Item::Mod(module) if is_public(&module.vis) => {
                let inner = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                let inner = surface(inner, &format!("{indent}    "));
                write!(
                    out,
                    "{indent}pub mod {} {{\n{inner}{indent}}}\n",
                    module.ident
                )
                .unwrap();
            }
            Item::Struct(item) if is_public(&item.vis) => {
                writeln!(out, "{indent}pub struct {} {{", item.ident).unwrap();
                fields(&mut out, &item.fields, indent);
                writeln!(out, "{indent}}}").unwrap();
            }
            Item::Enum(item) if is_public(&item.vis) => {
                writeln!(out, "{indent}pub enum {} {{", item.ident).unwrap();
                for variant in &item.variants {
                    let fields = text(&variant.fields);
                    writeln!(out, "{indent}    {}{fields},", variant.ident).unwrap();
                }
                writeln!(out, "{indent}}}").unwrap();
            }
            Item::Type(item) if is_public(&item.vis) => {
                writeln!(out, "{indent}pub type {} = {};", item.ident, text(&item.ty)).unwrap();
            }
            Item::Use(item) if is_public(&item.vis) => {
                writeln!(out, "{indent}pub use {};", text(&item.tree)).unwrap();
            }
            _ => {}
        }
    }
    for function in functions(items) {
        signature(&mut out, &function.sig, indent);
    }
    out
}

fn fields(out: &mut String, fields: &Fields, indent: &str) {
    for field in fields.iter().filter(|field| is_public(&field.vis)) {
        let name = field.ident.as_ref().map_or_else(String::new, text);
        writeln!(out, "{indent}    pub {name}: {},", text(&field.ty)).unwrap();
    }
}

fn signature(out: &mut String, signature: &syn::Signature, indent: &str) {
    let asynchronous = signature.asyncness.map_or("", |_| "async ");
    let (name, generics) = (&signature.ident, text(&signature.generics));
    writeln!(out, "{indent}pub {asynchronous}fn {name}{generics}(").unwrap();
    for input in &signature.inputs {
        writeln!(out, "{indent}    {},", text(input)).unwrap();
    }
    writeln!(out, "{indent}) {};", text(&signature.output)).unwrap();
}

#[test]
fn the_generated_client_is_as_it_was_reviewed() {
    let file = syn::parse_file(GENERATED).expect("Rust");
    let now = surface(&file.items, "");
    if std::env::var("UPDATE_SNAPSHOTS").as_deref() == Ok("1") {
        std::fs::create_dir_all(Path::new(SNAPSHOT).parent().unwrap()).unwrap();
        std::fs::write(SNAPSHOT, &now).unwrap();
    }
    let reviewed = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    let differs = |(n, (was, is)): (usize, (&str, &str))| {
        (was != is).then(|| format!("line {}:\n- {was}\n+ {is}", n + 1))
    };
    let lines = reviewed.lines().chain(std::iter::repeat(""));
    let both = lines.zip(now.lines());
    let first = both.enumerate().find_map(differs);
    assert!(
        now == reviewed,
        "what progenitor generates from openapi/management.json has changed.\n{}\n\
         Look at the change, then accept it with\n    \
         UPDATE_SNAPSHOTS=1 cargo test -p cerebras-management --test contract generated",
        first.unwrap_or_else(|| "Lines at its end are gone.".to_owned()),
    );
}

#[test]
fn the_nine_methods_have_the_nine_short_names_and_take_typed_names() {
    let file = syn::parse_file(GENERATED).expect("Rust");
    let mut methods: Vec<_> = functions(&file.items)
        .filter(|function| function.sig.asyncness.is_some())
        .map(|function| &function.sig)
        .collect();
    methods.sort_by_key(|signature| signature.ident.to_string());
    let names: Vec<_> = methods.iter().map(|it| it.ident.to_string()).collect();
    let mut short = nine().map(|operation| operation.id);
    short.sort_unstable();
    assert_eq!(names, short);

    for method in methods {
        for input in method.inputs.iter().skip(1) {
            let FnArg::Typed(input) = input else {
                panic!("{} takes self twice", method.ident);
            };
            let ty = text(&input.ty);
            let is_typed = ty.starts_with("&'a crate::names::") || ty.starts_with("&'a types::");
            assert!(is_typed, "{} takes {ty}", method.ident);
        }
    }
}
