"""Model settings of the package as ours, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

from timestep.errors import UserError
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import MODEL_SETTINGS, refuse_unmapped, unsupported
from timestep.types.base import JSON
from timestep.types.model_settings import ModelSettings

# Settings that are members of a request of OpenAI's by the same names -> the APIs of ours that have no such member.
_OF_THE_API: Mapping[str, Collection[str]] = {
    "prompt_cache_retention": ("ollama_chat",),
    "prompt_cache_options": ("ollama_chat",),
    "context_management": ("ollama_chat", "chat_completions"),
}


def settings_of(agent: Any, includes: Sequence[str]) -> ModelSettings:  # noqa: ANN401 - an agent of the package
    """Return the model settings of an agent.

    Without a model of its own, an agent has settings for the package's default model, which the user did not choose
    and which another model may refuse; those are left out.

    Args:
        agent: of the package.
        includes: what its hosted tools ask a response to include.
    """
    implicit = agent.model is None and agent.model_settings == sdk.get_default_model_settings()
    given = sdk.ModelSettings() if implicit else agent.model_settings
    found = as_settings(given, f"the model settings of {agent.name}")
    wanted = list(dict.fromkeys([*(found.response_include or ()), *includes]))
    return found.resolve(ModelSettings(response_include=wanted)) if includes else found


def as_settings(settings: Any, owner: str) -> ModelSettings:  # noqa: ANN401 - the package's class
    """Return model settings of the package as ours.

    Raises:
        UserError: one of them has no counterpart.
    """
    refuse_unmapped(settings, MODEL_SETTINGS, owner)
    values = {name: getattr(settings, name, None) for name in MODEL_SETTINGS.mapped}  # older versions lack some
    return ModelSettings(**{name: _plain(name, value, owner) for name, value in values.items() if value is not None})


def as_served_settings(
    settings: Any,  # noqa: ANN401 - of the package
    includes: Sequence[str],
    *,
    named: bool,
    wire_api: str | None = None,
) -> ModelSettings:
    """Return the settings that the package's runner gives a model of ours.

    Args:
        settings: the package's class.
        includes: what tools ask a response to include.
        named: whether the agent, or the run, named the model; else the settings for the package's default model, which
            nobody chose, are left out.
        wire_api: which API the model is asked by; None for one that is not known.

    Raises:
        UserError: one of them has no counterpart (`interop-unsupported`), or no place in that API (`model-setting`).
    """
    changes: dict[str, Any] = {"retry": None}  # which the package's runner sees to itself
    passed = {name: value for name in _OF_THE_API if (value := getattr(settings, name, None)) is not None}
    for name in passed:
        if wire_api in _OF_THE_API[name]:
            raise UserError(
                f"{name} of the model settings has no place in the API of this model ({wire_api})",
                code="model-setting",
                why="left out in silence, it would look as if it had been obeyed",
                help="remove it",
            )
    if passed:
        changes |= {**dict.fromkeys(passed), "extra_args": {**passed, **(settings.extra_args or {})}}
    if not named:
        implicit = sdk.get_default_model_settings()
        names = [each.name for each in fields(implicit) if getattr(implicit, each.name) is not None]
        changes |= {name: None for name in names if getattr(settings, name) == getattr(implicit, name)}
    known = {each.name for each in fields(settings)}
    found = as_settings(
        replace(settings, **{name: value for name, value in changes.items() if name in known}), "the model settings"
    )
    wanted = list(dict.fromkeys([*(found.response_include or ()), *includes]))
    return found.resolve(ModelSettings(response_include=wanted)) if includes else found


def as_their_settings(settings: ModelSettings) -> sdk.ModelSettings:
    """Return model settings of ours as the package's."""
    return sdk.ModelSettings(**cast("Any", settings.to_json()))


def _plain(name: str, value: Any, owner: str) -> JSON:  # noqa: ANN401 - values of the package's fields
    if isinstance(value, sdk.MCPToolChoice):
        return {"type": "mcp", "server_label": value.server_label, "name": value.name}
    if name == "reasoning":
        return value.model_dump(mode="json", exclude_unset=True)
    if name.startswith("extra_"):
        return _members(name, value, owner)
    return list(cast("Sequence[str]", value)) if name == "response_include" else value


def _members(name: str, value: object, owner: str) -> dict[str, JSON]:
    """Return the members of an `extra_` setting; a header that is to be left out can't be said here."""
    if not isinstance(value, Mapping):
        raise unsupported(name, owner, "give a dict")
    members = dict(cast("Mapping[str, JSON]", value))
    if name == "extra_headers" and not all(isinstance(member, str) for member in members.values()):
        raise unsupported("a header to be left out", owner)
    return members
