"""Captured FP32 graph → graph with the casts and the types that it has under `torch.autocast`."""

from .casts import with_casts

__all__ = ["with_casts"]
