"""The basic block of ResNet: what batch norms and the shortcut cost beside two convolutions.

    MACs       = N · 2·H·W·C²·9   = N · 2·56²·64²·9 = N · 231 211 008
    parameters = 2 · (9·C² + 2·C) = 73 984

Look at what is no convolution: no MACs, but each batch norm and ReLU reads and writes H·W·C = 200 704 elements, and
the addition reads twice as many. `--set fold-bn` moves the norms into the weights of the convolutions.
"""

import torch
from torch import nn


# graphperf: input=(1, 64, 56, 56)
class ResNetBlock(nn.Module):
    """Two 3×3 convolutions with batch norms, and their input added."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return torch.relu(out + x)
