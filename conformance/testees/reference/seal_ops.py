"""Operations of seals: states that prove who wrote them, and the keys for it."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import timestep
from decide_ops import decided
from reading import ring, sealing
from serving import content, operation, payload
from timestep.codec.key_ring import KeyRing
from timestep.codec.seal import is_sealed, peek
from timestep.state import RunState, read


@operation
def seal(args: dict[str, Any]) -> dict[str, Any]:
    """Seal the bytes of a state, or what a runtime has made of them by decisions."""
    data: bytes | RunState = content(args["state"])
    if "decisions" in args:  # the keys open what is sealed; a file without a seal is sealed for the first time
        data = decided({name: value for name, value in args.items() if name != "keys" or is_sealed(data)})
    expires = datetime.fromisoformat(args["expires"]) if "expires" in args else None
    sealed = timestep.seal(
        data, ring(args), tenant=args.get("tenant"), expires=expires, key_id=args.get("key"),
        assume=args.get("assume", ()),
    )  # fmt: skip
    return {"state": payload(sealed)}


@operation
def unseal(args: dict[str, Any]) -> dict[str, Any]:
    """Return what was sealed, and what its seal says."""
    data = content(args["state"])
    read(data, assume=args.get("assume", ()), **sealing(args))
    found = peek(data)
    return {"state": payload(found.payload), "seal": found.header.fields()}


@operation
def key_ring(args: dict[str, Any]) -> dict[str, Any]:
    """Read a key ring, from a file with permissions where these are given."""
    text = content(args["text"])
    found = _from_file(text, int(args["mode"], 8)) if "mode" in args else KeyRing.from_json(text)
    names = [key["id"] for key in json.loads(found.to_json())["keys"]]
    return {"keys": names, "signing": found.signing, "shown": repr(found)}


def _from_file(text: bytes, mode: int) -> KeyRing:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        file.write_bytes(text)
        file.chmod(mode)
        return KeyRing.from_file(file)
