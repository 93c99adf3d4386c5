"""Captured FP32 graph → graph with the casts and the types that it has under `torch.autocast`."""

from .casts import with_casts
from .fast_norms import with_fast_norms

__all__ = ["with_casts", "with_fast_norms"]
