"""The schemas of the SDKs' run states: made of what real packages saved, true of all of it, and able to refuse."""

import json
import sys
from functools import cache
from itertools import islice, pairwise, product
from pathlib import Path

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

import timestep
from timestep.dialects import detect
from timestep.dialects.account import FLAGS, Account
from timestep.dialects.numbers import Number, contradiction, of_package
from timestep.dialects.openai_js import dialect as openai_js
from timestep.dialects.openai_py import dialect as openai_py
from timestep.dialects.steps import Run
from timestep.errors import ConversionError, TimestepError

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "fixtures"
MUTATIONS = json.loads(Path(__file__).with_name("dialect_mutations.json").read_text(encoding="utf-8"))
BASE = "https://timestep-ai.github.io/timestep/spec/v1/dialects/"

sys.path.insert(0, str(ROOT / "tools"))
try:
    import gen_dialect_schemas as generator
    from dialect_schemas import files, observe, plan
    from dialect_schemas.build import Builder
finally:
    sys.path.remove(str(ROOT / "tools"))

NUMBERS = [(family, row.number) for family, rows in detect.NUMBERS.items() for row in rows]
VERSIONS = [(family, path) for family in detect.NUMBERS for path in files.versions(FIXTURES / family)]
NEIGHBOURS = [
    (family, before.number, after.number) for family, rows in detect.NUMBERS.items() for before, after in pairwise(rows)
]


def path_of(family, number):
    """Return where a number's schema is."""
    return generator.OUT / family / f"{number}.schema.json"


@cache
def schema_of(family, number):
    """Return the schema of a number."""
    return json.loads(path_of(family, number).read_text(encoding="utf-8"))


@cache
def taken(family, number):
    """Return what tells whether a value passes the schema of a number: thirty times faster than `validator`."""
    return jsonschema_rs.Draft202012Validator(schema_of(family, number)).is_valid


@cache
def validator(family, number):
    """Return what gives the errors of a value by the schema of a number."""
    return Draft202012Validator(schema_of(family, number))


def faults(family, run):
    """Return what is wrong with a run by the schema of its number."""
    if taken(family, run["$schemaVersion"])(run):
        return []
    errors = validator(family, run["$schemaVersion"]).iter_errors(run)
    return [f"{error.json_path}: {error.message}" for error in errors] or ["one validator takes it, the other does not"]


def version_of(path):
    """Return the package version of a folder or an archive of fixtures."""
    return path.name.removesuffix(".tar.xz")


def fixtures(family, number):
    """Yield the saved states of a number with their names, by all packages that fixtures are kept of."""
    for owner, path in VERSIONS:
        row = of_package(detect.NUMBERS[family], version_of(path))
        if owner == family and row is not None and row.number == number:
            yield from ((f"{version_of(path)}/{name}", state) for name, state in files.states(path))


# --- what is committed


def test_every_released_number_has_a_schema_and_nothing_else_has():
    """spec/dialects holds one schema for each number that a published package has written."""
    found = {(path.parent.name, path.name) for path in generator.OUT.glob("*/*")}
    assert found == {(family, f"{number}.schema.json") for family, number in NUMBERS}


@pytest.mark.parametrize(("family", "number"), NUMBERS)
def test_every_schema_is_sound_and_small(family, number):
    """Each schema passes the meta-schema, states its address and its number, and all its references lead somewhere."""
    text = path_of(family, number).read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"{BASE}{family}/{number}.schema.json"
    assert schema["title"] == f"{family} {number}"
    assert schema["properties"]["$schemaVersion"] == {"const": number}
    assert {f"#/$defs/{name}" for name in schema["$defs"]} == set(references(schema))
    assert len(text) < 40_000


