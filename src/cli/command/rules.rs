//! `rules`: the catalogue, or one rule explained.

use crate::{
    cli::{
        Outcome,
        args::{RulesArgs, TextOrJson},
        failure::Failure,
        output::Console,
    },
    report::{
        catalogue, escape,
        render::{json, rules},
    },
};

/// Runs `rules`.
///
/// # Errors
/// Exit 2: a code that there is not.
pub fn run(args: &RulesArgs, console: &Console) -> Outcome {
    let chosen: Vec<_> = match &args.code {
        None => catalogue::all().collect(),
        Some(text) => match catalogue::lookup(text) {
            Some(rule) => vec![rule],
            None => {
                return Err(Failure::usage(format!("there is no rule {}", escape(text)))
                    .hint(catalogue::suggestion(text))
                    .hint("`bucket-ready rules` lists them all"));
            }
        },
    };
    let style = console.stdout_style();
    let text = match (args.output, args.code.is_some(), chosen.first()) {
        (TextOrJson::Json, _, _) => json::pretty(&rules::json(&chosen)),
        (TextOrJson::Text, true, Some(rule)) => rules::explain(rule, style),
        (TextOrJson::Text, _, _) => rules::list(style),
    };
    console.result(&text)?;
    Ok(0)
}
