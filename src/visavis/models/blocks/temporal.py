"""Convolution over time for tensors laid out (N, T, C)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class TemporalConv(nn.Conv1d):
    """Convolution over time, (N, T, C) -> (N, T / stride, C'), zero-padded so that length is kept."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, dilation=dilation, padding=dilation * (kernel // 2))

    def forward(self, x: Tensor) -> Tensor:
        """Convolves."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class DilatedBlock(nn.Module):
    """A residual dilated convolution: cheap temporal context (van den Oord et al. 2016)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = TemporalConv(width, width, 3, dilation=dilation)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Adds what the neighbourhood says."""
        out: Tensor = x + self.out(functional.gelu(self.conv(self.norm(x))))
        return out
