"""Decisions: what a stage did to the records of one base shard, by position (docs/format.md §4). Pure."""
