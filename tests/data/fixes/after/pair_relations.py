"""Relations between all pairs of objects of a detection head."""

import torch
import torch.nn as nn


# graphperf: input=(8, 100, 128)
class Relations(nn.Module):
    def __init__(self, dim=128):
        super().__init__()
        self.a = nn.Linear(dim, dim)
        self.b = nn.Linear(dim, dim)
        self.score = nn.Linear(dim, 1)

    def forward(self, x):
        n = x.size(1)
        left = self.a(x).unsqueeze(2).repeat(1, 1, n, 1)
        right = self.b(x).unsqueeze(1).expand(-1, n, -1, -1)
        return self.score(torch.relu(left + right)).squeeze(-1)
