"""MobileNetV3 with its own hard Swish."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class hswish(nn.Module):
    def forward(self, x):
        out = x * F.relu6(x + 3, inplace=True) / 6
        return out


# graphperf: input=(4, 48, 28, 28)
class Block(nn.Module):
    def __init__(self, inp=48, hidden=192):
        super().__init__()
        self.expand = nn.Conv2d(inp, hidden, 1, bias=False)
        self.bn = nn.BatchNorm2d(hidden)
        self.act = hswish()
        self.project = nn.Conv2d(hidden, inp, 1, bias=False)

    def forward(self, x):
        y = self.act(self.bn(self.expand(x)))
        return self.project(y) + x
