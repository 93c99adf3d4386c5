"""A normalization without parameters, by its variance."""

import torch
from torch import nn


# graphperf: input=(64, 16, 256)
class Whiten(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, x):
        x = self.mix(x)
        mean = x.mean(dim=-1, keepdim=True)
        var = x.var(dim=-1, keepdim=True, unbiased=False)
        return (x - mean) / (var + 1e-5).sqrt()
