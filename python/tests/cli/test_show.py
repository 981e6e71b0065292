"""`timestep show`: what a person sees of a run, and what they must not see."""

import json

import pytest

from timestep.codec.digest import call_digest

SECRET_SCENARIOS = [
    "secrets_in_place", "hosted_mcp_always", "hosted_mcp_approval", "hosted_mcp_beside_function", "hosted_mcp_rejected",
    "hosted_mcp_two_servers",
]  # fmt: skip
# The subject of the mail that waits: the person who decides must see what would be sent.
WHAT_IS_DECIDED_ON = "SENTINEL-argument"


@pytest.mark.parametrize("writer", ["python", "js"])
@pytest.mark.parametrize("kind", ["undecided", "decided"])
@pytest.mark.parametrize("scenario", SECRET_SCENARIOS)
def test_secrets_are_not_shown(run, saved, scenario, kind, writer):
    """S3: keys, headers, the context's values and encrypted reasoning are in no view, not even with `--no-mask`."""
    path = saved(scenario, kind, writer)
    for words in (["show"], ["show", "--format", "json"], ["show", "--full"]):
        result = run(*words, path)
        assert result.exit_code == 0
        assert "SENTINEL" not in result.output.replace(WHAT_IS_DECIDED_ON, "")


@pytest.fixture
def with_key(run, saved, tmp_path):
    """Return a state whose waiting call has a secret among its arguments, as the model sent it."""
    path = tmp_path / "key.json"
    assert run("convert", saved("one_waiting"), "--to", "timestep", "-o", path).exit_code == 0
    document = json.loads(path.read_text())
    (top,) = document["runs"]
    (call,) = top["calls"]
    arguments = '{"to":"ann@example.com","api_key":"SENTINEL-key"}'
    top["log"][call["item"]]["item"]["arguments"] = arguments
    call["digest"] = call_digest(top["id"], top["agent"], call["tool"], call["call_id"], arguments)
    path.write_text(json.dumps(document))
    return path


def test_arguments_under_a_secret_name_are_masked_unless_asked(run, with_key):
    """TS-SEC-005, S3: masked by default, in text and JSON; `--no-mask` shows what is there."""
    for form in ("text", "json"):
        masked, bare = run("show", "--format", form, with_key), run("show", "--format", form, "--no-mask", with_key)
        assert "SENTINEL-key" not in masked.output
        assert "[redacted]" in masked.stdout
        assert "SENTINEL-key" in bare.stdout


def test_showing_a_state_does_not_change_it(run, with_key):
    """TS-SEC-005: the file is the same, byte for byte, and what is converted has what was masked."""
    before = with_key.read_bytes()
    for words in (["show"], ["show", "--format", "json"], ["check"], ["diff", with_key]):
        assert run(*words, with_key).exit_code == 0
    assert with_key.read_bytes() == before
    for target in ("timestep", "openai-agents-python"):
        out = with_key.with_name(f"{target}.json")
        assert run("convert", with_key, "--to", target, "-o", out).exit_code == 0
        assert "SENTINEL-key" in out.read_text()


def test_the_story_is_told_in_order(run, saved):
    """Input, messages, calls with arguments, outputs and handoffs, turn by turn."""
    text = run("show", saved("handoff_back_and_forth")).stdout
    told = [
        "openai-agents-python 1.21",
        "agents    Triage, Billing",
        "turn 4 of 10, interrupted (approval)",
        "user         Refund, then mail.",
        "\nturn 1\n",
        "hands off with transfer_to_billing to Billing (call_hand_1): completed",
        "\nturn 2\n",
        "Billing      calls refund (call_refund_1): completed",
        '{"order":"A-17"}',
        "tool         (call_refund_1) refunded A-17",
        "\nturn 4\n",
        "Triage       calls send_email (call_mail_1): WAITS for a decision",
        "waits for a decision (1)",
        "--approve call_mail_1 -o decided.json",
        "usage     4 requests, 40 tokens in, 20 out, 60 in all",
    ]
    places = [text.index(part) for part in told]
    assert places == sorted(places)


def test_nested_runs_stand_indented_under_their_call(run, saved):
    """A run started by an agent tool follows the call that started it; its calls are named by path."""
    text = run("show", saved("nested_in_nested")).stdout
    assert "\n    run imp_" in text
    assert "\n        run imp_" in text
    assert (
        text.index("ask_boss (call_chief_1)")
        < text.index("write_report (call_agent_1)")
        < text.index("publish (call_pub_1)")
    )
    assert "--approve call_chief_1/call_agent_1/call_pub_1" in text


def test_decisions_are_shown_with_their_message(run, saved):
    """A decided state says what was decided, and what the model will be told."""
    text = run("show", saved("one_rejected_with_message", "decided")).stdout
    assert "decisions\n" in text
    assert "\n  reject  " in text
    assert "has no seal" in text or "carries no seal" in text
    assert "approve " in run("show", saved("sticky_approve_used_later", "decided")).stdout
    assert "every call" in run("show", saved("sticky_approve_used_later", "decided")).stdout


def test_guardrail_results_are_shown(run, saved):
    """Guardrails and what they said stand under their run."""
    assert "guardrail" in run("show", saved("guardrails_input_output")).stdout


