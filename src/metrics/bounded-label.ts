const OTHER = 'other';

/** Keeps a label to so many values; later ones are counted together as `other`, so that no caller can fill the memory. */
export function boundLabel(maxValues: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= maxValues) return OTHER;
    known.add(value);
    return value;
  };
}
