"""Decisions of two versions → causes. Pure: frames and facts in, causes out."""
