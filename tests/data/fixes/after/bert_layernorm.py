"""The layer normalization that came with the first PyTorch version of BERT, in the style of TensorFlow."""

import torch
from torch import nn
import torch.nn.functional as F


class BertLayerNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-12):
        """Construct a layernorm module in the TF style (epsilon inside the square root)."""
        super(BertLayerNorm, self).__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.variance_epsilon = eps

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, eps=self.variance_epsilon)


# graphperf: input=(8, 128, 256)
class Output(nn.Module):
    def __init__(self, hidden_size=256):
        super().__init__()
        self.dense = nn.Linear(hidden_size, hidden_size)
        self.LayerNorm = BertLayerNorm(hidden_size)

    def forward(self, hidden_states):
        return self.LayerNorm(self.dense(hidden_states) + hidden_states)
