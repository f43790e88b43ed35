/** A variable that the runner set: test/services/run.ts. */
export function serviceVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with npm test -- ${process.argv[1] ?? ''}`);
  return value;
}
