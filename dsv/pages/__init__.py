"""Pages for people: what a difference is, as a value → Markdown and HTML. Pure: no files, no git, no clock."""
