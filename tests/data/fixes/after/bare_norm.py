"""A normalization without parameters, by its variance."""

import torch
from torch import nn
import torch.nn.functional as F


# graphperf: input=(64, 16, 256)
class Whiten(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, x):
        x = self.mix(x)
        return F.layer_norm(x, x.shape[-1:], eps=1e-5)
