"""What dsv does: one verb a file. Each returns values, takes a Progress where it takes time, prints nothing."""
