"""`seal`, `unseal`, and reading sealed states: every dialect and form, and what is said of the seal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import timestep
from timestep import KeyRing, SealError, TimestepError, UsageError
from timestep.codec import seal as codec

RING = KeyRing({"k": b"k" * 32, "older": b"o" * 32}, signing="k")
STATE = "openai-agents-python/0.24.0/one_waiting.decided.json"


@pytest.fixture
def saved(repo_root):
    """Return a function that gives the bytes of a fixture."""
    return lambda name=STATE: (repo_root / "fixtures" / name).read_bytes()


def codes(state):
    """Return the codes of what reading brought up."""
    return [finding.code for finding in state.findings]


@pytest.mark.parametrize("family", ["openai-agents-python/0.24.0", "openai-agents-js/0.20.0"])
@pytest.mark.parametrize("form", [None, "timestep", "timestep+proto"])
def test_states_of_every_dialect_and_form_are_sealed_as_they_are(saved, family, form):
    """TS-SEC-023, TS-SEC-027: byte for byte, bound to the document that the file is read as, and trusted."""
    data = saved(f"{family}/one_waiting.decided.json")
    if form is not None:
        data = timestep.write(timestep.read(data), form).data
    sealed = timestep.seal(data, RING)
    found = timestep.unseal(sealed, RING)
    state, plain = timestep.read(sealed, keys=RING), timestep.read(data)
    assert (found.payload, found.header) == (data, codec.Header("k", plain.document.id, plain.document.revision))
    assert (state.document, state.form, state.trusted) == (plain.document, plain.form, True)
    assert codes(state) == ["seal-holds"]


def test_without_keys_a_sealed_state_is_read_and_not_trusted(saved, tmp_path):
    """TS-SEC-030, TS-SEC-001: that it is sealed is said, and that nobody has verified it; decisions are asked again."""
    path = tmp_path / "sealed"
    path.write_bytes(timestep.seal(saved(), RING, tenant="acme", expires=timedelta(hours=1)))
    for given in (path, path.read_bytes(), path.read_text()):
        state = timestep.read(given)
        assert (state.trusted, codes(state)) == (False, ["seal-unverified", "decisions-unverified"])
    assert "tenant 'acme', until " in state.findings[0].message
    assert "seal that was not verified" in state.findings[1].message
    assert state.resumable().approvals == []
    assert [finding.code for finding in timestep.check(path)] == codes(state)
    forged = timestep.read(timestep.seal(saved(), RING, tenant="acme\nnote[seal-holds]"))
    assert "\n" not in forged.findings[0].message
    trusted = timestep.read(path, trusted=True)
    assert (trusted.trusted, codes(trusted)) == (True, ["seal-unverified"])


def test_the_time_of_a_reader_can_be_given(saved):
    """TS-SEC-026: a seal holds until just before its end by the time that is given, whatever this machine's is."""
    end = datetime(2020, 1, 1, tzinfo=UTC)
    sealed = timestep.seal(saved(), RING, expires=end)
    assert timestep.read(sealed, keys=RING, now=end - timedelta(seconds=1)).trusted
    for now in (end, None):
        with pytest.raises(SealError) as refused:
            timestep.read(sealed, keys=RING, now=now)
        assert refused.value.code == "seal-expired"


def test_checking_verifies_with_keys(saved):
    """TS-SEC-022: `check` raises nothing and says what is wrong with a seal."""
    sealed = timestep.seal(saved(), RING, tenant="acme")
    assert [finding.code for finding in timestep.check(sealed, keys=RING, tenant="acme")] == ["seal-holds"]
    wrong = timestep.check(sealed, keys=RING)
    assert [(finding.code, finding.severity) for finding in wrong] == [("seal-tenant", "error")]


def test_what_a_seal_has_to_say_needs_keys(saved):
    """A tenant, run or revision that is named without keys is refused, as nothing could be held against it."""
    for options in ({"tenant": "acme"}, {"tree": "r"}, {"at_least": 0}):
        for data in (saved(), timestep.seal(saved(), RING)):
            with pytest.raises(UsageError):
                timestep.read(data, **options)


def test_the_end_of_a_seal_may_be_a_time_or_a_while(saved):
    """TS-SEC-026: both give a time in UTC."""
    end = datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert timestep.unseal(timestep.seal(saved(), RING, expires=end), RING).header.expires == end
    before = datetime.now(UTC)
    expires = timestep.unseal(timestep.seal(saved(), RING, expires=timedelta(days=1)), RING).header.expires
    assert timedelta(seconds=-1) < expires - before - timedelta(days=1) < timedelta(seconds=5)


def test_a_key_may_be_chosen(saved):
    """TS-SEC-022: another key of the ring than the one that signs."""
    assert timestep.unseal(timestep.seal(saved(), RING, key_id="older"), RING).header.key == "older"


def test_what_is_no_run_is_not_sealed(saved, tmp_path):
    """TS-SEC-023: session items, what is sealed already, a broken file and a missing one are refused, and why."""
    items = saved("openai-agents-python/0.24.0/session.session.json")
    sealed = timestep.seal(saved(), RING)
    for given, message in ((items, "session items"), (sealed, "sealed already"), (Path(tmp_path / "no"), "can't read")):
        given_ = given if isinstance(given, Path) else bytes(given)
        with pytest.raises(UsageError) as raised:
            timestep.seal(given_, RING)
        assert message in raised.value.message.replace("cannot", "can't")
    with pytest.raises(TimestepError):
        timestep.seal(b"{", RING)


def test_unsealing_gives_nothing_that_is_not_bound(saved):
    """TS-SEC-027: the payload is read before it is handed out, though it is the caller who asked for bytes."""
    wrong = codec.seal(saved(), RING, tree="another", revision=0)
    with pytest.raises(SealError) as raised:
        timestep.unseal(wrong, RING)
    assert raised.value.code == "seal-bound"


def test_the_file_of_a_broken_seal_is_named(saved, tmp_path):
    """A refusal names the file, and shows no line of it."""
    path = tmp_path / "sealed"
    path.write_bytes(timestep.seal(saved(), RING) + b"\n")
    with pytest.raises(SealError) as raised:
        timestep.read(path, keys=RING)
    assert (raised.value.code, raised.value.file, raised.value.line) == ("seal-broken", str(path), None)
