"""Shards: canonical types, the Parquet files that hold rows, and where they are cut. Pure but for the file it is given."""
