"""One module a case: `run(bench)` measures and returns rows for the table."""
