import { defineConfig } from 'vitest/config';

/** Tests import `src/` of every package through this export condition, so they never see a stale `dist/`. */
const resolve = { conditions: ['sensorsim-source', 'node', 'import', 'module', 'default'] };
const ssr = { resolve };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          // They work more than they wait, on clocks of their own; the other projects have the machine to themselves.
          maxWorkers: 2,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          exclude: ['test/end-to-end/scenario-library.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'library',
          include: ['test/end-to-end/scenario-library.test.ts'],
          // Several scenarios run at once in it, in real time: nothing else runs beside them.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'containers',
          include: ['test/containers/**/*.test.ts'],
          globalSetup: ['test/support/docker/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // Each file has engines of its own, and mostly waits for them.
          maxWorkers: 3,
          sequence: { groupOrder: 4 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          // The short form waits more than it works; the full one is measured, and has the machine to itself.
          fileParallelism: process.env.SENSORSIM_FAULT === 'short',
          maxWorkers: process.env.SENSORSIM_FAULT === 'short' ? 3 : 1,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
