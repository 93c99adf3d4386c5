"""A block of ConvNeXt with the normalization of its paper, channels first."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class LayerNorm2d(nn.Module):
    def __init__(self, normalized_shape, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(normalized_shape))
        self.bias = nn.Parameter(torch.zeros(normalized_shape))
        self.eps = eps

    def forward(self, x):
        x = F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2], self.weight, self.bias, eps=self.eps).permute(0, 3, 1, 2)
        return x


# graphperf: input=(8, 96, 56, 56)
class Stem(nn.Module):
    def __init__(self, dim=96):
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = LayerNorm2d(dim)
        self.downsample = nn.Conv2d(dim, 2 * dim, kernel_size=2, stride=2)

    def forward(self, x):
        return self.downsample(self.norm(x + self.dwconv(x)))
