// AIM symbology identifiers: three characters such as `]C1` that many scanners put before the code.

export interface Scanned {
  /** Such as `C1`; empty when the scanner sends none. */
  symbology: string;
  text: string;
}

export function stripAim(raw: string): Scanned {
  const match = /^\](?<symbology>[A-Za-z][0-9A-Za-z])/.exec(raw);
  if (!match?.groups) return { symbology: '', text: raw };
  return { symbology: match.groups['symbology'] ?? '', text: raw.slice(3) };
}

/** Symbologies that promise GS1 content: GS1-128, DataMatrix, DataBar, QR. */
export function isGs1(symbology: string): boolean {
  return ['C1', 'd2', 'e0', 'Q3', 'J1'].includes(symbology);
}
