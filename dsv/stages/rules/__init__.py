"""Rules of `clean`: one a file. A rule drops records, or sets values; `duplicate` alone looks at other records."""
