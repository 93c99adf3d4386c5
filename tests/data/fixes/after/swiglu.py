"""A gated feed-forward layer: the gate's activation is written in place of a function."""

import torch
from torch import nn
import torch.nn.functional as F


# graphperf: input=(2, 256, 512)
class FeedForward(nn.Module):
    def __init__(self, dim=512, hidden_dim=1376):
        super().__init__()
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden_dim, bias=False)

    def forward(self, x):
        gate = self.w1(x)
        gate = F.silu(gate)  # SiLU
        return self.w2(gate * self.w3(x))
