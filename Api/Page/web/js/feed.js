// Reads GET /events and keeps on reading. By fetch and not by EventSource: that tells neither why it was refused nor that
// nothing has come for long, and what is shown must never look fresher than it is.

import { Problem, problemOf, signIn } from './api.js';

/** Longer than the server leaves the stream without a sign of life. */
const SILENCE = 25000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;
/** For so long a page that nobody sees keeps its stream: a browser has six connections to a node, for all its tabs together. */
const PATIENCE = 30000;

/** Splits what arrives into events. */
async function* parse(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf('\n\n')) >= 0) {
      const event = { name: 'message', id: null, data: '' };
      for (const line of text.slice(0, end).split('\n')) {
        const colon = line.indexOf(':');
        if (colon <= 0) continue;
        const content = line.slice(colon + 1).replace(/^ /, '');
        if (line.startsWith('event')) event.name = content;
        else if (line.startsWith('id')) event.id = content;
        else if (line.startsWith('data')) event.data += content;
      }
      text = text.slice(end + 2);
      yield event;
    }
    // Also what is only a sign of life.
    yield null;
  }
}

/** Ends the request that is under way. */
let ending = new AbortController();
/** Kept when somebody looks again; null while somebody does, or did a moment ago. */
let away = null;
let leaving = 0;

function attend() {
  clearTimeout(leaving);
  if (document.hidden) {
    leaving = setTimeout(() => {
      away = Promise.withResolvers();
      ending.abort();
    }, PATIENCE);
  } else {
    away?.resolve();
    away = null;
  }
}

/**
 * Reads for as long as the page is open and somebody looks at it.
 * @param on event(name, data) for what comes; state(kind, why) with kind live, lost (no connection), silent (the node answers, the controller does not) or paused (nobody looks).
 */
export async function follow(on) {
  document.addEventListener('visibilitychange', attend);
  attend();
  let wait = FIRST_WAIT;
  let last = null;
  for (;;) {
    if (away) {
      on.state('paused', '');
      await away.promise;
    }
    ending = new AbortController();
    let alarm = setTimeout(() => ending.abort(), SILENCE);
    try {
      const headers = { Accept: 'text/event-stream' };
      if (last) headers['Last-Event-ID'] = last;
      const reply = await fetch('events', { headers, cache: 'no-store', signal: ending.signal });
      if (reply.status === 401) return signIn();
      if (!reply.ok) throw await problemOf(reply);
      // Where we left off, or the server says otherwise at once.
      if (last) on.state('live', '');
      for await (const event of parse(reply.body)) {
        clearTimeout(alarm);
        alarm = setTimeout(() => ending.abort(), SILENCE);
        wait = FIRST_WAIT;
        if (!event) continue;
        last = event.id ?? last;
        if (event.data) on.event(event.name, JSON.parse(event.data));
      }
      on.state('lost', 'The connection ended.');
    } catch (e) {
      if (away) continue;
      if (e instanceof Problem) on.state(e.status === 503 ? 'silent' : 'lost', e.message);
      else on.state('lost', 'The node does not answer.');
    } finally {
      clearTimeout(alarm);
    }
    await new Promise(resolve => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}
