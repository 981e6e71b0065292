"""`timestep seal` and `unseal`, and what `check`, `show` and `resume` make of sealed states."""

import json

import pytest

from timestep import KeyRing

RING = KeyRing({"k1": b"1" * 32, "k2": b"2" * 32}, signing="k1")


@pytest.fixture
def keys(tmp_path):
    """Return a key file."""
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_bytes(RING.to_json())
    return path


@pytest.fixture
def sealed(run, keys, saved, tmp_path):
    """Return a function that seals an SDK's decided file."""

    def write(*words):
        path = tmp_path / "sealed"
        result = run("seal", saved("one_waiting", "decided"), "--key-file", keys, "-o", path, "--force", *words)
        assert (result.exit_code, result.stdout) == (0, "")
        return path

    return write


def test_sealing_and_unsealing_give_the_same_file(run, printed, sealed, keys, saved):
    """TS-SEC-023, TS-SEC-009: byte for byte, both files with the permissions of states, and the header is told."""
    path, back = sealed("--tenant", "acme", "--expires", "7d", "--key", "k2"), keys.with_name("back.json")
    words = ["--key-file", keys, "--tenant", "acme", "-o", back, "--format", "json"]
    told = printed(run("unseal", path, *words), "unseal")
    assert back.read_bytes() == saved("one_waiting", "decided").read_bytes()
    assert (told["seal"]["key"], told["seal"]["tenant"], told["output"]) == ("k2", "acme", str(back))
    assert [each.stat().st_mode & 0o777 for each in (path, back)] == [0o600, 0o600]
    result = run("seal", back, "--key-file", keys, "-o", keys.with_name("again"), "--format", "json")
    assert printed(result, "seal")["seal"].keys() == {"key", "tree", "revision"}


def test_a_new_key_file_is_made_and_none_replaced(run, saved, tmp_path):
    """TS-SEC-033, TS-SEC-011: --new-key makes a file for its owner alone, and leaves one that is there alone."""
    ring, out = tmp_path / "ring.json", tmp_path / "sealed"
    words = ["seal", saved("one_waiting"), "--key-file", ring, "--new-key", "-o"]
    assert run(*words, out, "--key", "prod").exit_code == 0
    before = ring.read_bytes()
    assert (ring.stat().st_mode & 0o777, KeyRing.from_file(ring).signing) == (0o600, "prod")
    result = run(*words, tmp_path / "other", "--force")
    assert (result.exit_code, ring.read_bytes()) == (2, before)
    assert "error[output-exists]" in result.stderr
    assert not (tmp_path / "other").exists()
    assert run("check", out, "--key-file", ring).exit_code == 0


def test_nothing_shows_a_secret(run, keys, sealed):
    """TS-SEC-034: not what is sealed, not what is told of it, and not the refusal of a ring that is broken."""
    secret = json.loads(keys.read_text())["keys"][0]["secret"]
    path = sealed()
    told = [run(verb, file).output for verb in ("check", "show") for file in (path, keys)]
    keys.write_text(keys.read_text().replace("signing", "singing"))
    result = run("check", path, "--key-file", keys)
    assert (result.exit_code, "error[key-ring-shape]" in result.stderr) == (2, True)
    told += [result.output, path.read_text()]
    assert not [text for text in told if secret in text]


def test_a_key_file_that_others_may_read_is_refused(run, keys, sealed):
    """TS-SEC-033: whatever the verb, with 2: the file is the operator's to mend."""
    path = sealed()
    keys.chmod(0o644)
    for words in (("check",), ("unseal", "-o", "-"), ("seal", "-o", "-"), ("resume", "--agent", "a.py:a")):
        result = run(words[0], path, "--key-file", keys, *words[1:])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "error[key-ring-open]" in result.stderr


def test_check_verifies_a_seal_and_ends_with_4_if_it_does_not_hold(run, printed, keys, sealed, saved):
    """N1, TS-SEC-029: a seal that holds is told; one that is changed, of a tenant, or taken off ends with 4."""
    path = sealed("--tenant", "acme")
    fine = run("check", path, "--key-file", keys, "--tenant", "acme")
    assert (fine.exit_code, "the seal of key k1 holds" in fine.stdout) == (0, True)
    changed = keys.with_name("changed")
    changed.write_bytes(path.read_bytes() + b"\n")
    cases = {path: "seal-tenant", changed: "seal-broken", saved("one_waiting"): "seal-missing"}
    for file, code in cases.items():
        result = run("check", file, "--key-file", keys, "--format", "json")
        told = printed(result, "check")["files"][0]
        assert (result.exit_code, told["ok"], [each["code"] for each in told["findings"]]) == (4, False, [code])
    assert run("check", path, "--tenant", "acme").exit_code == 2


