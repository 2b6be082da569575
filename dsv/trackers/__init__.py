"""Where training runs are kept. A tracker reads a run and says which version of the data set it names."""
