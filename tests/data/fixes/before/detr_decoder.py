"""Cross-attention of a detection head: queries look at an image, padded pixels are masked."""

import torch
import torch.nn.functional as F
from torch import nn, Tensor


# graphperf: input=[(2, 100, 256), (2, 400, 256), (2, 400)] dtype=(float32, float32, bool)
class CrossAttention(nn.Module):
    def __init__(self, d_model=256, nhead=8, dropout=0.1):
        super().__init__()
        self.nhead = nhead
        self.head_dim = d_model // nhead
        self.p = dropout
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.nhead, self.head_dim)).transpose(1, 2)

    def forward(self, queries: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        scale = self.head_dim ** 0.5
        scores = self.heads(self.q_proj(queries)) @ self.heads(self.k_proj(memory)).transpose(-2, -1) / scale
        scores = scores.masked_fill(padding[:, None, None, :], float("-inf"))
        weights = F.dropout(F.softmax(scores, -1), p=self.p, training=self.training)
        found = weights @ self.heads(self.v_proj(memory))
        return self.out_proj(found.transpose(1, 2).flatten(2))
