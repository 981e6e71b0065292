"""A running aimock (npm @copilotkit/aimock): a server for tests that others wrote, with a script of ours."""

import json
import os
import subprocess
import threading
from contextlib import contextmanager

import pytest

KEY = "key-of-this-test-0123456789"


@contextmanager
def aimock_server(repo_root, node, folder, fixtures):
    """Start one that follows a script and knows the key of these tests alone; give its address, and end it."""
    program = repo_root / "tools/servers/node_modules/@copilotkit/aimock/dist/cli.js"
    if not program.is_file():
        pytest.fail(f"{program} is missing; set up with: python3 tools/dev.py test", pytrace=False)
    script = folder / "script.json"
    script.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    command = [node, program, "--port", "0", "--fixtures", script, "--strict"]
    environment = {**os.environ, "AIMOCK_API_KEYS": KEY}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            found = (line.partition("listening on ")[2].strip() for line in server.stdout)
            url = next(filter(None, found))
            rest = threading.Thread(target=server.stdout.read)  # else a full pipe would stop the server
            rest.start()
            yield url
        finally:
            server.kill()
        rest.join(5)
