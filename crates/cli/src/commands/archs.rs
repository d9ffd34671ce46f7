//! `cbm archs`: the model architectures of the organization.

use clap::Args;

use crate::context::Context;
use crate::failure::{Doing, Result};
use crate::output::record::Architecture;

/// List the model architectures that the organization may use
#[derive(Args, Debug)]
pub(crate) struct Archs {}

impl Archs {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let org = context.org(&client)?;
        let all = org.architectures().await;
        let all = all.doing(|| "cannot list the architectures".to_owned())?;
        if all.is_empty() {
            context.note(&format!("organization {} has no architectures", org.name()));
        }
        let all = all.into_iter();
        let all: Vec<_> = all
            .map(|architecture| Architecture { architecture })
            .collect();
        context.out.list(&all)
    }
}
