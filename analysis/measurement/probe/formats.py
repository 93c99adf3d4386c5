"""Where PyTorch may round FP32 operands to TF32."""

from __future__ import annotations

import torch


def allow_tf32(precision: str) -> None:
    """In products and in cuDNN for `tf32`, in cuDNN alone for `tf32-conv`, nowhere for other precisions."""
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision in ("tf32", "tf32-conv")
