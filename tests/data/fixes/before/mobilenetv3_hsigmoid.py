"""A squeeze and excitation of MobileNetV3 with its own hard sigmoid."""

import torch
import torch.nn as nn


class h_sigmoid(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.relu = nn.ReLU6(inplace=inplace)

    def forward(self, x):
        return self.relu(x + 3) / 6


# graphperf: input=(4, 48, 28, 28)
class Block(nn.Module):
    def __init__(self, inp=48, hidden=192):
        super().__init__()
        self.expand = nn.Conv2d(inp, hidden, 1, bias=False)
        self.bn = nn.BatchNorm2d(hidden)
        self.act = nn.Hardswish()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Conv2d(hidden, hidden, 1)
        self.gate = h_sigmoid()
        self.project = nn.Conv2d(hidden, inp, 1, bias=False)

    def forward(self, x):
        y = self.act(self.bn(self.expand(x)))
        y = y * self.gate(self.fc(self.pool(y)))
        return self.project(y) + x
