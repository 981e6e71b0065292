"""Interop with the package `openai-agents`: its agents, run settings and hooks as ours.

Nothing here loads that package: a value can only be one of its objects when the caller has loaded it.
"""

from timestep.interop.entry import as_agent, as_hooks, as_model_provider, as_run_config, as_served_model

__all__ = ["as_agent", "as_hooks", "as_model_provider", "as_run_config", "as_served_model"]
