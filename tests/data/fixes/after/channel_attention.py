"""Channel attention that computes its gate for each use of it."""

import torch
from torch import nn


# graphperf: input=(8, 64, 56, 56)
class Gate(nn.Module):
    def __init__(self, channels=64):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.mix = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        gate = torch.sigmoid(self.conv(x))
        kept = x * gate
        # what is not kept goes through a convolution
        rest = self.mix(x * (1 - gate))
        return kept + rest
