"""Makes random scenarios: `scenario(seed)` gives the same valid scenario for a seed every time (see README.md)."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

JSON = dict[str, Any]
NAMES = ("Clerk", "Mail Room", "R&D-Team", "billing (EU)", "Ärzte", "agent_7", "Big  Gap", "助手")
TEXTS = (
    "Hello.", "", " ", "naïve café ☕", "日本語のテキスト", "line\nbreak\ttab", '"quoted" \\ back', "\u2028sep\u2029",
    "null", "{}", "risky business", "a" * 300, "é", "e\u0301", "🧑‍🚀", "</script>", "%s {x}", "\x7f", "-0", "1e400",
)  # fmt: skip
NUMBERS = ("0", "-1", "3.0", "1.50", "1e3", "12345678901234567890", "9007199254740993", "-0", "0.1", "1E-7", "1e400")
PNG = "data:image/png;base64,iVBORw0KGgo="
HOSTED = ("web_search", "file_search", "code_interpreter", "image_generation")
GATES = (True, True, True, False, False, {"when_arguments_contain": "risky"})


def scenario(seed: int) -> JSON:
    """Make the scenario of a seed; decisions are left to whoever runs it, as they follow what waits."""
    return Maker(seed).make()


def decisions(rng: random.Random, pending: list[JSON], *, all_of_them: bool) -> list[JSON]:
    """Decide on waiting calls at random: on all, or on some; exact or for good; with odd messages.

    A call whose id stands twice in the list is named by its tool and place.
    """
    ids = [call["call_id"] for call in pending]
    found: list[JSON] = []
    for_good: set[str] = set()  # of two standing rejections of one tool, each SDK tells another one's message
    for index, call in enumerate(pending):
        if not all_of_them and found and rng.random() < 0.35:
            continue
        place = [other["tool"] for other in pending[:index]].count(call["tool"])
        named: Any = call["call_id"] if ids.count(call["call_id"]) == 1 else {"name": call["tool"], "index": place}
        decision: JSON = {"call": named, "decision": rng.choice(("approve", "approve", "reject"))}
        if rng.random() < 0.2 and call["tool"] not in for_good:
            decision["always"] = True
            for_good.add(call["tool"])
        if decision["decision"] == "reject" and rng.random() < 0.6:
            decision["message"] = rng.choice(TEXTS)
        found.append(decision)
    return found


class Maker:
    """Draws one scenario: agents and tools first, then a script that walks through them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311  (not for secrets)
        self.seed = seed
        self.counts: dict[str, int] = {}
        self.call_ids: list[str] = []
        self.tools: dict[str, JSON] = {}
        self.guardrails: dict[str, JSON] = {}
        self.agents: dict[str, JSON] = {}
        self.script: dict[str, list[Any]] = {}
        self.odd = self.chance(0.25)

    def chance(self, part: float) -> bool:
        """Say yes this often."""
        return self.rng.random() < part

    def number(self, kind: str) -> str:
        """Give a fresh name of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}_{self.counts[kind]}"

    def make(self) -> JSON:
        """Put a scenario together."""
        count = self.rng.choice((1, 1, 2, 2, 3, 4))
        for index in range(count):
            self._agent(f"a{index}", NAMES[(self.seed + index * 3) % len(NAMES)])
        self._connect()
        self._run("a0", 0, self.rng.randint(1, 4))
        for key in self.agents:
            self.script[key] += [[self._message(key)] for _ in range(2)]
        made: JSON = {
            "name": f"random_{self.seed}",
            "title": f"Random scenario {self.seed}",
            "start": "a0",
            "input": self._input(),
            "agents": self.agents,
            "tools": self.tools,
            "guardrails": self.guardrails,
            "script": self.script,
        }
        self._options(made)
        return made

    def _options(self, made: JSON) -> None:
        """Draw the settings of the run."""
        if self.chance(0.25):
            made["stream"] = True
        if self.chance(0.3):
            made["context"] = self.rng.choice(({}, {"user": "Ann", "n": 1.5, "tags": ["x", None]}, {"ü": {"": "🧑"}}))
        if self.chance(0.2):
            made["max_turns"] = self.rng.choice((None, 1, 2, 3, 12))
        if isinstance(made["input"], str) and self.chance(0.2):
            made["session"] = {"items": self._earlier() if self.chance(0.6) else []}
        elif self.chance(0.15) and not self._has_what_server_state_forbids():
            made[self.rng.choice(("conversation_id", "previous_response_id"))] = "conv_or_resp_1"
        if self.chance(0.1):
            made["reasoning_item_id_policy"] = self.rng.choice(("omit", "preserve"))
        if self.chance(0.1):
            made["pending_input"] = self.rng.choice(("One more thing.", [{"role": "user", "content": "ü"}]))
        if made.get("stream") and "session" not in made and self.chance(0.15):
            made["save_at"] = "after_turn"
        elif made.get("stream") and self.chance(0.25):
            made["save_at"] = "error"

    def _has_what_server_state_forbids(self) -> bool:
        """Either SDK refuses output guardrails, or handoff filters, on a conversation that the server keeps.

        And openai-agents sends answers to hosted MCP requests again when the state came from elsewhere.
        """
        agents = self.agents.values()
        if any(tool["kind"] == "hosted_mcp" for tool in self.tools.values()):
            return True
        filters = any(isinstance(entry, dict) for agent in agents for entry in agent.get("handoffs", []))
        return filters or any("output_guardrails" in agent for agent in agents)

    # Agents and tools

    def _agent(self, key: str, name: str) -> None:
        spec: JSON = {"name": name, "instructions": f"You are {key}.", "tools": []}
        for kind, part in (("shell", 0.08), ("apply_patch", 0.08), ("hosted_mcp", 0.12), ("local_mcp", 0.06)):
            if self.chance(part):
                spec["tools"].append(self._builtin(kind))
        for _ in range(self.rng.randint(1, 3)):
            spec["tools"].append(self._function())
        if self.chance(0.12):
            spec["input_guardrails"] = [self._guardrail("input")]
        if self.chance(0.12):
            spec["output_guardrails"] = [self._guardrail("output")]
        if self.chance(0.08) and (self.odd or key == "a0"):
            spec["output_schema"] = {
                "type": "object", "properties": {"t": {"type": "string"}}, "required": ["t"],
                "additionalProperties": False,
            }  # fmt: skip
        if self.chance(0.06):
            spec["tool_use_behavior"] = "stop_on_first_tool"
        if self.chance(0.1):
            spec["model_settings"] = {"tool_choice": "required", "temperature": 0.5}
            spec["reset_tool_choice"] = self.chance(0.5)
        self.agents[key] = spec
        self.script[key] = []

    def _function(self) -> str:
        key = self.number("tool")
        spec: JSON = {
            "kind": "function",
            "description": self.rng.choice(("Does a thing.", "Tut etwas: ü", "")),
            "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
            "strict": False,
            "needs_approval": self.rng.choice(GATES),
            "returns": self.rng.choice(("done {a}", *TEXTS)),
        }
        if self.chance(0.1):
            spec |= {"namespace": "space", "name": self.rng.choice(("same", key))}
            if any(other.get("name") == spec["name"] and "namespace" in other for other in self.tools.values()):
                spec["name"] = key
        elif self.chance(0.08) and not any(tool.get("name") == "same" for tool in self.tools.values()):
            spec["name"] = "same"
        if self.chance(0.08):
            spec["input_guardrails"] = [self._guardrail("tool_input")]
        if self.chance(0.08):
            spec["output_guardrails"] = [self._guardrail("tool_output")]
        if self.chance(0.06):
            spec["returns_items"] = [{"type": "text", "text": "part"}, {"type": "image", "image_url": PNG}]
        if self.odd and self.chance(0.2):
            spec["returns"] = self.rng.choice(({"n": 3, "k": None}, [1, "x"], 7, True))
        if self.odd and self.chance(0.06):
            spec["raises"] = "it broke"
        self.tools[key] = spec
        return key

    def _builtin(self, kind: str) -> str:
        key = self.number(kind)
        spec: JSON = {"kind": kind}
        if kind in {"shell", "apply_patch"}:
            spec |= {"needs_approval": self.chance(0.7), "returns": [{"stdout": "out\n"}] if kind == "shell" else "ok"}
        elif kind == "hosted_mcp":
            label = f"srv{self.counts[kind]}"
            spec |= {
                "server_label": label, "server_url": f"https://{label}.example.invalid",
                "authorization": "SENTINEL-mcp-authorization", "headers": {"X-Key": "SENTINEL-mcp-header"},
                "require_approval": "always",
            }  # fmt: skip
        else:
            name = self.number("mcptool")
            tool = {"name": name, "description": "Remote.", "returns": "remote {q}", "parameters": {
                "type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}}  # fmt: skip
            spec |= {"server": f"local{self.counts[kind]}", "tools": [tool], "require_approval": self.chance(0.6)}
        self.tools[key] = spec
        return key

    def _guardrail(self, position: str) -> str:
        key = self.number("rail")
        spec: JSON = {"position": position, "info": self.rng.choice((None, {"ok": True}, "note ü"))}
        if position.startswith("tool") and self.chance(0.5):
            spec |= {"rejects_on": "risky", "message": self.rng.choice(("Not that.", "Nö."))}
        elif self.chance(0.15):
            spec["trips_on"] = "risky"
        if position == "input" and self.chance(0.4):
            spec["blocking"] = True
        self.guardrails[key] = spec
        return key

    def _connect(self) -> None:
        """Link agents: each later one is handed over to, or is a tool of an earlier one; some both ways."""
        keys = list(self.agents)
        self.nested: dict[str, str] = {}
        for index, key in enumerate(keys[1:], 1):
            above = keys[self.rng.randrange(index)]
            if self.chance(0.5):
                self._agent_tool(above, key)
            else:
                self._handoff(above, key)
                if self.chance(0.4) and key not in self.nested:
                    self._handoff(key, above)

    def _agent_tool(self, above: str, key: str) -> None:
        tool = self.number("ask")
        self.tools[tool] = {
            "kind": "agent", "agent": key, "name": tool, "description": "Asks an agent.",
            "needs_approval": self.chance(0.25),
        }  # fmt: skip
        self.agents[above]["tools"].append(tool)
        self.nested[key] = tool

    def _handoff(self, source: str, target: str) -> None:
        entry: Any = target
        if self.chance(0.25):
            entry = {"agent": target, "input_filter": self.rng.choice(("remove_all_tools", "keep_last_user"))}
        self.agents[source].setdefault("handoffs", []).append(entry)

    # The script

    def _run(self, key: str, depth: int, turns: int) -> None:
        """Script one run from an agent on: turns with calls, handoffs, and a message at the end."""
        for _ in range(turns):
            output, nested = self._turn(key, depth)
            target = self._maybe_hand_over(key, output)
            self.script[key].append(self._response(output))
            for inner in nested:
                self._run(inner, depth + 1, self.rng.randint(1, 2))
            if target is not None:
                key = target
        self.script[key].append(self._response([*self._thoughts(), self._message(key)]))

    def _response(self, output: list[JSON]) -> Any:
        if not self.chance(0.15):
            return output
        tokens = self.rng.randint(1, 99)
        usage = {"input_tokens": tokens, "output_tokens": 7, "total_tokens": tokens + 7,
                 "input_tokens_details": {"cached_tokens": self.rng.choice((0, 3))},
                 "output_tokens_details": {"reasoning_tokens": self.rng.choice((0, 2))}}  # fmt: skip
        return {"output": output, "usage": usage}

    def _turn(self, key: str, depth: int) -> tuple[list[JSON], list[str]]:
        output, nested = self._thoughts(), list[str]()
        if self.chance(0.15):
            output.append(self._message(key, plain=True))
        tools = [name for name in self.agents[key]["tools"] if depth < 3 or self.tools[name]["kind"] != "agent"]
        kinds: set[str] = set()
        for _ in range(self.rng.choice((1, 1, 2, 2, 3, 4))):
            name = self.rng.choice(tools)
            spec = self.tools[name]
            family = "function" if spec["kind"] in {"function", "agent", "local_mcp"} else spec["kind"]
            if (not self.odd and kinds - {family}) or (spec["kind"] == "agent" and spec["agent"] in nested):
                continue
            kinds.add(family)
            output.append(self._call(name, spec))
            if spec["kind"] == "agent":
                nested.append(spec["agent"])
        return output, nested

    def _maybe_hand_over(self, key: str, output: list[JSON]) -> str | None:
        targets = self.agents[key].get("handoffs", [])
        if not targets or not self.chance(0.4):
            return None
        entry = self.rng.choice(targets)
        target = entry if isinstance(entry, str) else entry["agent"]
        if not self.chance(0.3) or any(item["type"] == "mcp_approval_request" for item in output):
            output[:] = [item for item in output if item["type"] in {"message", "reasoning"}]
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in self.agents[target]["name"].lower())
        output.append(self._wire_call("function_call", name=f"transfer_to_{name}", arguments="{}"))
        return target

    def _thoughts(self) -> list[JSON]:
        found: list[JSON] = []
        if self.chance(0.2):
            item: JSON = {"type": "reasoning", "id": self._item_id("rs"), "summary": []}
            if self.chance(0.6):
                item["summary"] = [{"type": "summary_text", "text": self.rng.choice(TEXTS)} for _ in range(2)]
            if self.chance(0.5):
                item["encrypted_content"] = "SENTINEL-thought=="
            found.append(item)
        if self.chance(0.08):
            query = self.rng.choice(TEXTS)
            action = {"type": "search", "query": query, "queries": [query]}
            search = {"type": "web_search_call", "id": self._item_id("ws"), "status": "completed", "action": action}
            found.append(search)
        return found

    def _message(self, key: str, *, plain: bool = False) -> JSON:
        text = self.rng.choice(TEXTS) or "Done."
        if not plain and "output_schema" in self.agents[key]:
            text = json.dumps({"t": text}, ensure_ascii=False)
        part: JSON = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        if self.chance(0.1):
            link = {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "https://a.invalid", "title": "t"}
            part["annotations"] = [link]
        return {**self._assistant(self._item_id("msg")), "content": [part]}

    @staticmethod
    def _assistant(item_id: str) -> JSON:
        return {"type": "message", "id": item_id, "role": "assistant", "status": "completed"}

    def _item_id(self, kind: str) -> str:
        if self.odd and self.chance(0.15):
            return f"{kind}_same"
        return self.number(kind)

    def _wire_call(self, kind: str, **body: Any) -> JSON:
        call_id = self.number("call")
        if self.odd and self.call_ids and self.chance(0.12):
            call_id = self.rng.choice(self.call_ids)
        self.call_ids.append(call_id)
        item: JSON = {"type": kind, "id": self._item_id("it"), "call_id": call_id, "status": "completed", **body}
        if kind == "function_call" and self.chance(0.1):
            del item["id"]
        return item

    def _call(self, name: str, spec: JSON) -> JSON:
        kind = spec["kind"]
        if kind == "shell":
            action: JSON = {"commands": [self.rng.choice(("ls", "echo ü", "rm -rf /tmp/x; true"))]}
            if self.chance(0.4):
                action |= {"timeout_ms": 1000, "max_output_length": 500}
            return self._wire_call("shell_call", action=action)
        if kind == "apply_patch":
            return self._wire_call("apply_patch_call", operation=self._patch())
        if kind == "hosted_mcp":
            return {
                "type": "mcp_approval_request", "id": self.number("mcpr"), "server_label": spec["server_label"],
                "name": "search_docs", "arguments": self._arguments(),
            }  # fmt: skip
        if kind == "local_mcp":
            text = json.dumps({"q": self.rng.choice(TEXTS)}, ensure_ascii=False)
            return self._wire_call("function_call", name=spec["tools"][0]["name"], arguments=text)
        if kind == "agent":
            text = json.dumps({"input": self.rng.choice(TEXTS) or "go"}, ensure_ascii=self.chance(0.5))
            return self._wire_call("function_call", name=spec["name"], arguments=text)
        body = {"name": spec.get("name", name), "arguments": self._arguments()}
        if "namespace" in spec:
            body["namespace"] = spec["namespace"]
        return self._wire_call("function_call", **body)

    def _patch(self) -> JSON:
        path = self.rng.choice(("a.txt", "dir/ü.md"))
        kind = self.rng.choice(("create_file", "update_file", "delete_file"))
        found: JSON = {"type": kind, "path": path}
        if kind != "delete_file":
            found["diff"] = "@@\n-old\n+new\n"
        return found

    def _arguments(self) -> str:
        """Write an argument object the way a model may: any spacing, order, escapes and numbers."""
        if self.chance(0.08):
            return "{}"
        parts = [f'"a":{json.dumps(self.rng.choice(TEXTS), ensure_ascii=self.chance(0.5))}']
        if self.chance(0.4):
            parts.append(f'"n": {self.rng.choice(NUMBERS[:-1])}')
        if self.chance(0.25):
            deep: Any = self.rng.choice(TEXTS)
            for _ in range(self.rng.randint(1, 12)):
                deep = self.rng.choice(([deep], {"k": deep, "": None}, [True, deep, -1.5]))
            parts.append(f'"deep" :{json.dumps(deep)}')
        if self.chance(0.1):
            parts.append(self.rng.choice(('"__proto__": {"x": 1}', '"10": 1, "9": 2', '"constructor": null')))
        if self.chance(0.04):
            parts.append('"a":"twice"')
        self.rng.shuffle(parts)
        return "{" + self.rng.choice((",", ", ", " ,\n ")).join(parts) + "}"

    # The input

    def _input(self) -> Any:
        if self.chance(0.65):
            return self.rng.choice(TEXTS) or "Go."
        items = self._earlier()
        if self.chance(0.15):
            items.append({"role": "developer", "content": "More rules."})
        content: list[JSON] = [{"type": "input_text", "text": self.rng.choice(TEXTS)}]
        if self.chance(0.5):
            content.append({"type": "input_image", "image_url": PNG, "detail": "low"})
        if self.chance(0.3):
            content.append({"type": "input_file", "file_id": "file_1"})
        items.append({"role": "user", "content": self.rng.choice((content, "Plain."))})
        return items

    def _earlier(self) -> list[JSON]:
        """Give items of an earlier conversation."""
        found: list[JSON] = [{"role": "user", "content": "Earlier."}]
        if self.chance(0.4):
            found.append({"role": "system", "content": "Rules."})
        if self.chance(0.5):
            call = {"type": "function_call", "id": "fc_old", "call_id": "call_old", "name": "old", "arguments": "{}"}
            found += [call, {"type": "function_call_output", "call_id": "call_old", "output": "old result"}]
        if self.chance(0.6):
            part = {"type": "output_text", "text": "Earlier answer.", "annotations": []}
            found.append({**self._assistant("msg_old"), "content": [part]})
        return found


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(json.dumps(scenario(int(argument)), indent=1))
