# pyright: reportMissingImports=false
"""A Llama: the network that llama.cpp knows as "llama", written out for training."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, LAYERS, HEADS, HIDDEN, CONTEXT = 128, 4, 4, 320, 2048
EPSILON, ROPE_BASE = 1e-5, 10000.0


class Block(nn.Module):
    """One layer: attention, then a gated feed-forward network, each after a norm of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.attn_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.attn_q = nn.Linear(WIDTH, WIDTH, bias=False)
        self.attn_k = nn.Linear(WIDTH, WIDTH, bias=False)
        self.attn_v = nn.Linear(WIDTH, WIDTH, bias=False)
        self.attn_output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.ffn_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.ffn_gate = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.ffn_up = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.ffn_down = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        """Return the layer's output; all are of shape (batch, length, WIDTH)."""
        y = self.attn_norm(x)
        q, k, v = (_split(each(y)) for each in (self.attn_q, self.attn_k, self.attn_v))
        mixed = functional.scaled_dot_product_attention(_turned(q, turn), _turned(k, turn), v, is_causal=True)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(x.shape))
        y = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Network(nn.Module):
    """The whole; the names of its parameters are those of a GGUF file, but for "blk" and ".weight"."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.token_embd = nn.Embedding(vocabulary, WIDTH)
        self.blk = nn.ModuleList(Block() for _ in range(LAYERS))
        self.output_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                scale = 0.02 / (2 * LAYERS) ** 0.5 if name.endswith(("output.weight", "down.weight")) else 0.02
                nn.init.normal_(weight, std=scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the state of each place, of shape (batch, length, WIDTH); see `logits`."""
        turn = _turns(ids.shape[1])
        x = self.token_embd(ids)
        for block in self.blk:
            x = block(x, turn)
        return self.output_norm(x)

    def logits(self, state: Tensor) -> Tensor:
        """Return what each token's chance follows from; the embedding is the output matrix too."""
        return state @ self.token_embd.weight.T


def _split(x: Tensor) -> Tensor:
    """Return (batch, HEADS, length, WIDTH / HEADS) of (batch, length, WIDTH)."""
    return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)


def _turns(length: int) -> Tensor:
    """Return the rotation of each pair of values at each place, as complex numbers."""
    half = WIDTH // HEADS // 2
    speeds = ROPE_BASE ** (-torch.arange(half) / half)
    angles = torch.outer(torch.arange(length), speeds)
    return torch.polar(torch.ones_like(angles), angles)


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    """Return queries or keys turned by their place; neighbours are a pair, as in the original Llama."""
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turn).reshape(x.shape)
