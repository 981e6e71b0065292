"""A real llama.cpp server (PyPI xllamacpp) with a tiny model that calls tools; tools/tiny_model made the model.

As a program it is that server: it tells its address on the first line, and ends when its input does.
"""

import os
import select
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

MODEL = Path(__file__).parents[1] / "assets" / "tiny-tools.gguf"
_START = 20  # seconds that starting may take; 0.2 are usual


@contextmanager
def llama_server(model=MODEL, *keys):
    """Start a server that wants one of these keys, if any; give its address up to and including /v1, and end it."""
    command = [sys.executable, __file__, model, *keys]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            ready, _, _ = select.select([server.stdout], [], [], _START)
            address = server.stdout.readline().decode().strip() if ready else ""
            if not address:
                server.kill()
                told = server.stderr.read().decode()[-2000:]
                raise RuntimeError(f"llama.cpp did not start (set up with: python3 tools/dev.py test): {told}")
            yield f"{address}/v1"
        finally:
            server.kill()


def serve(model, *keys):
    """Serve a model until the input ends."""
    import xllamacpp

    quiet = os.open(os.devnull, os.O_WRONLY)
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.port = 0  # a free one
    params.api_keys = list(keys)
    params.n_parallel = 2
    params.n_ctx = 4096
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.sampling.temp = 0.0
    params.warmup = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    os.write(1, f"{server.listening_address}\n".encode())
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.stdin.read()


if __name__ == "__main__":
    serve(*sys.argv[1:])
