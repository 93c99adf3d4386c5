"""A block of YOLOv4 with Mish."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Mish(nn.Module):
    def __init__(self):
        super(Mish, self).__init__()

    def forward(self, x):
        x = x * (torch.tanh(F.softplus(x)))
        return x


# graphperf: input=(2, 64, 52, 52)
class Block(nn.Module):
    def __init__(self, ch=64):
        super().__init__()
        self.conv1 = nn.Conv2d(ch, ch, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(ch)
        self.conv2 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(ch)
        self.mish = Mish()

    def forward(self, x):
        h = self.mish(self.bn1(self.conv1(x)))
        h = self.mish(self.bn2(self.conv2(h)))
        return x + h
