"""The algebra of changes between two sets of records. Pure frames and values."""
