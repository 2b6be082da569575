"""The only place that knows DVC: its files, its command line, its remotes."""
