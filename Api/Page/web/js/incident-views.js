// Incidents: the list with filters, one with its evidence, and the lines that the container's view shows too.

import { get } from './api.js';
import { el, icon, keeper, place, show, write } from './dom.js';
import { evidence, figures, outcomeBadge } from './evidence.js';
import { historyGone, hosts, incidentOf, newestIncident, subscribe } from './fleet.js';
import { ago, cause, causes, hour, outcomes, time } from './words.js';

/** Milliseconds after which a list that could not be read is asked for again, doubled each time. */
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 60000;

const link = (hash, text) => el('a', { href: hash }, text);
const hashOf = incident => `#/containers/${encodeURIComponent(incident.host)}/${encodeURIComponent(incident.container)}`;

/** Why there is nothing to show. */
export const sorry = problem => el('p', { className: 'note' }, problem.message);

/** What a line says of an incident. */
function line(incident) {
  const badge = el('span', { className: 'how' });
  const when = el('time', { className: 'dim when', dateTime: incident.faultAt, title: time(incident.faultAt) });
  const numbers = figures(incident).slice(0, 3).map(([name]) => ({ name, value: el('span') }));
  const took = numbers.map(({ name, value }) => el('span', { className: 'took', 'data-figure': name.toLowerCase() }, el('span', { className: 'label dim' }, `${name} `), value));
  let drawn = -1;
  return {
    nodes: [
      el('span', { className: 'swatch', 'data-kind': incident.cause, 'aria-hidden': 'true' }),
      el('span', { className: 'what' }, el('b', {}, cause(incident.cause)), ` ${incident.evidence}`),
      badge, when, ...took,
    ],
    update(now) {
      write(when, ago(now.faultAt));
      if (drawn === now.revision) return;
      drawn = now.revision;
      badge.replaceChildren(outcomeBadge(now));
      figures(now).slice(0, 3).forEach(([, value], i) => write(numbers[i].value, value || '–'));
    },
  };
}

/** An incident as a line that leads to its evidence. */
function incidentLine(incident) {
  const { nodes, update } = line(incident);
  const who = incident.container ? [link(hashOf(incident), incident.container), el('span', { className: 'dim' }, ` on ${incident.host}`)] : [link(`#/?host=${encodeURIComponent(incident.host)}`, incident.host), el('span', { className: 'dim' }, ' (host)')];
  return {
    node: el('li', { className: 'incident' }, el('span', { className: 'who' }, ...who), ...nodes,
      el('a', { className: 'more', href: `#/incidents/${incident.id}`, 'aria-label': `Evidence of ${incident.container ?? incident.host}, ${time(incident.faultAt)}` }, 'Evidence')),
    update,
  };
}

/** An incident as a line with the evidence behind it, which is read when somebody wants to see it. */
export function incidentDetails(first) {
  const { nodes, update } = line(first);
  const inside = el('div');
  const details = el('details', { className: 'incident' }, el('summary', {}, ...nodes), inside);
  const shown = evidence();
  let incident = first, read = null;
  async function fill() {
    if (!details.open) return;
    shown.update(incident);
    if (!inside.firstChild) inside.replaceChildren(shown.node, el('p', {}, link(`#/incidents/${incident.id}`, 'This incident by itself')));
    // Lists do not have what was found, which may come a moment later.
    if (read?.capture || read?.revision === incident.revision) return;
    read = { revision: incident.revision };
    inside.querySelector('.note')?.remove();
    try {
      read = await get(`incidents/${incident.id}`);
      shown.update(read.revision > incident.revision ? read : { ...incident, capture: read.capture });
    } catch (e) {
      inside.append(sorry(e));
    }
  }
  details.addEventListener('toggle', () => {
    if (!read?.capture) read = null;
    fill();
  });
  return {
    node: el('li', {}, details),
    update(now) {
      incident = now;
      update(now);
      fill();
    },
  };
}

