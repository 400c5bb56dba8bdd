import { z } from 'zod';
import { defineFault, type Fault, type FaultObject } from './fault.js';

/** A fault that only writes down what is done with it. */
export function noteFault(name: string, object: FaultObject, notes: string[], forMs = 100): Fault {
  return defineFault({
    name,
    title: name,
    description: 'of a test',
    signal: 'none',
    parameters: z.strictObject({ size: z.number().min(1).default(1).describe('of it, in things') }),
    forMs,
    needs: ['link'],
    onContainers: { plays: 'as elsewhere' },
    object,
    start: ({ parameters: { size } }) => {
      notes.push(`${name} begins ${size}`);
    },
    stop: () => {
      notes.push(`${name} ends`);
    },
    touched: () => notes.length,
    isRecovered: () => true,
  });
}
