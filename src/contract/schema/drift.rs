//! What a Spark 3.5 read does with a file whose column differs from the file that gave the schema.
