"""What lies on the disk: base shards, decision files and the local cache, read and written shard by shard."""
