#!/usr/bin/env python3
# pyright: reportMissingImports=false
"""Trains the tiny model that the provider tests talk to, and writes it as a GGUF file; see README.md."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import export
import jinja2
import torch
from dialogues import dialogue
from network import Network
from torch import Tensor
from torch.nn import functional
from vocabulary import ASSISTANT, END, ID, TOKENS, decode, encode

LONGEST = 640  # tokens of a dialogue; longer ones are left out
TOKENS_A_STEP = 3072
POOL = 256  # dialogues sorted by length, so that a batch holds little padding
TOP_RATE, WARM_UP = 3e-3, 100
SHORT = 0.6  # the share of the time in which dialogues are of one exchange
IGNORED = -100  # cross_entropy's mark for what is not learned


def template() -> jinja2.Template:
    """Return the chat template, with the settings that llama.cpp renders it with."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - no HTML
    return environment.from_string(export.TEMPLATE.read_text(encoding="utf-8"))


class Example:
    """A dialogue as tokens, with the spans that the assistant wrote."""

    def __init__(self, made: dict[str, Any], rendered: str) -> None:
        self.made = made
        self.ids = encode(rendered)
        self.spans = list(_spans(self.ids))
        said = [message for message in made["messages"] if message["role"] == "assistant"]
        assert len(said) == len(self.spans)
        self.learned = [span for span, message in zip(self.spans, said, strict=True) if message["learn"]]


def _spans(ids: list[int]) -> Iterator[tuple[int, int]]:
    """Yield where answers begin, after their mark, and end, with the end mark included."""
    start = None
    for place, token in enumerate(ids):
        if token == ID[ASSISTANT]:
            start = place + 1
        elif token == ID[END] and start is not None:
            yield start, place + 1
            start = None


def examples(seed: int, most: Callable[[], int] = lambda: 3) -> Iterator[Example]:
    """Yield examples without end, of up to so many exchanges."""
    chance, shape = Random(seed), template()  # noqa: S311 - no secrets
    while True:
        made = dialogue(chance, most())
        example = Example(made, shape.render(**made))
        if len(example.ids) <= LONGEST:
            yield example


def batches(seed: int, most: Callable[[], int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield inputs and targets of about TOKENS_A_STEP tokens, dialogues of like length together."""
    source, chance = examples(seed, most), Random(seed + 1)  # noqa: S311
    while True:
        pool = sorted((next(source) for _ in range(POOL)), key=lambda example: len(example.ids))
        groups: list[list[Example]] = [[]]
        for example in pool:
            if (len(groups[-1]) + 1) * len(example.ids) > TOKENS_A_STEP:
                groups.append([])
            groups[-1].append(example)
        chance.shuffle(groups)
        yield from map(_batch, groups)


def _batch(group: list[Example]) -> tuple[Tensor, Tensor]:
    longest = max(len(example.ids) for example in group)
    inputs = torch.zeros(len(group), longest - 1, dtype=torch.long)
    targets = torch.full((len(group), longest - 1), IGNORED)
    for row, example in enumerate(group):
        ids = torch.tensor(example.ids)
        inputs[row, : len(ids) - 1] = ids[:-1]
        for start, end in example.learned:
            targets[row, start - 1 : end - 1] = ids[start:end]
    return inputs, targets


def loss_of(network: Network, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean loss over what is to be learned."""
    chosen = targets != IGNORED
    return functional.cross_entropy(network.logits(network(inputs)[chosen]), targets[chosen])


@torch.no_grad()
def exactly_right(network: Network, seed: int, amount: int) -> float:
    """Return the share of answers, to dialogues never seen, whose every token is the likeliest one."""
    right = total = 0
    for example, _ in zip(examples(seed), range(amount), strict=False):
        ids = torch.tensor(example.ids)
        best = network.logits(network(ids[None, :-1])[0]).argmax(-1)
        for start, end in example.learned:
            right += bool((best[start - 1 : end - 1] == ids[start:end]).all())
            total += 1
    return right / total


@torch.no_grad()
def answer(network: Network, prompt: str, most: int = 200) -> str:
    """Return what the network says, the likeliest token each time."""
    ids = encode(prompt)
    made: list[int] = []
    while len(made) < most and (not made or made[-1] != ID[END]):
        made.append(int(network.logits(network(torch.tensor([ids + made]))[0, -1]).argmax()))
    return decode(made)


def optimizers(network: Network) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices within the layers, and AdamW for the rest."""
    matrices = [weight for weight in network.blk.parameters() if weight.dim() == 2]
    others = [weight for weight in network.parameters() if all(weight is not each for each in matrices)]
    return [
        torch.optim.Muon(matrices, lr=TOP_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=TOP_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def learn(network: Network, makers: list[torch.optim.Optimizer], inputs: Tensor, targets: Tensor, rate: float) -> float:
    """Take one step, and return the loss before it."""
    loss = loss_of(network, inputs, targets)
    network.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for maker in makers:
        for group in maker.param_groups:
            group["lr"] = rate
        maker.step()
    return loss.item()


def train(minutes: float, seed: int, path: Path) -> Network:
    """Train for some time; write what there is, and say how good it is, now and then."""
    torch.manual_seed(seed)
    network = Network(len(TOKENS))
    makers = optimizers(network)
    began = said = time.monotonic()

    def passed() -> float:
        return (time.monotonic() - began) / 60 / minutes

    for step, (inputs, targets) in enumerate(batches(seed, lambda: 1 if passed() < SHORT else 3), 1):
        done = min(passed(), 1.0)
        rate = TOP_RATE * min(step / WARM_UP, 0.5 + 0.5 * math.cos(math.pi * done) + 0.01)
        loss = learn(network, makers, inputs, targets, rate)
        if time.monotonic() - said > 60:
            export.write(network, path)
            right = exactly_right(network, seed + 1000, 40)
            print(f"{done:4.0%}  step {step}  loss {loss:.4f}  right {right:.2f}", flush=True)
            said = time.monotonic()
        if done >= 1.0:
            break
    export.write(network, path)
    return network


def main() -> None:
    """Read the command line, train, and say what was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the GGUF file to write")
    parser.add_argument("--minutes", type=float, default=20.0, help="how long to train (default: 20)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    network = train(arguments.minutes, arguments.seed, arguments.output)
    right = exactly_right(network, arguments.seed + 2000, 400)
    print(f"{right:.1%} of the answers in 400 new dialogues are right in every token")


if __name__ == "__main__":
    main()
