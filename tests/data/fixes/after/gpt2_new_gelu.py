"""The feed-forward part of GPT-2 with the approximation of GELU by a hyperbolic tangent."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def new_gelu(x):
    return F.gelu(x, approximate="tanh")


# graphperf: input=(4, 256, 256)
class MLP(nn.Module):
    def __init__(self, n_embd=256):
        super().__init__()
        self.c_fc = nn.Linear(n_embd, 4 * n_embd)
        self.c_proj = nn.Linear(4 * n_embd, n_embd)

    def forward(self, x):
        return self.c_proj(new_gelu(self.c_fc(x)))
