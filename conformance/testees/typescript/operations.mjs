// What the testee says of itself, and what it can be asked.
import { load, save, validate } from './codec.mjs';
import { resume, run } from './runs.mjs';
import { version } from './sdk.mjs';

const hello = () => ({
  name: 'typescript',
  language: 'javascript',
  version,
  spec: ['1.0'],
  profiles: ['codec', 'loop', 'durable'],
  features: [
    ...['validate', 'load', 'save', 'openai-agents-js'],
    ...['run', 'resume', 'handoffs', 'nested', 'guardrails', 'predicates', 'offers'],
  ],
});

export const operations = { hello, validate, load, save, run, resume };
