"""Stages: pure functions from records to decisions. A stage never sees files, git, DVC, engines or the clock."""
