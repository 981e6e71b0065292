"""Bars T1 and T2: forged, changed, replayed and foreign sealed states are refused before any tool runs."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import timestep
from timestep import Agent, KeyRing, SealError, function_tool, run_agent
from timestep.codec import base64url
from timestep.codec import seal as codec
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)
RING = KeyRing({"k": b"k" * 32}, signing="k")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


PAYMENTS = [tool_call("pay", {"amount": 5}, "c1"), tool_call("pay", {"amount": 7}, "c2")]


def payer(paid, *replies):
    """Return an agent that pays once a person has agreed, and notes each payment."""

    @function_tool(needs_approval=True)
    def pay(amount: int) -> str:
        """Pay."""
        paid.append(amount)
        return "paid"

    return Agent("A", ScriptedModel(list(replies)), tools=[pay])


async def decided():
    """Return a run that waits, of whose two calls a person has approved the first and rejected the second."""
    state = (await run_agent(payer([], PAYMENTS), "Pay.")).to_state()
    state.approve("c1", by="ann")
    state.reject("c2", by="ann")
    return state


async def resumed(data, **options):
    """Go on with a state as one does who has the keys; return the code of a refusal, and what was paid."""
    paid = []
    try:
        await run_agent(payer(paid, "Done."), timestep.read(data, **{"keys": RING} | options))
    except timestep.TimestepError as error:
        return error.code, paid
    return None, paid


def document_in(data):
    """Return the document below a seal."""
    return json.loads(codec.peek(data).payload)


def swapped(data, change):
    """Change the document below a seal, and leave all else as it is: what a forger without the key can do."""
    document = document_in(data)
    change(document)
    parts = data.split(b".")
    parts[3] = base64url.encode(json.dumps(document).encode())
    return b".".join(parts)


def resealed(data, change):
    """Change the document, and seal it anew with the key: what only a careless owner of the key can do."""
    document = document_in(data)
    change(document)
    header = codec.peek(data).header
    return codec.seal(json.dumps(document).encode(), RING, tree=header.tree, revision=header.revision)


def approves(document):
    """Turn the rejection into an approval."""
    document["approvals"][1]["decision"] = "approve"
    document["runs"][0]["calls"][1]["state"] = "approved"


def adds_approval(document):
    """Let every later call run too."""
    first = document["approvals"][0]
    document["approvals"].append({name: first[name] for name in ("run", "agent", "tool", "decision", "call_id")})
    document["approvals"][-1]["item"] = "*"
    document["requires"] = ["sticky"]


def swaps_call_id(document):
    """Let the approval be one of the other call."""
    ones, twos = document["approvals"]
    ones["call_id"], twos["call_id"] = twos["call_id"], ones["call_id"]


def changes_arguments(document):
    """Have the approved call pay more."""
    run = document["runs"][0]
    item = run["log"][run["calls"][0]["item"]]["item"]
    item["arguments"] = item["arguments"].replace("5", "5000")


def changes_digest(document):
    """Bind the approval to other arguments."""
    document["approvals"][0]["digest"] = "sha256:" + "0" * 64


FORGERIES = [approves, adds_approval, swaps_call_id, changes_arguments, changes_digest]


async def test_a_sealed_state_goes_on_with_what_was_decided():
    """TS-SEC-002, TS-SEC-022: what holds is trusted; the approved call runs once, the rejected one never."""
    data = timestep.seal(await decided(), RING, tenant="acme", expires=timedelta(days=1))
    assert await resumed(data, tenant="acme") == (None, [5])
    state = timestep.read(data, keys=RING, tenant="acme")
    assert ([finding.code for finding in state.findings], state.trusted) == (["seal-holds"], True)
    assert {(each.by, each.at is None) for each in state.document.approvals} == {("ann", False)}


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_forger_without_the_key_is_refused(forge):
    """Bar T2, TS-SEC-022: forged approvals, a swapped call id, changed arguments: nothing runs."""
    data = timestep.seal(await decided(), RING)
    assert await resumed(swapped(data, forge)) == ("seal-broken", [])


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_seal_that_is_taken_off_takes_the_decisions_with_it(forge):
    """Bar T2, TS-SEC-029, TS-SEC-002: without keys nothing the file decides runs; with keys it is refused."""
    document = document_in(timestep.seal(await decided(), RING))
    forge(document)
    data = json.dumps(document).encode()
    assert await resumed(data) == ("seal-missing", [])
    assert (await resumed(data, keys=None))[1] == []


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_sealed_state_without_keys_decides_nothing(forge):
    """TS-SEC-030, TS-SEC-002: a seal that nobody verifies makes no decision trusted, changed or not."""
    data = timestep.seal(await decided(), RING)
    for each in (data, swapped(data, forge)):
        assert (await resumed(each, keys=None))[1] == []


REFUSED_BY_THE_READER = [swaps_call_id, changes_arguments, changes_digest]


@pytest.mark.parametrize("forge", REFUSED_BY_THE_READER)
async def test_a_seal_does_not_mend_what_does_not_belong_together(forge):
    """Bar T2, TS-APPR-022: below a seal that holds, a decision still only counts on the call that was shown."""
    data = resealed(timestep.seal(await decided(), RING), forge)
    code, paid = await resumed(data)
    assert code is not None
    assert paid == []


async def test_replays_strangers_and_late_comers_are_refused():
    """Bar T2, TS-SEC-025 to TS-SEC-028: an older revision, another run or tenant, an ended seal, an unknown key."""
    state = await decided()
    known = state.document.revision + 1
    tenants = timestep.seal(state, RING, tenant="acme")
    late = timestep.seal(state, RING, expires=LONG_AGO)
    stranger = timestep.seal(state, KeyRing({"other": b"k" * 32}, signing="other"))
    namesake = timestep.seal(state, KeyRing({"k": b"x" * 32}, signing="k"))
    plain = timestep.seal(state, RING)
    assert await resumed(plain, at_least=known) == ("seal-stale", [])
    assert await resumed(plain, tree="run_of_somebody_else") == ("seal-bound", [])
    assert await resumed(plain, tenant="acme") == ("seal-tenant", [])
    assert await resumed(tenants, tenant="other") == ("seal-tenant", [])
    assert await resumed(tenants) == ("seal-tenant", [])
    assert await resumed(late) == ("seal-expired", [])
    assert await resumed(stranger) == ("seal-key-unknown", [])
    assert await resumed(namesake) == ("seal-broken", [])
    assert await resumed(plain, tree=state.document.id, at_least=known - 1) == (None, [5])


async def test_a_seal_is_bound_to_the_state_below_it():
    """TS-SEC-027: a header that names another run or revision than the payload is refused, its MAC being right."""
    state = await decided()
    data = timestep.write(state, "timestep").data
    document = state.document
    for tree, revision in (("run_other", document.revision), (document.id, document.revision + 5)):
        wrong = codec.seal(data, RING, tree=tree, revision=revision)
        assert await resumed(wrong) == ("seal-bound", [])


@pytest.mark.timeout(60)  # some 20,000 readings
async def test_no_bit_of_a_sealed_state_can_be_flipped():
    """Bar T1: each of the eight bits of each byte, through the public reader: refused, and no tool runs."""
    data = timestep.seal(await decided(), RING, tenant="acme", expires=timedelta(days=1))
    for place, byte in enumerate(data):
        for bit in range(8):
            flipped = data[:place] + bytes([byte ^ 1 << bit]) + data[place + 1 :]
            with pytest.raises(SealError):
                timestep.read(flipped, keys=RING, tenant="acme")


async def test_nothing_of_the_payload_is_parsed_before_the_seal_holds(monkeypatch):
    """TS-SEC-024: whatever stands below a seal that does not hold is never given to a parser."""
    parsed = []
    for name in ("parsed", "session_items.read", "proto.decode", "convert.load"):
        monkeypatch.setattr(f"timestep.state.{name}", lambda *given, **_: parsed.append(given))
    data = codec.seal(b"[" * 100_000, RING, tree="r", revision=0, expires=LONG_AGO)
    for wrong in (data[:-4] + b"AAAA", data + b"\n", data):
        with pytest.raises(SealError):
            timestep.read(wrong, keys=RING)
    assert parsed == []


async def test_what_nobody_vouches_for_is_not_sealed():
    """TS-SEC-031: a state of a file that anybody may have written is sealed without that file's decisions."""
    data = timestep.write(await decided(), "timestep").data
    state = timestep.read(data)
    sealed = timestep.read(timestep.seal(state, RING), keys=RING)
    assert [item.state for item in sealed.get_interruptions()] == ["pending", "pending"]
    state.approve("c2", by="bob")
    sealed = timestep.read(timestep.seal(state, RING), keys=RING)
    assert [(each.call_id, each.decision) for each in sealed.document.approvals] == [("c2", "approve")]
    assert await resumed(timestep.seal(data, RING)) == (None, [5])  # who seals a file vouches for it


def test_what_stands_below_a_seal_is_held_to_the_rules():
    """TS-SEC-023: what is no run state is refused below a seal that holds, and no line of the file is blamed."""
    items, twice = b'[{"role": "user", "content": "Hi"}]', b'{"a": 1,\n "a": 2}'
    for payload, expected in ((items, "dialect-unknown"), (twice, "json-duplicate"), (b"", "json-truncated")):
        with pytest.raises(timestep.TimestepError) as raised:
            timestep.read(codec.seal(payload, RING, tree="r", revision=0), keys=RING)
        assert (raised.value.code, raised.value.line) == (expected, None)
