"""Content-addressed objects in a DVC cache, read and written without DVC."""
