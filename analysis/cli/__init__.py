"""The commands `graphperf` and `graphperf-lint`: thin callers of `analyze()`."""
