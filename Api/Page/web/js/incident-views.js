// Incidents: the list with filters, one with its evidence, and the parts that the container's view shows too.

import { get } from './api.js';
import { el, icon, setAttribute, show, write } from './dom.js';
import { historyGone, hosts, latestIncidents, subscribe } from './fleet.js';
import { ago, cause, causes, count, memory, outcome, outcomes, span, time } from './words.js';

const tones = { open: 'busy', recovered: 'good', quarantined: 'bad' };
const results = { done: 'done', refused: 'refused by the engine', unanswered: 'the engine did not answer' };

const link = (hash, text) => el('a', { href: hash }, text);
const hashOf = incident => `#/containers/${encodeURIComponent(incident.host)}/${encodeURIComponent(incident.container)}`;

export function outcomeBadge(incident) {
  return el('span', { className: 'pill', 'data-tone': tones[incident.outcome] ?? 'calm' },
    icon({ open: 'restarting', recovered: 'healthy', quarantined: 'quarantined', ignored: 'ignored', removed: 'gone' }[incident.outcome] ?? 'unknown'),
    el('span', {}, outcome(incident.outcome)));
}

const facts = pairs => el('dl', { className: 'facts' }, ...pairs.filter(([, value]) => value != null && value !== '').flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));

/** How long it took, in a sentence. */
export function speed(incident) {
  return [
    incident.timeToDetect == null ? '' : `noticed after ${span(incident.timeToDetect)}`,
    incident.timeToHeal == null ? '' : `running again after ${span(incident.timeToHeal)}`,
  ].filter(Boolean).join(', ');
}

/** What was done, what was found. */
export function evidence(incident) {
  const { capture } = incident;
  return el('div', { className: 'evidence' },
    facts([
      ['Evidence', incident.evidence],
      ['Down since', time(incident.downSince)],
      ['Noticed', `${time(incident.faultAt)}${incident.timeToDetect == null ? '' : `, after ${span(incident.timeToDetect)}`}`],
      ['Running again', incident.runningAgainAt ? `${time(incident.runningAgainAt)}${incident.timeToHeal == null ? '' : `, after ${span(incident.timeToHeal)}`}` : 'not yet'],
      ['Ended', incident.endedAt ? `${time(incident.endedAt)}: ${outcome(incident.outcome)}` : 'open'],
    ]),
    el('h3', {}, 'What was done'),
    incident.attempts?.length
      ? el('ol', { className: 'attempts' }, ...incident.attempts.map(attempt => el('li', {},
        el('b', {}, `${attempt.action === 'restart' ? 'Restart' : 'Start'} ${attempt.number}`), ` at ${time(attempt.at)}, because it ${cause(attempt.cause)} (${attempt.evidence}): `,
        attempt.outcome ? `${results[attempt.outcome] ?? attempt.outcome}${attempt.endedAt ? ` after ${span((Date.parse(attempt.endedAt) - Date.parse(attempt.at)) / 1000)}` : ''}${attempt.detail ? `, ${attempt.detail}` : ''}` : 'under way')))
      : el('p', { className: 'dim' }, incident.container ? 'Nothing was tried.' : 'A host heals nothing by a restart; it is waited for.'),
    capture && el('h3', {}, 'What was found before the restart'),
    capture && facts([
      ['Looked at', time(capture.at)],
      ['Exit code', capture.exitCode == null ? 'it still ran' : `${capture.exitCode}`],
      ['Out of memory', capture.outOfMemory ? 'yes, the kernel killed a process of it' : 'no'],
      ['Memory in use', memory(capture.memory)],
    ]),
    capture?.healthOutput && el('h4', {}, 'Its health check said'),
    capture?.healthOutput && el('pre', { tabIndex: 0 }, capture.healthOutput),
    capture && el('h4', {}, capture.log.length ? `Its last ${count(capture.log.length, 'line')}` : 'It had written nothing'),
    capture?.log.length ? el('pre', { tabIndex: 0, className: 'log', 'aria-label': 'Last lines of its output' }, capture.log.join('\n')) : null);
}

