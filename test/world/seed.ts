// What is random in a test prints its seed and runs the same again with SEED set to it.

export const seed = (what: string): number => {
  const given = Number(process.env['SEED']);
  const value = Number.isSafeInteger(given) && process.env['SEED'] ? given : Math.floor(Math.random() * 2 ** 31);
  // oxlint-disable-next-line no-console
  console.log(`      seed of ${what}: ${value} (again with SEED=${value})`);
  return value;
};
