//! `demo`: the wizard on the practice account, or the list of its scenarios.

use crate::{
    cli::{
        Outcome,
        args::{DemoArgs, GlobalArgs},
        output::Console,
        target::Place,
    },
    demo,
    report::render::paragraph_text,
};

/// Runs `demo`.
///
/// # Errors
/// Exit 4: no such scenario, no terminal.
pub fn run(global: &GlobalArgs, args: &DemoArgs, console: &Console) -> Outcome {
    if args.list {
        let style = console.stdout_style();
        let mut text = String::new();
        for (head, about_data) in [("Access, and everything left to do", false), ("Data", true)] {
            text.push_str(&format!("{head}\n\n"));
            for scenario in demo::scenarios()
                .iter()
                .filter(|s| s.is_about_data() == about_data)
            {
                let default = if scenario.name == demo::DEFAULT_SCENARIO {
                    ", opened by `demo` alone"
                } else {
                    ""
                };
                text.push_str(&format!("{}: {}{default}\n", scenario.name, scenario.title));
                text.push_str(&paragraph_text(scenario.description, 4, style));
            }
            text.push('\n');
        }
        text.push_str(
            "Open one: bucket-ready demo --scenario NAME. Check one: bucket-ready check demo:NAME.\n",
        );
        console.result(&text)?;
        return Ok(0);
    }
    let scenario = demo::find(args.scenario.as_deref().unwrap_or(demo::DEFAULT_SCENARIO))?;
    super::wizard::open_place(global, Some(Place::Demo(scenario)), console)
}