def references(value):
    """Yield every reference of a schema."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("family", detect.NUMBERS)
def test_the_schemas_are_those_of_the_fixtures(family):
    """tools/gen_dialect_schemas.py makes every file as it is."""
    made = dict(generator.schemas(family, FIXTURES))
    assert made.keys() == set(detect.RELEASED[family])
    assert [number for number, text in made.items() if path_of(family, number).read_text("utf-8") != text] == []


# --- what they take and refuse


@pytest.mark.parametrize(("family", "path"), VERSIONS, ids=lambda value: getattr(value, "name", value))
def test_every_fixture_passes(family, path):
    """Each run that a package has saved, and each run nested in it, is what the schema of its number says."""
    row = of_package(detect.NUMBERS[family], version_of(path))
    states = dict(files.states(path))
    assert {state["$schemaVersion"] for state in states.values()} == {row.number}
    wrong = {
        name: [fault for run in files.runs(state) for fault in faults(family, run)] for name, state in states.items()
    }
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize(("family", "number"), NUMBERS)
def test_another_validator_takes_and_refuses_the_same(family, number):
    """What passes a schema, and what does not, is no question of the validator: a state as saved, and without parts."""
    state = next(state for _, state in fixtures(family, number))
    changed = [{name: value for name, value in state.items() if name != left_out} for left_out in state]
    found = [validator(family, number).is_valid(value) for value in (state, *changed)]
    assert [taken(family, number)(value) for value in (state, *changed)] == found
    assert found[0]
    assert not all(found)


@pytest.mark.parametrize(("family", "number"), NUMBERS)
def test_every_mutation_is_refused(family, number):
    """Each listed change of a saved state is refused by the schema of its number; three states a change."""
    minor = int(number.partition(".")[2])
    listed = [row for row in MUTATIONS[family] if int(row.get("from", "1.0").partition(".")[2]) <= minor]
    assert len(listed) >= 10
    states = [state for _, state in fixtures(family, number)]
    for row in listed:
        changed = list(islice((found for state in states for found in mutated(state, row)), 3))
        assert changed, f"{row['name']} applies to no state"
        assert [state for state in changed if taken(family, number)(state)] == [], row["name"]


def mutated(state, row):
    """Yield a state with a listed change, made at the first place where it applies; nothing where none is."""
    for at in row["at"]:
        changed = replaced(state, at.split("/")[1:], row)
        if changed is not state:
            yield changed
            return


def replaced(value, path, row):
    """Return a copy with the change made at a path, "*" being any key; the value itself if it leads nowhere."""
    if not path:
        return row["set"]
    keys = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else []
    for key in keys:
        if path[0] not in ("*", key):
            continue
        if len(path) == 1 and "set" not in row:
            return {name: inner for name, inner in value.items() if name != key}
        inner = replaced(value[key], path[1:], row)
        if inner is not value[key]:
            copy = value.copy()
            copy[key] = inner
            return copy
    return value


@pytest.mark.parametrize(("family", "before", "number"), NEIGHBOURS)
def test_a_state_that_is_too_new_for_its_number_is_refused(family, before, number):
    """TS-VERS-014: a state that is told from its number by a member which a later number brought fails its schema."""
    states = [{**state, "$schemaVersion": before} for _, state in islice(fixtures(family, number), 40)]
    told = [state for state in states if contradiction(detect.NUMBERS[family], before, state)]
    assert [state for state in told if not faults(family, state)] == []
    row = next(row for row in detect.NUMBERS[family] if row.number == number)
    assert told or not set(row.brought) & set(row.always)


# --- that the steps between numbers go by them

#: What a state may lack after the step up to a number: the reader takes it for null, none or nothing, or derives it.
LACKING = {
    (detect.PYTHON, "1.2"): {"reasoning_item_id_policy"},
    (detect.PYTHON, "1.4"): {"model_responses/*/request_id", "last_model_response/request_id"},
    (detect.PYTHON, "1.9"): {"generated_prompt_cache_key", "last_processed_response/custom_tool_actions"},
    (detect.PYTHON, "1.13"): {"nested_history_owned_session_item_refs"},
    (detect.PYTHON, "1.15"): {
        "current_step/data/llm_end_hooks_started",
        "current_step/data/response_accepted",
        "pending_input",
    },
    (detect.PYTHON, "1.18"): {"last_processed_response/mcp_tool_bindings"},
    (detect.JS, "1.1"): {"currentTurnPersistedItemCount"},  # 0.3.0 brought it, within 1.0
    (detect.JS, "1.21"): {"initialInputGuardrailsCompleted"},  # where nothing shows it: the reader asks for a flag
}
#: What may be refused on the way up: calls of nested runs that were not saved, and agents that no file tells apart.
REFUSED = ("nested_", "second_pause_nested", "same_agent_names")
DIALECTS = {detect.PYTHON: openai_py, detect.JS: openai_js}
CROSSING = (
    "one_waiting",
    "parallel_one_executed",
    "many_turns",
    "sticky_approve_used_later",
    "one_rejected_with_message",
    "handoff_before_interruption",
    "nested_agent_tool",
    "hosted_mcp_approval",
    "tool_guardrails_allow",
    "pending_input",
)


@pytest.mark.parametrize(("family", "before", "number"), NEIGHBOURS)
def test_a_step_up_leads_to_the_next_number(family, before, number):
    """A saved state that went up one step is what the next number's schema says, but for what readers fill in."""
    lacking, refused = set(), []
    scenarios = {name.rpartition(".")[0]: state for name, state in reversed(list(fixtures(family, before)))}
    for name, state in scenarios.items():
        try:
            lacking |= {fault for error in stepped(family, number, state) for fault in missing(error)}
        except TimestepError:
            refused.append(name.partition("/")[2])
    assert lacking <= LACKING.get((family, number), set())
    assert [name for name in refused if not name.startswith(REFUSED)] == []


