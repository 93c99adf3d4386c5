"""A depthwise-separable convolution, as in MobileNet: 3 % of the MACs move two fifths of the data.

    MACs       = N · H·W·(9·C + C·K) = N · 56²·(9·128 + 128·256) = N · 106 373 120
    parameters = 9·C + C·K           = 33 920

Look at the two halves: the depthwise one makes 9 MACs of each element that it reads and waits for memory; the
pointwise one makes 256 and computes. One 3×3 convolution in their place would need H·W·9·C·K MACs: 8.7 times as many.
"""

import torch
from torch import nn


# graphperf: input=(1, 128, 56, 56)
class DepthwiseSeparable(nn.Module):
    """Each channel is filtered by itself, then the channels are mixed."""

    def __init__(self, channels: int = 128, out_channels: int = 256) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, out_channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.pointwise(torch.relu(self.depthwise(x))))