def test_without_keys_check_and_show_say_that_nothing_was_verified(run, sealed):
    """TS-SEC-030: a sealed state can be looked at, and what it says of itself is not passed off as proven."""
    for verb in ("check", "show"):
        result = run(verb, sealed())
        assert result.exit_code == 0
        assert "note[seal-unverified]: sealed, not verified" in result.stdout
        assert "note[decisions-unverified]" in result.stdout


@pytest.mark.parametrize("words", [("decide", "--reject", "call_mail_1"), ("convert", "--to", "timestep")])
def test_what_is_written_of_a_sealed_state_has_no_seal(run, sealed, saved, tmp_path, words):
    """A seal covers one state; whoever writes another is told that it has none."""
    out = tmp_path / "out"
    file = sealed()
    result = run(words[0], file, *words[1:], "-o", out)
    assert (result.exit_code, "what is written carries no seal" in result.stderr) == (0, True)
    assert json.loads(out.read_bytes())
    result = run(words[0], saved("one_waiting", "decided"), *words[1:], "-o", tmp_path / "plain")
    assert "carries no seal" not in result.stderr


@pytest.fixture
def decided(run, agent, work):
    """Return a state in the current folder whose call a person has approved."""
    run("run", agent("[MAIL]"), "Hi", "--save", "paused.json")
    run("decide", "paused.json", "--approve-all", "-o", "decided.json")
    return work / "decided.json"


def test_resume_trusts_what_a_seal_covers(run, agent, decided, keys, loaded):
    """TS-SEC-002: the approved call runs without --trust, and only where the seal was verified."""
    assert run("seal", decided, "--key-file", keys, "--tenant", "acme", "-o", "sealed").exit_code == 0
    script = agent("['Done.']")
    waiting = run("resume", "sealed", "--agent", script)
    assert (waiting.exit_code, loaded().sent) == (3, [])
    assert "asked again" in waiting.stderr
    result = run("resume", "sealed", "--agent", script, "--key-file", keys, "--tenant", "acme", "-o", "done.json")
    assert (result.exit_code, result.stdout, loaded().sent) == (0, "Done.\n", ["ann@example.com"])


def test_resume_runs_nothing_below_a_seal_that_does_not_hold(run, agent, decided, keys, work):
    """Bar T2: changed, another tenant's, an older revision, another run, ended, no seal: 4, and no tool has run."""
    script = agent("['Done.']", more="open('loaded', 'w').close()\n")
    words = ["seal", decided, "--key-file", keys, "-o"]
    run(*words, "plain")
    run(*words, "late", "--expires", "2020-01-01T00:00:00Z")
    run(*words, "tenants", "--tenant", "acme")
    (work / "changed").write_text((work / "plain").read_text().replace(".ey", ".fy", 1))
    cases = [("changed", []), ("late", []), ("tenants", []), ("decided.json", []), ("plain", ["--at-least", "99"])]
    for file, more in [*cases, ("plain", ["--tree", "r"]), ("plain", ["--tenant", "acme"])]:
        result = run("resume", file, "--agent", script, "--key-file", keys, *more)
        assert (result.exit_code, result.stdout) == (4, "")
        assert "error[seal-" in result.stderr
    assert not (work / "loaded").exists()  # not even the agent's code


def test_unseal_writes_nothing_if_the_seal_does_not_hold(run, keys, sealed, tmp_path):
    """TS-SEC-022: neither a file nor a byte on stdout."""
    path = sealed("--tenant", "acme")
    for more in ([], ["--tenant", "acme", "--at-least", "1"], ["--tenant", "acme", "--tree", "r"]):
        for out in ("-", tmp_path / "out"):
            result = run("unseal", path, "--key-file", keys, *more, "-o", out)
            assert (result.exit_code, result.stdout) == (4, "")
            assert result.stderr.endswith("Nothing was written.\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("when", ["soon", "7", "7y", "2030-01-01T00:00:00", "9999999d", ""])
def test_a_time_that_is_none_is_refused(run, keys, saved, when):
    """A while has a unit, and a time its zone."""
    result = run("seal", saved("one_waiting"), "--key-file", keys, "--expires", when, "-o", "-")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--expires takes 30m, 12h, 7d or a time" in result.stderr


def test_both_verbs_say_where_they_write(run, keys, sealed):
    """Without -o, or with the file and the report both on stdout, nothing is done."""
    for verb in ("seal", "unseal"):
        for words, message in (([], "say where with -o OUT"), (["-o", "-", "--format", "json"], "only one thing")):
            result = run(verb, sealed(), "--key-file", keys, *words)
            assert (result.exit_code, message in result.stderr) == (2, True)
