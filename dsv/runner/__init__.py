"""Works on the shards of a project: ingests deliveries, runs stages, compares versions. Above project, below ops."""
