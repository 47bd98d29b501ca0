import { html, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import type { Texts } from '../strings/texts.ts';

const WORDS = { connecting: 'connecting', live: 'live', 'catching-up': 'catchingUp' } as const;

/** What the live state is called, for a screen that may be paused. */
export function liveWords(state: LiveState, updates: 'paused' | 'running', { say, numbers }: Texts): string {
  if (updates === 'paused') return say('paused');
  return state.kind === 'offline' ? say('offlineSince', { time: numbers.time(state.since) }) : say(WORDS[state.kind]);
}

/** The live state as a button that pauses and resumes (ux.md 2.2). Shape and words carry it, not colour alone. */
export function liveBadge(
  state: LiveState,
  updates: 'paused' | 'running',
  texts: Texts,
  toggle: () => void,
): TemplateResult {
  const words = liveWords(state, updates, texts);
  const act = texts.say(updates === 'paused' ? 'resumeLive' : 'pauseLive');
  return html`<button class="button live" type="button" part="button live" aria-pressed=${String(updates === 'paused')}
    aria-label=${`${words}. ${act}`} title=${act} @click=${toggle}
    ><span class="dot is-${updates === 'paused' ? 'paused' : state.kind}"></span><span class="words">${words}</span></button>`;
}
