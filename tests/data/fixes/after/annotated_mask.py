"""Masked attention of a translation model: masked scores are a large negative number."""

import torch
import torch.nn as nn
import torch.nn.functional as F


# graphperf: input=[(4, 64, 256), (4, 1, 64)] dtype=(float32, int64)
class MultiHeadAttention(nn.Module):
    def __init__(self, n_head=8, d_model=256, d_k=32):
        super().__init__()
        self.n_head = n_head
        self.temperature = d_k ** 0.5
        self.w_qs = nn.Linear(d_model, n_head * d_k, bias=False)
        self.w_ks = nn.Linear(d_model, n_head * d_k, bias=False)
        self.w_vs = nn.Linear(d_model, n_head * d_k, bias=False)

    def forward(self, x, mask=None):
        b, length, _ = x.shape
        q = self.w_qs(x).view(b, length, self.n_head, -1).transpose(1, 2)
        k = self.w_ks(x).view(b, length, self.n_head, -1).transpose(1, 2)
        v = self.w_vs(x).view(b, length, self.n_head, -1).transpose(1, 2)
        if mask is not None:
            mask = mask.unsqueeze(1)  # For head axis broadcasting.

        output = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask != 0 if mask is not None else None, scale=1 / self.temperature
        )
        return output.transpose(1, 2).reshape(b, length, -1)
