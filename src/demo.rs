//! The practice account: S3 over real HTTP in this process, filled with generated data.
