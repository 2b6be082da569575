"""What a record is: its canonical row, its hash, its id. May import nothing of dsv but errors."""
