/** Whether a stream takes colour: a terminal that is not dumb, unless NO_COLOR says otherwise (no-color.org). */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') {
    return false;
  }
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') {
    return true;
  }
  return stream.isTTY === true && TERM !== 'dumb';
}
