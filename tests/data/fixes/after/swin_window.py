"""Window attention of a Swin transformer: the query is scaled, positions and a mask are added."""

import torch
import torch.nn as nn
import torch.nn.functional as F


# graphperf: input=[(8, 49, 96), (8, 49, 49)]
class WindowAttention(nn.Module):
    def __init__(self, dim=96, window_size=7, num_heads=3):
        super().__init__()
        self.window_size = window_size
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(torch.randn((2 * window_size - 1) ** 2, num_heads))
        coords = torch.stack(torch.meshgrid(torch.arange(window_size), torch.arange(window_size), indexing="ij"))
        flat = torch.flatten(coords, 1)
        relative = (flat[:, :, None] - flat[:, None, :]).permute(1, 2, 0).contiguous() + window_size - 1
        relative[:, :, 0] *= 2 * window_size - 1
        self.register_buffer("relative_position_index", relative.sum(-1))
        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x, mask=None):
        B_, N, C = x.shape
        qkv = self.qkv(x).reshape(B_, N, 3, self.num_heads, C // self.num_heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]

        relative_position_bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        relative_position_bias = relative_position_bias.view(N, N, -1).permute(2, 0, 1)

        x = F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=relative_position_bias.unsqueeze(0) + mask.unsqueeze(1) if mask is not None else relative_position_bias.unsqueeze(0),
            scale=self.scale,
        ).transpose(1, 2).reshape(B_, N, C)
        return self.proj(x)
