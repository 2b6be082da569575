"""Two versions are compared: which records differ, and why."""
