"""Layers of a tutorial that holds its weights itself."""

import torch
import torch.nn as nn


class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, x):
        return torch.matmul(x, self.weight) + self.bias  # (N, units)


# graphperf: input=(256, 512)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = MyLinear(512, 512)
        self.second = MyLinear(512, 64)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))
