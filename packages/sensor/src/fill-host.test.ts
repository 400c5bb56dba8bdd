import { describe, expect, it } from 'vitest';
import { fillHost } from './fill-host.js';

describe('fillHost', () => {
  it('puts the name of the machine in, as often as it is asked for, and leaves the other templates', () => {
    expect(
      fillHost(
        {
          id: '{prefix}-{host}-{n}',
          seed: 'lab-{host}',
          topic: '{host}/{type}/{host}',
          record: 'runs/{host}',
        },
        '3f2a',
      ),
    ).toEqual({ id: '{prefix}-3f2a-{n}', seed: 'lab-3f2a', topic: '3f2a/{type}/3f2a', record: 'runs/3f2a' });
  });

  it('takes a name as it is, whatever it holds', () => {
    expect(fillHost({ id: '{host}-{i}' }, "$&-$1-$'")).toEqual({ id: "$&-$1-$'-{i}" });
  });

  it('adds no setting, and changes none of those it was given', () => {
    const given = { id: '{host}-{i}', count: 3 };
    expect(fillHost(given, 'a')).toEqual({ id: 'a-{i}', count: 3 });
    expect(given.id).toBe('{host}-{i}');
  });
});
