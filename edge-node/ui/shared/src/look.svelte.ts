// Light, dark, as the device says, or sun: the highest contrast, for a screen in daylight.

export const LOOKS = ['auto', 'light', 'dark', 'sun'] as const;
export type Look = (typeof LOOKS)[number];

const REMEMBER = 'omniroute.look';
const current = $state<{ look: Look }>({ look: 'auto' });

export function startLook(): void {
  const remembered = localStorage.getItem(REMEMBER);
  chooseLook(LOOKS.find((look) => look === remembered) ?? 'auto');
}

export function look(): Look {
  return current.look;
}

export function chooseLook(look: Look): void {
  current.look = look;
  localStorage.setItem(REMEMBER, look);
  document.documentElement.dataset['theme'] = look;
}
