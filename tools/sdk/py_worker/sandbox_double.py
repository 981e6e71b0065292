"""A sandbox client without a sandbox: it gives fixed sessions that no tool ever uses."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from agents.run_config import SandboxRunConfig
from agents.sandbox import SandboxAgent
from agents.sandbox.session.base_sandbox_session import BaseSandboxSession
from agents.sandbox.session.sandbox_client import BaseSandboxClient
from agents.sandbox.session.sandbox_session import SandboxSession
from agents.sandbox.session.sandbox_session_state import SandboxSessionState
from agents.testing import scripted_sandbox_session

FIXED_SESSION = uuid.UUID("00000000-0000-4000-8000-000000000001")


class ScriptedSandboxState(SandboxSessionState):
    """Session state under a type name of its own, so that it can be read back."""

    type: Literal["timestep_scripted"] = "timestep_scripted"


class ScriptedSandboxClient(BaseSandboxClient[Any]):
    """Creates and reattaches sessions that live in memory and have a fixed id."""

    backend_id = "timestep_scripted"
    supports_default_options = True

    async def create(self, *, snapshot: Any = None, manifest: Any = None, options: Any = None) -> SandboxSession:
        """Give a new session with the fixed id."""
        session = scripted_sandbox_session(manifest=manifest)
        known = session.state
        session.state = ScriptedSandboxState(session_id=FIXED_SESSION, snapshot=known.snapshot, manifest=known.manifest)
        return self._wrap_session(session)

    async def resume(self, state: SandboxSessionState) -> SandboxSession:
        """Give a session that goes on from a saved state."""
        session: BaseSandboxSession = scripted_sandbox_session(manifest=state.manifest)
        session.state = state
        return self._wrap_session(session)

    async def delete(self, session: SandboxSession) -> SandboxSession:
        """Let go of a session; nothing has to be cleaned up."""
        return session

    def deserialize_session_state(self, payload: dict[str, object]) -> SandboxSessionState:
        """Read a saved session state back."""
        return ScriptedSandboxState.model_validate(payload)


def bare_sandbox_agent(**settings: Any) -> SandboxAgent[Any]:
    """Build a sandbox agent without the sandbox's own tools: its state is what matters here."""
    base = "You work in a sandbox."
    return SandboxAgent(capabilities=[], base_instructions=base, **settings)


def scripted_sandbox_config() -> SandboxRunConfig:
    """Build run settings with a fresh client double."""
    return SandboxRunConfig(client=ScriptedSandboxClient())
