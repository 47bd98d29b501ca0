import { html, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import type { Texts } from '../strings/texts.ts';

const WORDS = { connecting: 'connecting', live: 'live', 'catching-up': 'catchingUp' } as const;

/** The live state as a button that pauses and resumes (ux.md 2.2). Shape and words carry it, not colour alone. */
export function liveBadge(
  { kind, since }: LiveState,
  updates: 'paused' | 'running',
  { say, numbers }: Texts,
  use: (event: Event) => void,
): TemplateResult {
  const isPaused = updates === 'paused';
  const now = kind === 'offline' ? say('offlineSince', { time: numbers.time(since) }) : say(WORDS[kind]);
  const words = isPaused ? say('paused') : now;
  const act = say(isPaused ? 'resumeLive' : 'pauseLive');
  return html`<button class="button live" name="pause" type="button" part="button live" aria-pressed=${isPaused}
    aria-label=${`${words}. ${act}`} title=${act} @click=${use}><span class="dot is-${isPaused ? 'paused' : kind}"></span><span class="words">${words}</span></button>`;
}
