"""An encoder that has most of it: a normalization, an activation and attention that are written out, each used twice."""

import math

import torch
from torch import nn
import torch.nn.functional as F


class LayerNorm(nn.Module):
    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        variance = (centred ** 2).mean(-1, keepdim=True)
        return self.gain * (centred / torch.sqrt(variance + self.eps)) + self.shift


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        n, s, c = x.shape
        query, key, value = self.qkv(x).view(n, s, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        return self.out(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(n, s, c))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = LayerNorm(width), LayerNorm(width)
        self.attention = Attention(width, heads)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        y = self.up(self.norm2(x))
        y = 0.5 * y * (1 + torch.erf(y * 0.7071067811865476))
        return x + self.down(y)


# graphperf: input=(2, 128, 256)
class Encoder(nn.Module):
    def __init__(self, width=256, heads=8):
        super().__init__()
        self.blocks = nn.Sequential(Block(width, heads), Block(width, heads))

    def forward(self, x):
        return self.blocks(x)
