"""The feed-forward part of BERT with its own GELU."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class GELU(nn.Module):
    def forward(self, x):
        # the exact one, not the approximation of GPT
        return F.gelu(x)


# graphperf: input=(4, 128, 256)
class Intermediate(nn.Module):
    def __init__(self, hidden_size=256, intermediate_size=1024):
        super().__init__()
        self.dense = nn.Linear(hidden_size, intermediate_size)
        self.act = GELU()
        self.output = nn.Linear(intermediate_size, hidden_size)

    def forward(self, hidden_states):
        return hidden_states + self.output(self.act(self.dense(hidden_states)))
