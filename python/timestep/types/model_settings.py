"""Settings of a model call, as agents state them and providers read them."""

from __future__ import annotations

import msgspec
from msgspec.structs import fields, replace

from timestep.types.base import JSON


class ModelSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settings of a model call; what is None is left to the provider.

    `extra_body`, `extra_headers` and `extra_query` are added to the request, `extra_args` to the provider's own call.
    Not every provider knows every setting.
    """

    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    tool_choice: str | dict[str, JSON] | None = None
    parallel_tool_calls: bool | None = None
    truncation: str | None = None
    max_tokens: int | None = None
    reasoning: dict[str, JSON] | None = None
    verbosity: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    include_usage: bool | None = None
    response_include: list[str] | None = None
    top_logprobs: int | None = None
    timeout: float | None = None
    extra_query: dict[str, JSON] | None = None
    extra_body: dict[str, JSON] | None = None
    extra_headers: dict[str, str] | None = None
    extra_args: dict[str, JSON] | None = None

    def resolve(self, override: ModelSettings | None) -> ModelSettings:
        """Return these settings with those of another one over them; members of `extra_args` are merged."""
        if override is None:
            return self
        given = {field.name: getattr(override, field.name) for field in fields(override)}
        changes = {name: value for name, value in given.items() if value is not None}
        if self.extra_args and override.extra_args:
            changes["extra_args"] = {**self.extra_args, **override.extra_args}
        return replace(self, **changes)

    def __repr__(self) -> str:
        """Show what is set, but no value of a header or a query, which may be a key (BARS S1)."""
        told = self.to_json()
        for name in ("extra_headers", "extra_query"):
            if told.get(name):
                told[name] = dict.fromkeys(getattr(self, name), "***")
        return f"ModelSettings({', '.join(f'{name}={value!r}' for name, value in told.items())})"

    def to_json(self) -> dict[str, JSON]:
        """Return the settings that are not None."""
        return msgspec.to_builtins(self)
