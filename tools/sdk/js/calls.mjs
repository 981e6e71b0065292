// What really ran. A function tool's body sees its call; the bodies of other tools see only parsed
// values, so each is matched with the call that the SDK announced just before (agent_tool_start).
import { sortedJson, parsed } from './text.mjs';

export class Calls {
  constructor() {
    this.executed = [];
    this.started = [];
  }

  /** Hears of every call that starts on this agent, in any run it takes part in. */
  watch(agent) {
    agent.on('agent_tool_start', (_context, tool, details) => {
      this.started.push({ type: tool.type, name: tool.name, call: details?.toolCall });
    });
  }

  /** A body ran whose exact call is known. */
  exact(tool, call, argumentText) {
    this.executed.push({ tool, arguments: argumentText, call_id: call?.callId ?? null });
  }

  /** The announced call of a body, taken off the list; `same` narrows when several are open. */
  take(type, same = () => true) {
    const index = this.started.findIndex((entry) => entry.type === type && same(entry));
    return index < 0 ? undefined : this.started.splice(index, 1)[0].call;
  }

  /** A built-in body ran: the call id comes from the announcement, the arguments from the body. */
  built(tool, type, argumentText, same) {
    this.exact(tool, this.take(type, same), argumentText);
  }

  /** An MCP body ran: it gets parsed arguments, without the call. */
  mcp(tool, args) {
    const text = sortedJson(args ?? {});
    const call = this.take('function', (entry) => entry.call?.name?.endsWith(tool) && sortedJson(parsed(entry.call.arguments || '{}')) === text);
    this.exact(tool, call, text);
  }
}
