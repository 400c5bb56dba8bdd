import { describe, expect, it } from 'vitest';
import { attackOptions, attackSpecsOf } from './attack-options.js';

type Options = Parameters<typeof attackSpecsOf>[0];

const none: Options = {
  attack: [],
  attackAt: [],
  attackFor: [],
  attackEvery: [],
  attackTimes: [],
  attackRamp: [],
  attackTargets: [],
};

function problemsOf(options: Partial<Options>): string[] {
  const problems: string[] = [];
  attackSpecsOf({ ...none, ...options }, problems);
  return problems;
}

describe('the flags of patterns', () => {
  it('name a pattern, its parameters and its time', () => {
    const options = {
      ...none,
      attack: ['data.bias:offset=3,percent=1'],
      attackAt: [30_000],
      attackFor: [60_000],
    };
    expect(attackSpecsOf(options)).toMatchObject([
      {
        id: 'a1',
        pattern: 'data.bias',
        parameters: { offset: '3', percent: '1' },
        atMs: 30_000,
        forMs: 60_000,
      },
    ]);
  });

  it('count for all patterns, or for each', () => {
    const attack = ['data.bias', 'data.stuck'];
    expect(attackSpecsOf({ ...none, attack, attackAt: [5] }).map(({ atMs }) => atMs)).toEqual([5, 5]);
    expect(attackSpecsOf({ ...none, attack, attackAt: [5, 9] }).map(({ atMs }) => atMs)).toEqual([5, 9]);
    expect(problemsOf({ attack: [...attack, 'data.noise'], attackAt: [5, 9] })).toEqual([
      '--attack-at: 2 values for 3 patterns; give one, or one for each',
    ]);
  });

  it('let a list go on over commas, where a parameter takes one', () => {
    expect(attackSpecsOf({ ...none, attack: ['proto.wildcard_sub:filters=#, $SYS/#,qos=1'] })).toMatchObject([
      { pattern: 'proto.wildcard_sub', parameters: { filters: '#,$SYS/#', qos: '1' } },
    ]);
    expect(problemsOf({ attack: ['proto.wildcard_sub:filters=#,qos=1,2'] })).toEqual([
      expect.stringContaining('"2"'),
    ]);
  });

  it('put a pattern behind a gate', () => {
    expect(
      attackSpecsOf({ ...none, attack: ['avail.onoff:onMs=1m,around=data.bias,offset=3'] }),
    ).toMatchObject([
      {
        pattern: 'avail.onoff',
        parameters: { onMs: '1m' },
        around: { pattern: 'data.bias', parameters: { offset: '3' } },
      },
    ]);
  });

  it.each([
    ['temp-0001,temp-0003', { ids: ['temp-0001', 'temp-0003'] }],
    ['#1,#3-5', { devices: [1, 3, 4, 5] }],
    ['25%', { share: 0.25 }],
    ['7', { random: 7 }],
    ['room=room-2,1', { room: 'room-2', random: 1 }],
    ['3,room=*', { random: 3, oneRoom: true }],
  ])('take targets as %s', (text, targets) => {
    expect(attackSpecsOf({ ...none, attack: ['data.bias'], attackTargets: [text] })[0]?.targets).toEqual(
      targets,
    );
  });

  it.each([
    [{ attack: ['data.bais'] }, 'did you mean "data.bias"'],
    [{ attack: ['data.bias:offset'] }, '"offset" in "data.bias:offset" is not name=value'],
    [{ attack: ['data.bias'], attackTargets: ['#5-3'] }, '"#5-3" names no places'],
    [{ attack: ['data.bias'], attackTargets: ['101%'] }, '101% is no share'],
    [{ attack: ['data.bias:offset=3,offset=4'] }, '"offset" in "data.bias:offset=3,offset=4" stands twice'],
    [{ attack: ['data.bias:__proto__=3'] }, '"__proto__" in "data.bias:__proto__=3" is no name'],
    [
      { attack: ['data.bias'], attackTimes: [3] },
      '--attack-times: a1 (data.bias) comes once; give --attack-every too',
    ],
    [{ attack: ['data'] }, '"data" is no pattern; there are data.replay, data.bias, data.drift'],
    [{ attack: [' Data.BIAS'] }, 'did you mean "data.bias"'],
    [{ attackFor: [1] }, '--attack-for needs --attack'],
    [{ attack: ['data.bias'], attackFor: [10], attackEvery: [5] }, 'would come again before it ends'],
  ])('say what is wrong: %j', (options, message) => {
    expect(problemsOf(options).join('\n')).toContain(message);
  });

  it('have semicolons between them where one variable says several', () => {
    expect(attackOptions.attack.schema.parse('data.bias:offset=3,percent=1; data.noise')).toEqual([
      'data.bias:offset=3,percent=1',
      'data.noise',
    ]);
  });

  it('keep commas within a pattern', () => {
    expect(attackOptions.attack.schema.parse('data.bias:offset=3,percent=1')).toEqual([
      'data.bias:offset=3,percent=1',
    ]);
  });
});
