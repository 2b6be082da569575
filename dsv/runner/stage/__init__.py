"""A stage is run: prepared on every shard, decided in rounds, written as decisions."""
