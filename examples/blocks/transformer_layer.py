"""A pre-norm transformer layer with fused attention: with short sequences the linear layers are all that counts.

    MACs       = N · (12·L·D² + 2·L²·D) = N · (12·512·768² + 2·512²·768) = N · 4 026 531 840
    parameters = 12·D² + 13·D           = 7 087 872

Look at attention: 2·L²·D MACs, L / (6·D) = 1/9 of those of the linear layers; as many only at L = 6·D = 4608.
`scaled_dot_product_attention` keeps the scores on the chip; attention_head.py writes them to memory.
"""

import torch
import torch.nn.functional as F
from torch import nn


# graphperf: input=(1, 512, 768)
class TransformerLayer(nn.Module):
    """Attention and a perceptron, each after a norm and added to its input."""

    def __init__(self, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))
