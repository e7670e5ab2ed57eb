// Short tones, so that a person with eyes on the shelf knows whether the scan was right. Made here:
// no files to load.

let context: AudioContext | null = null;

export function soundRight(): void {
  tone([[880, 0, 0.09]]);
}

export function soundWrong(): void {
  tone([
    [220, 0, 0.16],
    [165, 0.2, 0.26],
  ]);
  if ('vibrate' in navigator) navigator.vibrate([120, 60, 120]);
}

function tone(notes: [pitch_hz: number, from_s: number, length_s: number][]): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    for (const [pitch_hz, from_s, length_s] of notes) {
      const start = context.currentTime + from_s;
      const source = context.createOscillator();
      const gain = context.createGain();
      source.frequency.value = pitch_hz;
      gain.gain.setValueAtTime(0.18, start);
      gain.gain.exponentialRampToValueAtTime(0.001, start + length_s);
      source.connect(gain).connect(context.destination);
      source.start(start);
      source.stop(start + length_s);
    }
  } catch {
    // A device without sound still shows the words.
  }
}
