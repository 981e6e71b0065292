"""The worked examples about files of the SDKs: what the pages quote is in the fixtures, and is read as they say."""

import hashlib
import hmac
import json
import re
import sys
from base64 import b64encode
from datetime import datetime
from functools import cache

import msgspec
import pytest

from timestep.codec.digest import canonical_json
from timestep.codec.key_ring import KeyRing
from timestep.codec.redact import redact
from timestep.codec.seal import peek, seal
from timestep.dialects.openai_js.fingerprint import function_state_key, invocation_fingerprint
from timestep.dialects.openai_py.fingerprint import invocation_identity
from timestep.errors import TimestepError
from timestep.state import check, read, write

from .pages import BLOCK, ROOT, Block, blocks, json_of, page, values

FIXTURES = ROOT / "fixtures"
PYTHON, JS = "openai-agents-python", "openai-agents-js"


def saved(name, version="0.24.0", family=PYTHON):
    """Return the bytes of a saved state of a release, out of its folder or its archive."""
    path = FIXTURES / family / version / name
    return path.read_bytes() if path.exists() else archive(family, version)[name]


@cache
def archive(family, version):
    """Return the files of an older release."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools" / "sdk"))
        archives = sys.modules.get("archives") or __import__("archives")
    return archives.unpack(FIXTURES / family / f"{version}.tar.xz")


def context_of(data):
    """Return the context of a foreign state."""
    return json.loads(data)["context"]


def members(whole, part):
    """Return those members of an object that another one has."""
    return {name: whole[name] for name in part}


def test_example_of_versioning():
    """TS-VERS-030 to TS-VERS-036: the account is that of the fixture's conversion, which needs the flag."""
    (report,) = values("versioning.md")
    (flag,) = {row["flag"] for row in report["rows"] if "flag" in row}
    data = saved("error_after_approval_state.undecided.json")
    assert msgspec.to_builtins(write(read(data), JS, assume=[flag]).report) == report
    with pytest.raises(TimestepError) as needed:
        write(read(data), JS)
    assert needed.value.code == "assumption-needed"
    assert flag in needed.value.help


def test_example_of_security():
    """TS-SEC-001, TS-SEC-004, TS-SEC-005: what is removed, recorded, masked and reported of the fixture."""
    given, written, row, kept, masked, finding = values("security.md")
    data = saved("secrets_in_place.undecided.json")
    found = read(data)
    assert hosted_tool(data) == given
    assert hosted_tool(write(found, PYTHON).data) == written
    document = json_of(found.document)
    assert row in document["provenance"]
    assert document["context"] == kept
    assert redact(kept) == masked
    assert [msgspec.to_builtins(each) for each in check(saved("secrets_in_place.decided.json"))] == [finding]


def test_the_sealed_state_of_the_page_on_security():
    """TS-SEC-020, TS-SEC-021, TS-SEC-022: the bytes of the page are made again, with our code and with plain HMAC."""
    section = page("security.md").partition("\n## Sealed states\n")[2].partition("\n## ")[0]
    ring, header, payload, text = (Block(*found).text for found in BLOCK.findall(section))
    sealed = text.replace("\n", "").encode()
    keys = KeyRing.from_json(ring.encode())
    said = json.loads(header)
    expires = datetime.fromisoformat(said["expires"])
    options = {name: said[name] for name in ("tree", "revision", "tenant")}
    assert seal(payload.rstrip("\n").encode(), keys, expires=expires, **options) == sealed
    assert canonical_json(said) == header.rstrip("\n").encode()
    mac = hmac.digest(bytes(range(32)), sealed.rpartition(b".")[0], "sha256")
    assert re.search("the MAC is `(.*?)`", section)[1] == mac.hex()
    assert b64encode(mac, b"-_").rstrip(b"=") == sealed.rpartition(b".")[2]
    found = read(peek(sealed).payload)
    assert (found.document.id, found.document.revision) == (said["tree"], said["revision"])


def hosted_tool(data):
    """Return the hosted MCP tool of a Python state."""
    return json.loads(data)["last_processed_response"]["mcp_approval_requests"][0]["mcp_tool"]["tool_config"]


