# The integration page's confirm step, in a form that a current Spark runs: reads every column of every row, as
# ingestion does. `.show()` and `.count()` would pass over broken files and wrong types.
#
#   export AWS_ACCESS_KEY_ID=…      the reader's key, which is handed to Statsig; its secret stands in no file
#   export AWS_SECRET_ACCESS_KEY=…
#   spark-submit --packages org.apache.hadoop:hadoop-aws:3.3.4 confirm.py     (Spark 3.5)
#   spark-submit --packages org.apache.hadoop:hadoop-aws:3.4.1 confirm.py     (Spark 4.0)
#
# The connector's version must be that of Spark's own Hadoop: `ls $SPARK_HOME/jars/hadoop-client-api-*` names it.
import os
import sys

from pyspark.sql import SparkSession

REGION = @REGION@
FOLDERS = [
@FOLDERS@
]

spark = (
    SparkSession.builder.appName("bucket-ready confirm")
    # The reader's key and no other: neither a profile's nor this machine's role.
    .config(
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
    )
    .config("spark.hadoop.fs.s3a.access.key", os.environ["AWS_ACCESS_KEY_ID"])
    .config("spark.hadoop.fs.s3a.secret.key", os.environ["AWS_SECRET_ACCESS_KEY"])
    .config("spark.hadoop.fs.s3a.endpoint.region", REGION)
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)

failed = False
for folder in FOLDERS:
    try:
        data = spark.read.parquet(folder + "*")
        data.printSchema()
        # Writes nowhere, and decodes every value to do so.
        data.write.format("noop").mode("overwrite").save()
        print(f"ok    {folder}")
    except Exception as error:
        failed = True
        print(f"FAIL  {folder}\n      {error}", file=sys.stderr)
spark.stop()
sys.exit(1 if failed else 0)
