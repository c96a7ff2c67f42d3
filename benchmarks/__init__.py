"""Benchmarks: commands, not tests. Every figure stands beside its peers and limits, measured in turns in one run."""
