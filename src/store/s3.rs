//! S3 by the AWS SDK.
