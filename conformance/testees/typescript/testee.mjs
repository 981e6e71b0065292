// The JavaScript SDK `@openai/agents` as a testee: `node conformance/testees/typescript/testee.mjs`.
import { operations } from './operations.mjs';
import { serve } from './serving.mjs';

await serve(operations);
