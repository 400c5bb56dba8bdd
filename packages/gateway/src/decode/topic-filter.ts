/** Why a text is not a topic filter (MQTT 3.1.1 §4.7), or undefined. */
export function topicFilterProblem(filter: string): string | undefined {
  const levels = filter.split('/');
  if (filter === '' || filter.includes('\u0000')) {
    return 'is not a topic filter: it is empty or holds a NUL';
  }
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return 'is not a topic filter: # stands alone, as the last level';
    }
    if (level.includes('+') && level !== '+') {
      return 'is not a topic filter: + stands alone in its level';
    }
  }
  return undefined;
}

/** Compiles a topic filter: `+` is one level, `#` the rest, and neither matches topics that start with `$`. */
export function compileTopicFilter(filter: string): (topic: string) => boolean {
  if (filter === '#') {
    return (topic) => !topic.startsWith('$');
  }
  const levels = filter.split('/');
  return (topic) => {
    const parts = topic.split('/');
    if (topic.startsWith('$') && /^[+#]/.test(filter)) {
      return false;
    }
    for (let i = 0; i < levels.length; i++) {
      // `a/#` matches `a` too.
      if (levels[i] === '#') {
        return true;
      }
      if (i >= parts.length || (levels[i] !== '+' && levels[i] !== parts[i])) {
        return false;
      }
    }
    return parts.length === levels.length;
  };
}
