"""Transformers, read both by the capture (as a file) and by PyTorch (as a module)."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A layer of a GPT, with fused attention."""

    def __init__(self, width=128, heads=4):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        split = self.qkv(self.norm1(x)).split(width, dim=2)
        q, k, v = (y.view(batch, length, self.heads, -1).transpose(1, 2) for y in split)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


# graphperf: input=(1, 64) dtype=int64
class Gpt(nn.Module):
    """Three layers."""

    def __init__(self, width=128, layers=3, words=512):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(64, width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)

    def forward(self, tokens):
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        return self.head(self.norm(self.blocks(x)))


# graphperf: input=(1, 64, 128)
class Encoder(nn.Module):
    """PyTorch's own encoder."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(128, 4, 512, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)

    def forward(self, x):
        return self.layers(x)


# graphperf: input=(2, 16, 64)
class Written(nn.Module):
    """Attention written out: scaled, divided with a mask, and not scaled."""

    def __init__(self, width=64, heads=4):
        super().__init__()
        self.heads = heads
        self.qkv, self.project = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(3)), nn.Linear(width, width)
        self.register_buffer("mask", torch.zeros(1, 1, 16, 16))

    def forward(self, x):
        q, k, v = self.split(self.qkv[0](x))
        x = self.join(F.dropout((q @ k.transpose(-2, -1) * 0.25).softmax(-1), 0.1, self.training) @ v)
        q, k, v = self.split(self.qkv[1](x))
        x = self.join((q @ k.transpose(-2, -1) / 4 + self.mask).softmax(-1) @ v)
        q, k, v = self.split(self.qkv[2](x))
        return self.project(self.join(torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v))

    def split(self, y):
        batch, length, _ = y.shape
        return (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in y.chunk(3, -1))

    def join(self, y):
        batch, heads, length, size = y.shape
        return y.transpose(1, 2).reshape(batch, length, heads * size)


# graphperf: input=(2, 16, 64)
class WrittenOneHead(nn.Module):
    """Attention written out in three dimensions."""

    def __init__(self, width=64):
        super().__init__()
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.project((q @ k.transpose(-2, -1) * 0.125).softmax(-1) @ v)


# graphperf: input=(1, 3, 64, 64)
class Pools(nn.Module):
    """Pools with small windows before and after what is cheap to compute again and what is not, and over whole maps."""

    def __init__(self, width=32):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(inner, width, 3, padding=1) for inner in (3, *[width] * 5))
        self.norm, self.head = nn.BatchNorm2d(width), nn.Linear(width, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.convs[0](x)), 2)
        x = F.avg_pool2d(F.relu(self.convs[1](x)), 3, 2, 1)
        x = F.relu(F.max_pool2d(self.norm(self.convs[2](x)), 2))
        y = F.relu(self.convs[3](x))
        x = torch.cat([F.max_pool2d(y, 3, 1, 1), self.convs[4](y)], 1)[:, : self.convs[0].out_channels]
        return self.head(F.adaptive_avg_pool2d(F.relu(self.convs[5](x)), 1).flatten(1))


# graphperf: input=(4, 64)
class Router(nn.Module):
    """What inductor leaves to a library stands alone: the best experts of each row, and a sort."""

    def __init__(self, width=64, experts=8):
        super().__init__()
        self.gate, self.hidden = nn.Linear(width, experts), nn.Linear(width, width)

    def forward(self, x):
        weight, chosen = self.gate(x).softmax(-1).topk(2, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        return weight, chosen, (self.hidden(x) * 2).sort(-1)[0].relu()