def test_what_the_model_no_longer_sees_is_marked(run, saved):
    """After a handoff filter the log keeps what the view lost."""
    assert "(no longer sent to the model)" in run("show", saved("handoff_filter_remove_all_tools")).stdout


def test_long_texts_are_cut_with_a_note(run, saved):
    """A long output is cut, and `--full` shows it whole."""
    cut, full = run("show", saved("arguments_long")).stdout, run("show", "--full", saved("arguments_long")).stdout
    assert "more characters; --full shows them]" in cut
    assert "more characters" not in full
    assert len(full) > len(cut)


def test_json_has_runs_pending_calls_and_usage(run, printed, saved):
    """The machine's view holds the same facts, by the schema."""
    path = saved("nested_in_nested")
    document = printed(run("show", "--format", "json", path), "show")
    assert document["file"] == str(path)
    assert document["origin"]["dialect"] == "openai-agents-python"
    assert document["agents"] == ["Chief", "Boss", "Writer"]
    assert [run["agent"] for run in document["runs"]] == ["Chief", "Boss", "Writer"]
    assert document["runs"][0]["moments"][1]["call"]["child"] == document["runs"][1]["id"]
    assert document["pending"][0]["path"] == "call_chief_1/call_agent_1/call_pub_1"
    assert document["pending"][0]["arguments"] == '{"title":"Bees"}'
    assert document["usage"]["total_tokens"] == 45


def test_every_state_the_sdks_wrote_can_be_shown(run, printed, states):
    """No file of an SDK is too odd to be shown, to people or to programs."""
    for path in states:
        assert run("show", path).exit_code == 0
        document = printed(run("show", "--format", "json", path), "show")
        assert document["runs"][0]["moments"]


@pytest.mark.parametrize("writer", ["python", "js"])
def test_session_items_are_shown(run, printed, saved, writer):
    """A list of session items is shown item by item."""
    path = saved("session", "session", writer)
    text = run("show", path).stdout
    assert f"session items, openai-agents-{writer}, 6 item(s)" in text
    assert "assistant    calls get_weather (call_weather_1)" in text
    document = printed(run("show", "--format", "json", path), "show")
    assert [item["kind"] for item in document["items"]] == ["message", "message", "message", "call", "output", "call"]


def test_items_as_json_lines_are_shown(run, tmp_path):
    """JSON lines are session items too, chat messages among them."""
    path = tmp_path / "session.jsonl"
    path.write_text('{"role":"user","content":"Hi"}\n{"role":"assistant","content":"Hello"}\n')
    assert "neutral, 2 item(s)" in run("show", path).stdout


def test_control_and_direction_characters_cannot_fool_the_reader(run, broken):
    """TS-SEC-013: a saved run can't move the cursor, or turn the direction of what a person approves."""
    path = broken("Mail Ann.", r"\u001b[2J\u001b]0;x\u0007 \u202Egnihtemos\u200b \r gone")
    text = run("show", path).stdout
    assert r"\x1b[2J\x1b]0;x\x07 \u202egnihtemos\u200b \x0d gone" in text
    assert not set(text) & set("\x1b\x07\r\u202e\u200b")


def test_color_only_where_it_is_wanted(run, saved, monkeypatch):
    """U2: no color without a terminal; NO_COLOR wins over FORCE_COLOR."""
    assert "\x1b[" not in run("show", saved("one_waiting")).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[33m" in run("show", saved("one_waiting")).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("show", saved("one_waiting")).stdout


def test_runs_that_contain_each_other_are_shown_once(run, saved, tmp_path):
    """A hostile tree, in which a run is its own parent, ends."""
    target = tmp_path / "loop.json"
    assert run("convert", saved("nested_in_nested"), "--to", "timestep", "-o", target).exit_code == 0
    document = json.loads(target.read_text())
    document["runs"][2]["parent"] = {"run": document["runs"][2]["id"], "item": 1}
    target.write_text(json.dumps(document))
    result = run("show", target)
    assert result.exit_code in {0, 1}
    assert result.stdout.count("Writer  turn") <= 1


def test_each_turn_says_which_model_answered(run, saved, tmp_path):
    """The provider, and the model by the name it gives itself; where nothing is known, nothing is made up."""
    path = tmp_path / "run.json"
    assert run("convert", saved("one_waiting"), "--to", "timestep", "-o", path).exit_code == 0
    assert "turn 1\n" in run("show", path).stdout
    assert "models" not in json.loads(run("show", "--format", "json", path).stdout)["runs"][0]
    document = json.loads(path.read_text())
    answered = {"provider": "openai", "model": "gpt-4.1", "reported": "gpt-4.1-2025-04-14"}
    document["runs"][0]["responses"][0]["answered_by"] = answered
    path.write_text(json.dumps(document))
    assert "turn 1 (openai: gpt-4.1-2025-04-14)\n" in run("show", path).stdout
    assert json.loads(run("show", "--format", "json", path).stdout)["runs"][0]["models"] == [
        "openai: gpt-4.1-2025-04-14"
    ]
    lossy = run("convert", path, "--to", "openai-agents-python", "-o", tmp_path / "python.json")
    assert (lossy.exit_code, "which models answered" in lossy.stderr) == (0, True)
