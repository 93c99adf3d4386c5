"""A decoder that shares the embedding's matrix, as masked language models have it."""

import torch
import torch.nn.functional as F
from torch import nn


# graphperf: input=(2, 64, 256)
class TiedHead(nn.Module):
    def __init__(self, hidden=256, vocab=4096):
        super().__init__()
        self.dense = nn.Linear(hidden, hidden)
        self.embeddings = nn.Parameter(torch.randn(vocab, hidden) * 0.02)
        self.bias = nn.Parameter(torch.zeros(vocab))

    def forward(self, states):
        states = F.gelu(self.dense(states))
        # a bias for each word
        logits = F.linear(states, self.embeddings, self.bias)
        return logits
