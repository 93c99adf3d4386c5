"""A policy of reinforcement learning: the probabilities are only there for their logarithms."""

import torch
from torch import nn
import torch.nn.functional as F


# graphperf: input=(4096, 64)
class Policy(nn.Module):
    def __init__(self, state=64, actions=512):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(state, 256), nn.Tanh())
        self.head = nn.Linear(256, actions)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, state):
        logits = self.head(self.body(state))
        # REINFORCE wants these
        log_probabilities = F.log_softmax(logits, dim=1)
        return log_probabilities
