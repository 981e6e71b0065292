// The JavaScript SDK `@openai/agents` as a testee: `node conformance/testees/typescript/testee.mjs`.

// stdout belongs to the protocol; what a library prints goes to stderr.
for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;

const { version } = await import('./sdk.mjs');
const { serve } = await import('./serving.mjs');
const { load, save, validate } = await import('./codec.mjs');

const hello = () => ({
  name: '@openai/agents',
  language: 'javascript',
  version,
  spec: ['1.0'],
  profiles: ['codec'],
  features: ['validate', 'load', 'save', 'openai-agents-js'],
});

await serve({ hello, validate, load, save });
