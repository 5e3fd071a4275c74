/** A soft sound, made by the browser: two quiet tones. */
import { BASE } from "../../local/address.js";

const TONES = [659, 880]; // Hz
const APART = 0.12; // s
const LONG = 0.5; // s
const LOUD = 0.06;
/** ms in which no other tab sounds for the same. */
const HELD = 3_000;

/** @type {AudioContext|undefined} */ let context;

function sound() {
  context ??= new AudioContext();
  for (const [place, tone] of TONES.entries()) {
    const from = context.currentTime + place * APART;
    const gain = new GainNode(context, { gain: 0 });
    const wave = new OscillatorNode(context, { type: "sine", frequency: tone });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUD, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + LONG);
    wave.connect(gain).connect(context.destination);
    wave.start(from);
    wave.stop(from + LONG);
  }
}

/** Once for a notice, however many tabs there are. @param {number} id */
export function soundOnce(id) {
  if (!navigator.locks) return sound();
  void navigator.locks.request(`notice ${BASE}${id}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    sound();
    await new Promise((resolve) => setTimeout(resolve, HELD));
  });
}
