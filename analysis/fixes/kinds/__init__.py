"""The fixes, one file each, that ends in a `FIX`."""
