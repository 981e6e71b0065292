"""The `RunConfig` of the package as ours."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any, Literal, cast

from timestep.agent import Agent, reachable
from timestep.handoffs.filters import InputFilter
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import RUN_CONFIG, refuse_unmapped
from timestep.interop.contexts import source_of
from timestep.interop.guardrails import input_guardrail_of, output_guardrail_of
from timestep.interop.handoffs import filter_of
from timestep.interop.models import as_model, as_provider, is_default
from timestep.interop.settings import as_settings
from timestep.loop.config import ModelInput, ModelInputFilter, RunConfig
from timestep.types.base import Item

_OWNER = "the RunConfig"
_NOT_FOUND: dict[str, Literal["raise", "report"]] = {"raise_error": "raise", "return_error_to_model": "report"}


def run_config_of(config: Any, agent: Agent | None = None) -> RunConfig:  # noqa: ANN401 - the package's class
    """Return a `RunConfig` of the package as ours.

    Args:
        config: of the package.
        agent: the agent of the run.

    Raises:
        UserError: something of it can't be mapped.
    """
    refuse_unmapped(config, RUN_CONFIG, _OWNER)
    settings = config.model_settings
    return RunConfig(
        model=as_model(config.model),
        model_provider=None if is_default(config.model_provider) else as_provider(config.model_provider),
        model_settings=None if settings is None else as_settings(settings, _OWNER),
        input_guardrails=[input_guardrail_of(each) for each in config.input_guardrails or ()],
        output_guardrails=[output_guardrail_of(each) for each in config.output_guardrails or ()],
        handoff_input_filter=_handoff_filter(config.handoff_input_filter, agent),
        call_model_input_filter=_model_filter(config.call_model_input_filter),
        tool_not_found=_NOT_FOUND[config.tool_not_found_behavior],
    )


def _handoff_filter(rule: Any, agent: Agent | None) -> InputFilter | None:  # noqa: ANN401 - the package's filter
    if rule is None:
        return None
    reached = reachable(agent) if agent is not None else []
    targets = {each.tool_name: source_of(each.agent) for owner in reached for each in owner.resolved_handoffs()}
    source = source_of(agent)
    return filter_of(rule, source if isinstance(source, sdk.Agent) else sdk.Agent(name="Agent"), targets)


def _model_filter(rule: Any) -> ModelInputFilter | None:  # noqa: ANN401 - the package's filter
    if rule is None:
        return None

    async def filtered(data: ModelInput) -> ModelInput:
        asked = sdk.ModelInputData(input=cast("Any", data.input), instructions=data.instructions)
        answer = rule(sdk.CallModelData(model_data=asked, agent=source_of(data.agent), context=data.context))
        found = await answer if inspect.isawaitable(answer) else answer
        if not isinstance(found, sdk.ModelInputData):
            return found  # which whoever asked refuses
        return replace(data, input=cast("list[Item]", found.input), instructions=found.instructions)

    return filtered
