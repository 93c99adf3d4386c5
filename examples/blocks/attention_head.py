"""One head of attention, written out: at long sequences the scores are all that counts.

    MACs       = N · (3·L·D·d + 2·L²·d) = N · (3·4096·768·64 + 2·4096²·64) = N · 2 751 463 424
    parameters = 3·(D + 1)·d            = 147 648

Look at the scores: L² = 16.8 million elements, 33.6 MB in FP16, beside 0.5 MB for the queries. They are written by the
first product, read and written by the scale and by the softmax, read by the second product: 201 MB.
"""

import torch
from torch import nn


# graphperf: input=(1, 4096, 768)
class AttentionHead(nn.Module):
    """Every position takes the mean of all values, weighted by how its query fits their keys."""

    def __init__(self, width: int = 768, head: int = 64) -> None:
        super().__init__()
        self.query = nn.Linear(width, head)
        self.key = nn.Linear(width, head)
        self.value = nn.Linear(width, head)
        self.scale = head**-0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.query(x), self.key(x), self.value(x)
        scores = query @ key.transpose(-2, -1) * self.scale
        weights = torch.softmax(scores, dim=-1)
        return weights @ value
