"""Benchmarks of dsv as a user meets it: whole commands on generated data, ratios taken in one run (`make bench`)."""
