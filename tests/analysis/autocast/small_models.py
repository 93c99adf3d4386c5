"""Small models of the usual kinds, read both by the capture (as a file) and by PyTorch (as a module)."""

import math

import torch
import torch.nn.functional as F
from torch import nn


# graphperf: input=(2, 3, 32, 32)
class Convolutional(nn.Module):
    """Batch norm, in-place ReLU, a residual add, pooling and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 16, 3, 1, 1, groups=16), nn.BatchNorm2d(16)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(x + self.bn2(self.conv2(x)))
        x = F.interpolate(x, scale_factor=2, mode="bilinear")
        return self.head(F.adaptive_avg_pool2d(F.max_pool2d(x, 2), 1).flatten(1)).log_softmax(-1)


# graphperf: input=(2, 10, 64)
class EncoderDecoder(nn.Module):
    """Sequence first: batch first, `linear` on a transposed input chooses between `mm` and `bmm` by whether its weight needs a
    gradient, and a cast weight does not."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Transformer(64, 4, 1, 1, 128)

    def forward(self, x):
        return self.layers(x, x).softmax(-1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(64), nn.LayerNorm(64)
        self.qkv, self.out = nn.Linear(64, 192), nn.Linear(64, 64)
        self.up, self.down = nn.Linear(64, 256), nn.Linear(256, 64)
        self.register_buffer("mask", torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32))

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (4, 16)).transpose(1, 2) for part in self.qkv(self.norm1(x)).split(64, -1))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(16))
        weights = F.softmax(scores.masked_fill(self.mask == 0, float("-inf")), dim=-1)
        x = x + self.out((weights @ v).transpose(1, 2).contiguous().flatten(2))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


# graphperf: input=(2, 32) dtype=int64
class Gpt(nn.Module):
    """Attention by hand, an embedding that shares its weight with the last layer."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(100, 64), nn.Embedding(32, 64)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm, self.head = nn.LayerNorm(64), nn.Linear(64, 100, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(32, device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


# graphperf: input=(2, 32) dtype=int64
class Bert(nn.Module):
    """Attention in one call with a mask of FP32; the same layer twice: its weights are cast once."""

    def __init__(self):
        super().__init__()
        self.tokens, self.norm = nn.Embedding(100, 64), nn.LayerNorm(64)
        self.q, self.k, self.v, self.out = (nn.Linear(64, 64) for _ in range(4))
        self.up, self.down, self.pooler = nn.Linear(64, 256), nn.Linear(256, 64), nn.Linear(64, 64)

    def forward(self, ids):
        mask = (1.0 - torch.ones(ids.shape, device=ids.device)[:, None, None, :]) * -1e9
        x = F.dropout(self.norm(self.tokens(ids)), 0.1, self.training)
        for _ in range(2):
            q, k, v = (layer(x).unflatten(-1, (4, 16)).transpose(1, 2) for layer in (self.q, self.k, self.v))
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
            x = self.norm(self.down(F.gelu(self.up(self.norm(self.out(y) + x)))) + x)
        return torch.tanh(self.pooler(x[:, 0]))


# graphperf: input=[(2, 32, 8, 8), (2,)]
class Unet(nn.Module):
    """Group norm, SiLU, a step embedding, attention by einsum, a skip connection."""

    def __init__(self):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, 32), nn.Conv2d(32, 32, 3, padding=1)
        self.step, self.qkv = nn.Linear(16, 32), nn.Conv2d(32, 96, 1)
        self.norm2, self.conv2 = nn.GroupNorm(8, 64), nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, x, step):
        angles = step[:, None] * torch.exp(-torch.arange(8, device=x.device) / 8)
        t = self.step(torch.cat([angles.sin(), angles.cos()], -1))
        h = self.conv1(F.silu(self.norm1(x))) + F.silu(t)[:, :, None, None]
        q, k, v = self.qkv(h).flatten(2).chunk(3, 1)
        weights = (torch.einsum("bci,bcj->bij", q, k) * 32**-0.5).softmax(-1)
        h = h + torch.einsum("bij,bcj->bci", weights, v).reshape(h.shape)
        return self.conv2(F.silu(self.norm2(torch.cat([h, x], 1))))


# graphperf: input=(2, 16, 64)
class Rotary(nn.Module):
    """Conversions to FP32 and back, complex numbers, an RMS norm by hand."""

    turn: torch.Tensor

    def __init__(self):
        super().__init__()
        self.qk, self.scale, self.head = nn.Linear(64, 128), nn.Parameter(torch.ones(64)), nn.Linear(16, 4)
        self.register_buffer("turn", torch.ones(16, 32, dtype=torch.complex64))

    def normed(self, x):
        y = x.to(torch.float32)
        return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-6)).type_as(x) * self.scale

    def turned(self, x):
        pairs = torch.view_as_complex(x.float().unflatten(-1, (32, 2)))
        return torch.view_as_real(pairs * self.turn).flatten(2).to(x)

    def forward(self, x):
        q, k = self.qk(x).chunk(2, -1)
        scores = self.turned(self.normed(q)) @ self.turned(k).transpose(1, 2)
        return self.head(F.softmax(scores.float(), -1).type_as(q))


# graphperf: input=(1, 3, 64, 64)
class Segmentation(nn.Module):
    """torchvision's DeepLabV3, whose factory asks for downloaded weights unless told not to."""

    def __init__(self):
        super().__init__()
        from torchvision.models.segmentation import deeplabv3_resnet50

        self.model = deeplabv3_resnet50(weights_backbone=None)

    def forward(self, x):
        return self.model(x)["out"]


# graphperf: input=(2, 8)
class Policies(nn.Module):
    """Operators of every policy, on a result of lower precision and on FP32."""

    def __init__(self):
        super().__init__()
        self.l, self.w, self.group = nn.Linear(8, 8), nn.Parameter(torch.ones(8)), nn.GroupNorm(2, 8)

    def forward(self, x):
        y = self.l(x)
        _ = y.sum(), y.sum(-1), y.cumsum(-1), y.prod(-1), y.norm(dim=-1), torch.linalg.norm(y), y.logsumexp(-1)
        _ = y.softmax(-1), y.log_softmax(-1), F.layer_norm(y, (8,)), self.group(y), F.instance_norm(y[None])
        _ = y.mean(-1), y.var(-1), y.std(-1), y.max(-1), y.topk(2), y.clamp(min=0), y.masked_fill(y > 0, -1e4)
        _ = y**2, y.exp(), y.rsqrt(), y.reciprocal(), torch.cosh(x), F.softplus(y), F.normalize(y)
        _ = y.sigmoid(), torch.tanh(y) * x, F.gelu(y), F.elu(y), F.prelu(y, self.w[:1]), torch.cdist(y, x)
        _ = torch.zeros_like(y), y.new_zeros(3), torch.cat([y, x]), torch.stack([y, x]), F.pad(y, (1, 1))
        _ = y * self.w, torch.where(y > 0, y, x), torch.outer(y[0], x[0]), torch.addcmul(x, y, y), torch.atan2(y, x)
        _ = torch.dot(self.w, self.w), torch.mv(y, self.w), torch.addmm(self.w, x, self.l.weight)
        _ = torch.einsum("bi,bi->b", y, x), x.half() @ x.half().t(), y.double() @ x.double().t()
        _ = F.interpolate(y[None, None], scale_factor=2, mode="bilinear"), F.mse_loss(y, x)
        _ = F.grid_sample(y[None, None], x.new_zeros(1, 4, 4, 2), align_corners=False)
        return x.mul_(y)
