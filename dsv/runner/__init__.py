"""Runs stages over a project's shards: reads views, keeps what can be kept, writes decisions. Above project, below ops."""
