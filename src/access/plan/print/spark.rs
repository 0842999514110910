//! The integration page's own confirm step, as a script that a current Spark runs.

use crate::{
    access::{json::quote, plan::Plan},
    rule::Dataset,
};

const SCRIPT: &str = include_str!("../../../../assets/confirm.py");

/// A PySpark script that reads every column of every row of the three folders with the reader's key, which it takes from
/// the environment.
pub fn spark(plan: &Plan) -> String {
    let folders: Vec<String> = Dataset::ALL
        .into_iter()
        .map(|dataset| {
            let target = &plan.target;
            let path = format!("s3a://{}/{}", target.bucket, target.folder(dataset));
            format!("    {},", quote(&path))
        })
        .collect();
    // Where the bucket's region could not be seen, the person who runs it says it.
    let region = match &plan.region {
        Some(region) => quote(region),
        None => "os.environ[\"AWS_REGION\"]".into(),
    };
    SCRIPT
        .replacen("@REGION@", &region, 1)
        .replacen("@FOLDERS@", &folders.join("\n"), 1)
}
