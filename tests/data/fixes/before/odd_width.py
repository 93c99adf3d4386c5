"""A perceptron whose hidden layer is just off the width of the matrix units."""

import torch
from torch import nn


# graphperf: input=(4096, 512) precision=fp16
class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(512, 1021)  # a prime
        self.norm = nn.LayerNorm(1021)
        self.second = nn.Linear(1021, 10)

    def forward(self, x):
        return self.second(torch.relu(self.norm(self.first(x))))
