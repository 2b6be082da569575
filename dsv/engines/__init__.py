"""Engines run pure functions over shards. A stage does not know which."""