export function incidentsView(main, route) {
  let filters = route.params;
  let next = null;
  let load = 0;
  let isReading = false, wait = FIRST_WAIT, notBefore = 0, hasFailed = false;
  let known = '';
  const shown = new Map();
  const choice = (name, label, options) => el('select', { name, 'aria-label': label, onchange: event => set(name, event.target.value) }, ...options.map(([value, text]) => el('option', { value }, text)));
  const causeChoice = choice('cause', 'Cause', [['', 'All causes'], ...Object.entries(causes)]);
  const outcomeChoice = choice('outcome', 'Outcome', [['', 'All outcomes'], ...Object.entries(outcomes)]);
  const hostChoice = choice('host', 'Host', [['', 'All hosts']]);
  const container = el('input', { type: 'search', name: 'container', placeholder: 'Container', 'aria-label': 'Container by name or id', autocomplete: 'off', onchange: event => set('container', event.target.value.trim()) });
  const anyTime = el('button', { type: 'button', hidden: true, onclick: () => { filters.delete('to'); set('from', ''); container.focus(); } });
  const head = el('div', { className: 'incident head dim', 'aria-hidden': 'true' },
    ...['Container', '', 'What happened', 'Outcome', 'When', 'Detected', 'Healed', 'Attempts', ''].map(text => el('span', {}, text)));
  const list = el('ul', { className: 'incidents' });
  const table = el('div', { className: 'card log-book', hidden: true }, head, list);
  const message = el('div', { role: 'status' });
  const more = el('button', { type: 'button', className: 'older', hidden: true, onclick: () => read(next) }, 'Show older ones');
  const fresh = el('button', { type: 'button', className: 'fresh', hidden: true, onclick: () => read(null) }, 'Something new happened: show it');
  main.replaceChildren(el('h1', {}, 'Incidents'), el('form', { className: 'filters', onsubmit: event => event.preventDefault() }, container, hostChoice, causeChoice, outcomeChoice, anyTime), fresh, message, table, more);
  document.title = 'Incidents - HmsOrleans';
  const lines = keeper(incidentLine);

  function set(name, value) {
    if (value) filters.set(name, value); else filters.delete(name);
    const query = filters.toString();
    history.replaceState(null, '', `#/incidents${query && '?' + query}`);
    fill();
    read(null);
  }

  function draw() {
    place(list, lines([...shown].map(([id, incident]) => [id, incident])));
    show(table, shown.size > 0);
  }

  async function read(before) {
    const mine = ++load;
    const query = new URLSearchParams(filters);
    query.set('limit', '50');
    if (before) query.set('before', before);
    fresh.hidden = true;
    // What is newer than that is news.
    if (!before) known = newestIncident();
    isReading = true;
    try {
      const page = await get(`incidents?${query}`);
      if (mine !== load) return;
      if (!before) shown.clear();
      for (const incident of page.incidents) shown.set(incident.id, incident);
      next = page.next;
      if (!before) known = [page.incidents[0]?.id ?? '', known].sort()[1];
      message.replaceChildren(...shown.size ? [] : [el('p', { className: 'empty' }, filters.size ? 'No incident fits.' : 'Nothing has gone wrong yet.')]);
      draw();
      if (before) list.children[shown.size - page.incidents.length]?.querySelector('a').focus();
      hasFailed = false;
      wait = FIRST_WAIT;
    } catch (e) {
      if (mine !== load) return;
      message.replaceChildren(sorry(e));
      hasFailed = !before;
      notBefore = Date.now() + wait;
      wait = Math.min(wait * 2, LONGEST_WAIT);
    } finally {
      if (mine === load) isReading = false;
    }
    show(more, Boolean(next));
  }

  function fill() {
    container.value = filters.get('container') ?? '';
    causeChoice.value = filters.get('cause') ?? '';
    outcomeChoice.value = filters.get('outcome') ?? '';
    const from = Date.parse(filters.get('from'));
    show(anyTime, from > 0);
    anyTime.replaceChildren(`At ${from > 0 ? hour(from) : ''} UTC`, icon('close'));
    anyTime.setAttribute('aria-label', `${anyTime.textContent}. Show those of any time`);
  }
  const unsubscribe = subscribe(() => {
    const addresses = [...hosts.keys()].sort();
    if (hostChoice.options.length !== addresses.length + 1) {
      hostChoice.replaceChildren(el('option', { value: '' }, 'All hosts'), ...addresses.map(address => el('option', { value: address }, address)));
    }
    if (document.activeElement !== hostChoice) hostChoice.value = filters.get('host') ?? '';
    for (const [id, { revision }] of shown) if (incidentOf(id)?.revision > revision) shown.set(id, incidentOf(id));
    draw();
    if (isReading || Date.now() < notBefore) return;
    // What the page reads of the last hour as it starts is not new.
    if (historyGone === undefined) known = [known, newestIncident()].sort()[1];
    else if (hasFailed) read(null);
    else if (newestIncident() > known) shown.size ? show(fresh, true) : read(null);
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
  const badge = el('span', { role: 'status' });
  const sub = el('p', { className: 'dim' });
  const message = el('p', { className: 'dim' }, 'Loading');
  const shown = evidence();
  const body = el('div', { className: 'card' }, message);
  main.replaceChildren(el('p', {}, el('a', { className: 'back', href: '#/incidents' }, icon('back'), 'Incidents')), el('div', { className: 'title' }, title, badge), sub, body);
  let incident = null, isClosed = false;

  function draw(now) {
    if (!incident) {
      const host = link(`#/?host=${encodeURIComponent(now.host)}`, now.host);
      sub.replaceChildren(...now.container ? [link(hashOf(now), now.container), ` (${now.image}) on `, host] : ['Host ', host], ', ', el('time', { dateTime: now.faultAt, title: time(now.faultAt) }, ago(now.faultAt)));
      body.replaceChildren(el('h2', {}, 'What happened'), shown.node);
    }
    incident = now;
    shown.update(now);
    write(title, `${now.container ?? now.host} ${cause(now.cause)}`);
    document.title = `${title.textContent} - HmsOrleans`;
    badge.replaceChildren(outcomeBadge(now));
  }

  async function read() {
    try {
      const now = await get(`incidents/${encodeURIComponent(id)}`);
      if (!isClosed) draw(now);
    } catch (e) {
      if (!isClosed && !incident) body.replaceChildren(sorry(e));
    }
  }
  read();
  // It goes on while one looks. What was found may come a moment later.
  const unsubscribe = subscribe(() => {
    if (!incident) return;
    const live = incidentOf(id);
    write(sub.lastChild, ago(incident.faultAt));
    if (!(live?.revision > incident.revision)) return;
    const { capture } = incident;
    draw({ ...live, capture });
    if (!capture) read();
  });
  return { name: 'incidents', close() { isClosed = true; unsubscribe(); } };
}
