"""Models as texts, for the editor to open."""

RESNET = '''\
"""A small residual network."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != channels:
            self.shortcut = nn.Conv2d(inputs, channels, 1, stride, bias=False)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(64, 64), Block(64, 64))
        self.layer2 = nn.Sequential(Block(64, 128, 2), Block(128, 128))
        self.layer3 = nn.Sequential(Block(128, 256, 2), Block(256, 256))
        self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512))
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)
        return self.fc(x)
'''

FAILING = """\
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(512, 256)
        self.second = nn.Linear(128, 10)

    def forward(self, x):
        x = self.first(x)
        return self.second(x)
"""

IMPORTING = """\
from torch import nn
import blocks


# graphperf: input=(1, 8)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = blocks.Block()

    def forward(self, x):
        return self.block(x)
"""

COSTLY = """\
import torch
from torch import nn


# graphperf: input=(64, 64, 256, 256)
class Costly(nn.Module):
    def __init__(self):
        super().__init__()
        self.big = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.narrow = nn.Linear(64, 8)

    def forward(self, x):
        return self.narrow(torch.flatten(self.pool(self.big(x)), 1))


# graphperf: input=(1, 512, 7, 7) hardware=epyc-9654
class Narrow(nn.Module):
    def __init__(self):
        super().__init__()
        self.deep = nn.Conv2d(512, 512, 3, padding=1)

    def forward(self, x):
        return self.deep(x)
"""

ATTENTION = """\
import torch
from torch import nn


# graphperf: input=(2, 197, 384)
class Attention(nn.Module):
    def __init__(self, dim=384, heads=6):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        B, N, C = x.shape
        q, k, v = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)
"""