/** Why there is nothing to show. */
export const sorry = (problem, missing = 'This node keeps no history, or has none of this.') => el('p', { className: 'note' }, problem.status === 404 ? missing : problem.message);

/** One incident as a line; with its evidence behind it where isOpenable. */
export function incidentItem(incident, isOpenable) {
  const head = [
    el('span', { className: 'swatch', 'data-kind': incident.cause, 'aria-hidden': 'true' }),
    el('span', { className: 'what' }, el('b', {}, cause(incident.cause)), ` ${incident.evidence}`),
    outcomeBadge(incident),
    el('span', { className: 'dim when' }, el('time', { dateTime: incident.faultAt, title: time(incident.faultAt) }, ago(incident.faultAt)), [speed(incident), incident.attempts?.length > 1 ? count(incident.attempts.length, 'attempt') : ''].filter(Boolean).map(text => `, ${text}`).join('')),
  ];
  if (!isOpenable) {
    const who = incident.container ? [link(hashOf(incident), incident.container), el('span', { className: 'dim' }, ` on ${incident.host}`)] : [link(`#/?host=${encodeURIComponent(incident.host)}`, incident.host), el('span', { className: 'dim' }, ' (host)')];
    return el('li', { className: 'incident' }, el('span', { className: 'who' }, ...who), ...head, el('a', { className: 'more', href: `#/incidents/${incident.id}`, 'aria-label': `Evidence of ${incident.container ?? incident.host}, ${time(incident.faultAt)}` }, 'Evidence'));
  }
  const inside = el('div');
  const details = el('details', { className: 'incident' }, el('summary', {}, ...head), inside);
  details.addEventListener('toggle', async () => {
    if (!details.open || inside.firstChild) return;
    inside.append(el('p', { className: 'dim' }, 'Loading'));
    try {
      inside.replaceChildren(evidence(await get(`incidents/${incident.id}`)), el('p', {}, link(`#/incidents/${incident.id}`, 'This incident by itself')));
    } catch (e) {
      inside.replaceChildren(evidence(incident), sorry(e));
    }
  });
  return el('li', {}, details);
}