def stepped(family, number, state):
    """Yield what is wrong with a state after one step up."""
    ladder = DIALECTS[family].LADDER
    change = next(step.up for step in ladder.steps if step.number == number)
    if family == detect.JS:
        openai_js.expand(state)
    if change is not None:
        change(Run(state, "", None, Account(FLAGS), ladder.nested))
    state["$schemaVersion"] = number
    if family == detect.JS:
        openai_js.collapse(state)
    return () if taken(family, number)(state) else validator(family, number).iter_errors(state)


def missing(error):
    """Yield the members that an error of a schema misses, or what else it is."""
    path = ["*" if isinstance(key, int) else key for key in error.absolute_path]
    if error.validator == "anyOf":  # null, or a shape
        yield from (fault for cause in error.context if cause.validator != "type" for fault in missing(cause))
    elif error.validator == "required":
        yield from ("/".join([*path, key]) for key in error.validator_value if key not in error.instance)
    else:
        yield f"{'/'.join(path)}: {error.message}"


@cache
def current(family, scenario):
    """Return a state of the current number, with its decisions, read."""
    path = FIXTURES / family / detect.PACKAGES[family] / f"{scenario}.decided.json"
    return timestep.read(path, trusted=True)


@pytest.mark.parametrize(("family", "number"), NUMBERS)
def test_what_is_written_as_a_number_is_of_that_number(family, number):
    """States of both current numbers, written as any number, are what its schema says, or are refused by name."""
    crossed, refused = set(), set()
    for source, scenario in product(detect.NUMBERS, CROSSING):
        try:
            data = timestep.write(current(source, scenario), f"{family}@{number}", assume=FLAGS).data
        except ConversionError as error:
            refused.add(error.code)
            continue
        crossed.add((source, scenario))
        found = list(files.runs(json.loads(data)))
        assert {run["$schemaVersion"] for run in found} == {number}
        assert [fault for run in found for fault in faults(family, run)] == [], scenario
    assert {(source, "one_waiting") for source in detect.NUMBERS} <= crossed
    assert refused <= {"cannot-cross"}


