"""Pools over channels last: the copy before it is of no use."""

import torch
from torch import nn


# graphperf: input=(8, 64, 56, 56)
class Tokens(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.head = nn.Linear(dim, dim)

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        pooled = x.mean(dim=(1, 2))
        return self.head(pooled)
