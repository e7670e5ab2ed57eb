// How many decimals a currency has.

const WITHOUT_DECIMALS = ['XAF', 'XOF'];

export function named(code: string): { code: string; digits: number } {
  return { code, digits: WITHOUT_DECIMALS.includes(code) ? 0 : 2 };
}
