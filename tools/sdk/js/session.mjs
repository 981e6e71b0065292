// The SDK's in-memory session, made to fail on chosen writes.
import { need } from './features.mjs';

/** The class is made when a scenario asks for it: releases before 0.3.0 have no sessions. */
export const scriptedSession = (options) => new (scripted(need('MemorySession')))(options);

const scripted = (MemorySession) => class ScriptedSession extends MemorySession {
  constructor({ failsOnAdd = [], ...options }) {
    super(options);
    this.failsOnAdd = new Set(failsOnAdd);
    this.adds = 0;
  }

  async addItems(items) {
    this.count();
    return super.addItems(items);
  }

  async applyHistoryTransaction(args, context) {
    // The SDK may append through a transaction instead; either way it is one write.
    if (args.transaction?.type === 'append_items') this.count();
    return super.applyHistoryTransaction(args, context);
  }

  count() {
    this.adds += 1;
    if (this.failsOnAdd.has(this.adds)) throw new Error(`session write ${this.adds} fails`);
  }
};
