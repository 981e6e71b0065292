"""The JavaScript SDK as a testee: what it does differently is known, with reasons, and nothing else is."""

import json
import sys

import pytest

from timestep_conformance import cases
from timestep_conformance.handoff import handed_over
from timestep_conformance.known import read
from timestep_conformance.run import FAILED, OK
from timestep_conformance.testee import Testee

FOLDER = "conformance/testees/typescript"
#: Testees that lie: of every call that waits that somebody has approved it, and of a resumed run by beginning it anew.
LYING = {
    "codec": """load: async (args) => {
  const told = await operations.load(args);
  return { ...told, waits: told.waits.map((wait) => ({ ...wait, state: 'approved' })) };
}""",
    "durable": """resume: (args) =>
  args.decisions ? operations.run({ ...args, input: 'Please.' }) : operations.resume(args)""",
}


@pytest.fixture(scope="module")
def command(repo_root, node, sdk_js_dir):
    """Return the command of the testee; states cross over by the command of this very Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIMESTEP_SDK_JS", str(sdk_js_dir))
        patch.setenv("TIMESTEP_COMMAND", f"'{sys.executable}' -m timestep")
        yield [str(node), str(repo_root / FOLDER / "testee.mjs")]


@pytest.fixture
def known(repo_root):
    """Return what the SDK is known to do differently."""
    return read(repo_root / "conformance/known-failing/typescript.json")


def test_what_fails_is_known_and_nothing_else(command, known, asked):
    """TS-CONF-010, TS-CONF-011, TS-CONF-032: it has what it declares, and no entry of the list is stale."""
    result = asked(cases.load(), command, known=known, whole=True)
    assert [verdict.case.id for verdict in result.verdicts if verdict.score == "failed"] == []
    assert result.stale == []
    assert result.status == OK
    outcomes = [verdict.score for verdict in result.verdicts]
    assert outcomes.count("passed") > 600


@pytest.fixture
def lying(command, repo_root, tmp_path):
    """Return what gives the command of a testee that lies about one profile."""
    folder = (repo_root / FOLDER).as_uri()

    def write(profile):
        path = tmp_path / "lying.mjs"
        path.write_text(
            f"import {{ operations }} from '{folder}/operations.mjs';\n"
            f"import {{ serve }} from '{folder}/serving.mjs';\n"
            f"await serve({{ ...operations, {LYING[profile]} }});\n",
            encoding="utf-8",
        )
        return [command[0], str(path)]

    return write


@pytest.mark.parametrize("caught", ["codec/js-nested-agent-tool-undecided-load", "durable/approved-call-runs"])
def test_a_lie_is_caught(caught, lying, asked, known):
    """TS-CONF-032: what has passed fails, and the list does not hide it."""
    profile = caught.partition("/")[0]
    selected = cases.named([*cases.controls()[profile], caught])
    result = asked(selected, lying(profile), known=known)
    assert [verdict.case.id for verdict in result.verdicts if verdict.score == "failed"] == [caught]
    assert result.status == FAILED


def test_it_takes_what_npm_is_told_to_install(repo_root):
    """Its lock file names the very packages that the workers of the other tests run on."""
    mine, theirs = (
        json.loads((repo_root / folder / "package-lock.json").read_text(encoding="utf-8"))
        for folder in (FOLDER, "tools/sdk/js")
    )
    for lock in (mine, theirs):
        assert lock.pop("name") == lock["packages"][""].pop("name")
    assert mine == theirs
    told = json.loads((repo_root / FOLDER / "package.json").read_text(encoding="utf-8"))
    assert told["dependencies"] == mine["packages"][""]["dependencies"]


def test_without_the_command_it_says_what_to_set(command):
    """A state of another implementation can't be read, and the reason names the variable."""
    args = {"run": "r1", "agents": [{"name": "Clerk"}], "state": {"text": "{}"}}
    with pytest.MonkeyPatch.context() as patch, Testee(command, timeout=5) as testee:
        patch.setenv("TIMESTEP_COMMAND", "/no/such/command")
        answer = testee.ask("resume", args)
    assert answer.kind == "internal"
    assert "set TIMESTEP_COMMAND" in answer.value["message"]


def test_it_needs_no_network_and_no_key(command):
    """TS-CONF-020: a model that is not asked by a callback would be one of the network; none is tried."""
    told = []

    def world(number, do, _):
        told.append(do)
        return [{"call": number, "err": {"code": "model-failed", "message": "not today"}}]

    args = {"run": "r1", "agents": [{"name": "Clerk"}], "input": "Please."}
    with pytest.MonkeyPatch.context() as patch, Testee(command, timeout=5) as testee:
        patch.delenv("OPENAI_API_KEY", raising=False)
        answer = testee.ask("run", args, world)
    assert told == ["model"]
    assert (answer.value["step"], answer.value["reason"], answer.value["code"]) == (
        "interrupted",
        "error",
        "model-failed",
    )


def test_what_one_has_saved_the_other_one_finishes(command, reference):
    """TS-TRANS-051, TS-TOOL-009: handed over either way at every interruption, each tool runs exactly once."""
    result = handed_over(cases.select(cases.load(), ["durable/*"]), [reference, command])
    handed = [verdict for verdict in result.verdicts if verdict.outcome != "undeclared"]
    assert {verdict.outcome for verdict in handed} == {"pass"}, [verdict.why for verdict in handed]
    for way in ("@reference>typescript", "@typescript>reference"):
        assert sum(way in verdict.case.id for verdict in handed) >= 11
