"""The language server: pygls, one file a feature, no analysis of its own."""
