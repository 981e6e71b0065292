"""Goes through every case and prints digests of all documents and effects; run by test_determinism.py."""

import hashlib
import json
import random
import sys
from pathlib import Path

import msgspec

from timestep.codec import document
from timestep.codec.digest import canonical_json
from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.types.events import event_from_json


def shuffled(value, chance):
    """Return JSON data with the names of every object in another order."""
    if isinstance(value, list):
        return [shuffled(each, chance) for each in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    chance.shuffle(names)
    return {name: shuffled(value[name], chance) for name in names}


def outcome(case):
    """Yield the bytes of each document and its effects, or the code of a refusal."""
    rules = manifest_of(case["manifest"], Policy(**case.get("policy", {})))
    state = tree_of(document.from_json(case["start"])) if "start" in case else None
    for step in case["steps"]:
        try:
            state, effects = advance(rules, state, event_from_json(step["event"]))
        except IllegalEvent as error:
            yield error.code.encode()
        else:
            yield document.encode(document_of(state))
            yield msgspec.json.encode(effects)


def main(folder, seed):
    """Print the digest of the bytes, and of the canonical form when every object's names are shuffled."""
    raw, canonical = hashlib.sha256(), hashlib.sha256()
    chance = random.Random(seed)
    for path in sorted(Path(folder).glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if "steps" not in json.loads(text):
            continue  # a whole run is no history
        for part in outcome(json.loads(text)):
            raw.update(part)
        for part in outcome(shuffled(json.loads(text), chance)):
            canonical.update(canonical_json(json.loads(part)) if part[:1] in b"{[" else part)
    sys.stdout.write(f"{raw.hexdigest()} {canonical.hexdigest()}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
