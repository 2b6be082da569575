"""Formats: files of a delivery → rows, and rows → files. What cannot be read is named, never skipped."""
