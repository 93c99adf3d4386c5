"""3xx: types and layouts of tensors."""
