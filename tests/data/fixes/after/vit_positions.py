"""The front of a vision transformer: the positions are copied once for each image."""

import torch
from torch import nn


# graphperf: input=(64, 3, 224, 224)
class Embeddings(nn.Module):
    def __init__(self, dim=192, patch=16):
        super().__init__()
        self.patches = nn.Conv2d(3, dim, patch, patch)
        self.positions = nn.Parameter(torch.randn(1, 196, dim))

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        positions = self.positions.expand(x.shape[0], -1, -1)  # one for each image
        return x + positions
