"""The operation of the router's client: a model is asked, and others in its place."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from serving import operation
from timestep.errors import ModelError, UserError
from timestep.providers import openai_client
from timestep.providers.attempts import AttemptedModel
from timestep.providers.multi import MultiModelProvider
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.routing_rules import read_rules
from timestep.providers.url_policy import guarded
from timestep.types.model_settings import ModelSettings


@operation
def ask_model(args: dict[str, Any]) -> dict[str, Any]:
    """Ask a model, and say what came of it."""
    with _around(args.get("keys", {}), args.get("hosts", {})):
        return asyncio.run(_asked(args))


async def _asked(args: dict[str, Any]) -> dict[str, Any]:
    provider = MultiModelProvider(rules=read_rules(json.dumps(args["rules"])))
    try:
        model, request = provider.get_model(args["name"]), _request(args)
        return await _streamed(model, request) if args.get("stream") else _told(await model.respond(request))
    finally:
        await provider.aclose()


async def _streamed(model: AttemptedModel, request: ModelRequest) -> dict[str, Any]:
    """Return the pieces of an answer, and the whole or what broke it off."""
    pieces: list[str] = []
    whole: dict[str, Any] = {}
    try:
        async for piece in model.stream(request):
            if isinstance(piece, Delta):
                pieces.append(piece.text)
            else:
                whole = _told(piece)
    except (ModelError, UserError) as error:
        if not pieces:
            raise
        whole = {"error": error.code}
    return {"pieces": "".join(pieces), **whole}


def _request(args: dict[str, Any]) -> ModelRequest:
    settings = ModelSettings(
        extra_headers=args.get("headers"), extra_query=args.get("query"), timeout=5.0, **args.get("settings", {})
    )
    return ModelRequest(
        model=args["name"],
        input=args["input"],
        tools=args.get("tools", ()),
        settings=settings,
        previous_response_id=args.get("previous"),
        conversation_id=args.get("conversation"),
        key=args["key"],
    )


def _told(response: ModelResponse) -> dict[str, Any]:
    return {"output": response.output, "answered_by": msgspec.to_builtins(response.answered_by)}


@contextmanager
def _around(keys: dict[str, str], hosts: dict[str, list[str]]) -> Iterator[None]:
    """Have these keys in the environment and no others, and these addresses in place of the DNS."""

    async def resolve(host: str, _port: int) -> list[str]:
        return hosts.get(host, [])

    kept, guard = dict(os.environ), openai_client.guarded
    for name in kept:
        if name.endswith("_API_KEY") or name.startswith(("OPENAI_", "OLLAMA_")):
            del os.environ[name]
    os.environ.update(keys)
    openai_client.guarded = partial(guarded, resolve=resolve)
    try:
        yield
    finally:
        openai_client.guarded = guard
        os.environ.clear()
        os.environ.update(kept)
