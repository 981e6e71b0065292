#!/usr/bin/env python3
# pyright: reportMissingImports=false
"""Holds a GGUF file against what it was trained for: the server must see dialogues as the training did."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2] / "python" / "tests" / "providers"))

from llama_server import llama_server
from train import examples
from vocabulary import decode

AMOUNT, SEED = 200, 4711


def ask(url: str, path: str, body: dict[str, Any]) -> Any:
    """Return the server's answer."""
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server, on loopback
        return json.load(answer)


def main() -> None:
    """Compare texts, tokens and last answers of new dialogues; say what differs."""
    same = right = 0
    with llama_server(sys.argv[1]) as address:
        url = address.removesuffix("/v1")
        for example, _ in zip(examples(SEED), range(AMOUNT), strict=False):
            start, end = example.spans[-1]
            text = decode(example.ids[:start])
            body = {**example.made, "messages": example.made["messages"][:-1]}
            rendered = ask(url, "/apply-template", body)["prompt"]
            tokens = ask(url, "/tokenize", {"content": text, "add_special": True, "parse_special": True})["tokens"]
            if rendered == text and tokens == example.ids[:start]:
                same += 1
            else:
                print(f"not the same:\n  ours:   {text!r}\n  theirs: {rendered!r}")
            prompt = {"prompt": example.ids[:start], "n_predict": 200, "temperature": 0, "return_tokens": True}
            made = ask(url, "/completion", prompt)["tokens"]
            right += made == example.ids[start : end - 1] or made == example.ids[start:end]
    print(f"{same} of {AMOUNT} dialogues are rendered and cut into tokens as in training")
    print(f"{right} of {AMOUNT} last answers are right in every token, without a grammar")
    raise SystemExit(same != AMOUNT)


if __name__ == "__main__":
    main()