def test_example_of_openai_agents_python():
    """TS-PY-001, TS-PY-002: the decision of the fixture becomes the approval, and none without its proof."""
    excerpt, approval = values(f"dialects/{PYTHON}.md")
    data = saved("one_waiting.decided.json")
    assert members(context_of(data), excerpt) | {"tool_invocations": context_of(data)["tool_invocations"]} == excerpt
    found = read(data)
    assert json_of(found.document)["approvals"] == [approval]
    value = json.loads(data)
    value["context"]["tool_invocations"] = {}
    bare = read(json.dumps(value))
    assert json_of(bare.document)["approvals"] == []
    assert [call.state for call in bare.document.runs[0].calls] == ["pending"]
    assert "approval-unbound" in {each.code for each in bare.findings}


def test_example_of_openai_agents_js():
    """TS-JS-002, TS-JS-003: so does the one of the other SDK; and an item of a session is brought into wire form."""
    excerpt, approval, protocol, wire = values(f"dialects/{JS}.md")
    data = saved("one_waiting.decided.json", "0.20.0", JS)
    assert members(context_of(data), excerpt) == excerpt
    assert json_of(read(data).document)["approvals"] == [approval]
    asked = {"type": "function_call", "callId": "c1", "name": "get_weather", "arguments": "{}", "status": "completed"}
    session = json.dumps([asked, protocol])
    assert json.loads(write(read(session), PYTHON).data)[1] == wire
    back = write(read(write(read(session), PYTHON).data), JS).data
    assert json.loads(back)[1] == protocol


def test_example_of_openai_agents_python_numbers():
    """TS-VERS-040, TS-VERS-044: the decision of 1.13 is filed as in 1.21, and again as in 1.13."""
    there_and_back(PYTHON, "0.19.4", "1.13", [])


def test_example_of_openai_agents_js_numbers():
    """TS-VERS-040, TS-VERS-041, TS-VERS-044: likewise 1.15 and 1.22, with the flag that nothing in the file proves."""
    flag = "input-guardrails-completed"
    with pytest.raises(TimestepError) as needed:
        write(read(saved("one_waiting.decided.json", "0.14.2", JS)), JS)
    assert flag in needed.value.help
    assert f"`{flag}`" in page(f"dialects/{JS}-numbers.md").partition("## Example")[2]
    there_and_back(JS, "0.14.2", "1.15", [flag])


def there_and_back(family, version, number, assume):
    """Bring an old state up and down and compare its context with the two that the page shows."""
    old, new = values(f"dialects/{family}-numbers.md")
    data = saved("one_waiting.decided.json", version, family)
    up = write(read(data), family, assume=assume).data
    down = write(read(up), f"{family}@{number}").data
    assert members(context_of(data), old) == members(context_of(down), old) == old
    assert members(context_of(up), new) == new
    assert not new.keys() - old.keys() & context_of(down).keys()


def test_example_of_fingerprints():
    """TS-PY-001, TS-JS-002: the bytes shown are those of the fixtures' fingerprints, and those that the code makes."""
    *mail, python, javascript = [block.text.rstrip("\n") for block in blocks("dialects/fingerprints.md")]
    row = context_of(saved("one_waiting.undecided.json"))["tool_invocations"]["call_mail_1"]
    assert [sha256(text) for text in mail[:2]] == [row["approval_scope"], row["fingerprint"]]
    for digest in (row["approval_scope"], row["fingerprint"]):
        assert f"`{digest}`" in page("dialects/fingerprints.md")
    bound = context_of(saved("one_waiting.decided.json", "0.20.0", JS))["approvalInvocations"][0]["invocations"]
    assert mail[2] == bound["call_mail_1"]
    (arguments,) = re.findall(r"tool `pay` with the arguments `(.*?)`", page("dialects/fingerprints.md"))
    call = {"type": "function_call", "name": "pay", "arguments": arguments, "call_id": "c1", "callId": "c1"}
    made = invocation_identity(call)
    assert json.loads(python)["approval_scope"] == made.approval_scope
    assert sha256(python) == made.fingerprint
    assert javascript == invocation_fingerprint(function_state_key("pay"), call)


def sha256(text):
    """Return the SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
