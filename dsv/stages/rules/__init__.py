"""The rules of the `clean` stage, one a file. They know no files and no clock."""
