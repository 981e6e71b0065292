"""The JavaScript SDK's own functions, to compare against: one Node process answers for a whole test session."""

import json
import os
import subprocess

import pytest


class JsOracle:
    """Asks `tools/sdk/js/oracle.mjs`, one question and one answer at a time."""

    def __init__(self, process):
        self.process = process

    def ask(self, op, **question):
        """Return the SDK's answer, None where that is undefined; an error it throws is a `JsRefusal`."""
        # Escaped to ASCII, so that halves of surrogate pairs cross the pipe as well.
        self.process.stdin.write(json.dumps({"op": op, **question}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise JsRefusal(answer["error"])
        return answer.get("value")


class JsRefusal(Exception):
    """The SDK threw."""


@pytest.fixture(scope="session")
def js_refusal():
    """Return the exception that stands for an error thrown by the SDK."""
    return JsRefusal


@pytest.fixture(scope="session")
def js(repo_root, node, sdk_js_dir):
    """Return the oracle over the installed @openai/agents."""
    script = repo_root / "tools" / "sdk" / "js" / "oracle.mjs"
    with subprocess.Popen(
        [str(node), str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "TIMESTEP_SDK_JS": str(sdk_js_dir)},
    ) as process:
        yield JsOracle(process)
        process.stdin.close()
