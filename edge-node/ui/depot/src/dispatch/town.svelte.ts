// Where the town's map file is, when the operator has built one. Asked once, by its first bytes.

const ADDRESS = '/api/v1/map/town.pmtiles';
const current = $state<{ address: string | undefined; asked: boolean }>({ address: undefined, asked: false });

export function town(): string | undefined {
  return current.address;
}

export async function lookForTown(): Promise<void> {
  if (current.asked) return;
  current.asked = true;
  try {
    const answer = await fetch(ADDRESS, { method: 'HEAD', credentials: 'same-origin' });
    if (answer.ok) current.address = ADDRESS;
  } catch {
    current.asked = false;
  }
}