# --- how they are made

PLAN = plan.read("""
State: A run.
  $schemaVersion!  text
  turn!            count
  items!           [Item]
  step             one of a 1.1:b | 1.1:null
Item: An item.
  type!   text
  output  any
  when type out needs output
""")
ROWS = (Number("1.0", ("0.1",)), Number("1.1", ("0.2", "0.3"), brought=(("items", "*", "new"),)))


def made(*states, number="1.0"):
    """Return the schema that these states make, and what surprises there were."""
    seen = observe.Observed(number)
    for state in states:
        observe.observe(seen, PLAN, {"$schemaVersion": number, **state})
    row = next(row for row in ROWS if row.number == number)
    return Builder(PLAN, seen, ROWS, row).schema(detect.PYTHON), sorted(seen.surprises)


def test_a_member_is_required_where_every_state_has_it_and_the_plan_is_sure():
    """A member that one state lacks, or of which the plan is not sure, may be missing."""
    schema, _ = made({"turn": 1, "items": [], "step": "a"}, {"items": [], "step": "a"})
    assert schema["required"] == ["$schemaVersion", "items"]


def test_null_is_taken_where_it_was_seen_or_has_come():
    """A schema takes null where a state has it, and where the plan says that it came with the number."""
    assert made({"turn": None})[0]["properties"]["turn"] == {"type": ["integer", "null"], "minimum": 0}
    assert made({"step": "a"})[0]["properties"]["step"] == {"enum": ["a"]}
    assert made({"step": "a"}, number="1.1")[0]["properties"]["step"] == {
        "anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]
    }


def test_a_text_that_the_plan_lacks_is_taken_where_it_was_seen():
    """A schema takes the values of an enumeration that the plan allows, and those of the states."""
    assert made({"step": "z"})[0]["properties"]["step"] == {"enum": ["a", "z"]}


def test_a_member_that_a_later_number_brought_is_refused():
    """What `brought` lists for a later number is false in the schemas before it."""
    state = {"items": [{"type": "in"}]}
    assert made(state)[0]["$defs"]["Item"]["properties"]["new"] is False
    assert "new" not in made(state, number="1.1")[0]["$defs"]["Item"]["properties"]


def test_a_rule_holds_where_states_show_it_and_none_breaks_it():
    """What a value of a member brings with it is required only where the states bear that out."""
    shown, broken = {"items": [{"type": "out", "output": 1}]}, {"items": [{"type": "out"}]}
    assert made(shown)[0]["$defs"]["Item"]["allOf"][0]["then"] == {"required": ["output"]}
    assert "allOf" not in made(shown, broken)[0]["$defs"]["Item"]
    assert "allOf" not in made({"items": [{"type": "in"}]})[0]["$defs"]["Item"]


def test_what_the_plan_does_not_foresee_is_named(tmp_path):
    """A new member, and a value of another type, stop the making of schemas and are named."""
    assert made({"turn": 1, "soup": 2})[1] == ["State has a member that the plan does not name: soup"]
    assert made({"turn": "1"})[1] == ["State.turn is what the plan does not foresee: str"]
    folder = tmp_path / detect.JS / "0.20.0"
    folder.mkdir(parents=True)
    (folder / "a.decided.json").write_text('{"$schemaVersion": "1.22", "soup": 2}', encoding="utf-8")
    with pytest.raises(generator.PlanError, match=r"1\.22: State has a member that the plan does not name: soup"):
        list(generator.schemas(detect.JS, tmp_path))


@pytest.mark.parametrize("line", ["  a! Soup", "  a! [Soup]", "  a!", "  when type b"])
def test_a_plan_with_a_line_that_says_nothing_is_refused(line):
    """A kind that is no shape, and a line that is neither a member nor a rule, are errors of the plan."""
    with pytest.raises(ValueError, match="State"):
        plan.read(f"State: A run.\n{line}\n")