export function incidentsView(main, route) {
  let filters = route.params;
  let next = null;
  let load = 0;
  let known = '';
  const choice = (name, label, options) => el('select', { name, 'aria-label': label, onchange: event => set(name, event.target.value) }, ...options.map(([value, text]) => el('option', { value }, text)));
  const causeChoice = choice('cause', 'Cause', [['', 'All causes'], ...Object.entries(causes)]);
  const outcomeChoice = choice('outcome', 'Outcome', [['', 'All outcomes'], ...Object.entries(outcomes)]);
  const hostChoice = choice('host', 'Host', [['', 'All hosts']]);
  const container = el('input', { type: 'search', name: 'container', placeholder: 'Container', 'aria-label': 'Container by name or id', autocomplete: 'off', onchange: event => set('container', event.target.value.trim()) });
  const list = el('ul', { className: 'incidents' });
  const message = el('div', { role: 'status' });
  const more = el('button', { type: 'button', hidden: true, onclick: () => read(next) }, 'Show older ones');
  const fresh = el('button', { type: 'button', className: 'fresh', hidden: true, onclick: () => read(null) }, 'Something new happened: show it');
  main.replaceChildren(el('h1', {}, 'Incidents'), el('form', { className: 'filters', onsubmit: event => event.preventDefault() }, container, hostChoice, causeChoice, outcomeChoice), fresh, message, list, more);
  document.title = 'Incidents - HmsOrleans';

  function set(name, value) {
    if (value) filters.set(name, value); else filters.delete(name);
    const query = filters.toString();
    history.replaceState(null, '', `#/incidents${query && '?' + query}`);
    read(null);
  }

  const newest = () => latestIncidents()[0]?.id ?? '';

  async function read(before) {
    const mine = ++load;
    const query = new URLSearchParams(filters);
    query.set('limit', '50');
    if (before) query.set('before', before);
    fresh.hidden = true;
    try {
      const page = await get(`incidents?${query}`);
      if (mine !== load) return;
      const items = page.incidents.map(incident => incidentItem(incident, false));
      if (before) list.append(...items); else list.replaceChildren(...items);
      next = page.next;
      if (!before) known = [page.incidents[0]?.id ?? '', newest()].sort()[1];
      message.replaceChildren(...list.children.length ? [] : [el('p', { className: 'empty' }, filters.size ? 'No incident fits.' : 'Nothing has gone wrong yet.')]);
      if (before) items[0]?.querySelector('a').focus();
    } catch (e) {
      if (mine !== load) return;
      message.replaceChildren(sorry(e));
      next = null;
    }
    show(more, Boolean(next));
  }

  function fill() {
    container.value = filters.get('container') ?? '';
    causeChoice.value = filters.get('cause') ?? '';
    outcomeChoice.value = filters.get('outcome') ?? '';
  }
  const unsubscribe = subscribe(() => {
    const addresses = [...hosts.keys()].sort();
    if (hostChoice.options.length !== addresses.length + 1) {
      hostChoice.replaceChildren(el('option', { value: '' }, 'All hosts'), ...addresses.map(address => el('option', { value: address }, address)));
    }
    if (document.activeElement !== hostChoice) hostChoice.value = filters.get('host') ?? '';
    // What the page reads of the last hour as it starts is not new.
    if (historyGone === undefined) known = [known, newest()].sort()[1];
    else if (newest() > known) list.children.length ? show(fresh, true) : read(null);
  });
  fill();
  read(null);
  return {
    name: 'incidents',
    keys: { '/': () => container.focus() },
    update(to) { filters = to.params; fill(); read(null); },
    close: unsubscribe,
  };
}

export function incidentView(main, { parts: [id] }) {
  const title = el('h1', {}, 'Incident');
  const badge = el('span');
  const sub = el('p', { className: 'dim' });
  const body = el('div', { className: 'card' }, el('p', { className: 'dim' }, 'Loading'));
  main.replaceChildren(el('p', {}, el('a', { className: 'back', href: '#/incidents' }, icon('back'), 'Incidents')), el('div', { className: 'title' }, title, badge), sub, body);
  let revision = -1, isClosed = false;

  async function read() {
    try {
      const incident = await get(`incidents/${encodeURIComponent(id)}`);
      if (isClosed) return;
      revision = incident.revision;
      write(title, `${incident.container ?? incident.host} ${cause(incident.cause)}`);
      document.title = `${title.textContent} - HmsOrleans`;
      badge.replaceChildren(outcomeBadge(incident));
      sub.replaceChildren(...incident.container
        ? [link(hashOf(incident), `${incident.container}`), ` (${incident.image}) on `, link(`#/?host=${encodeURIComponent(incident.host)}`, incident.host), `, ${ago(incident.faultAt)}`]
        : ['Host ', link(`#/?host=${encodeURIComponent(incident.host)}`, incident.host), `, ${ago(incident.faultAt)}`]);
      body.replaceChildren(el('h2', {}, 'What happened'), evidence(incident));
    } catch (e) {
      if (!isClosed) body.replaceChildren(el('p', { className: 'note' }, e.message));
    }
  }
  read();
  // It goes on while one looks.
  const unsubscribe = subscribe(() => {
    const live = latestIncidents().find(incident => incident.id === id);
    if (revision >= 0 && live && live.revision > revision) {
      revision = live.revision;
      read();
    }
  });
  setAttribute(body, 'aria-live', 'polite');
  return { name: 'incidents', close() { isClosed = true; unsubscribe(); } };
}
