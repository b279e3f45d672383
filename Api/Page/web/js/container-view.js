// One container: how it is, how it was, why, and what can be done.

import { containerPath, get, oneAtATime, send } from './api.js';
import { availabilityCards } from './availability.js';
import { bar, legend, scale, spark } from './chart.js';
import { confirmDialog } from './dialogs.js';
import { el, icon, keeper, place, setAttribute, show, write } from './dom.js';
import { connection, find, historyGone, hosts, incidentsOf, shownState, subscribe } from './fleet.js';
import { incidentDetails, sorry } from './incident-views.js';
import { askMute, maintenanceWords, muteOf, muteWords } from './quiet.js';
import { pill, warning } from './rows.js';
import { cause, loss, memory, plain, rtt, span, state, time } from './words.js';

const sources = { default: 'by default', fleet: 'set for the fleet', host: 'set for its host', label: 'by its label', container: 'set for it' };

/** The last window of probes to each of its addresses. */
function probes({ probes: windows, notProbed }) {
  if (!windows?.length) return notProbed ? [el('p', { className: 'dim' }, `Not probed: ${notProbed}.`)] : [];
  const head = ['Probes to', 'Sent', 'Lost', 'Round trip', 'Window closed'];
  return [el('table', { className: 'probes' },
    el('caption', {}, 'Last window of probes'),
    el('thead', {}, el('tr', {}, ...head.map(text => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...windows.map(({ address, at, sent, lost, rtt: trip }) => el('tr', {},
      el('th', { scope: 'row' }, address), el('td', {}, `${sent}`), el('td', { 'data-tone': lost ? 'bad' : null }, `${lost}${sent ? ` (${loss(lost / sent * 100)})` : ''}`),
      el('td', {}, rtt(trip) || '–'), el('td', {}, time(at))))))];
}

function explanation({ rule, since, next, policy, facts }) {
  return el('div', { className: 'explanation' },
    el('p', { className: 'rule' }, rule, since ? el('span', { className: 'dim' }, ` So since ${time(since)}.`) : ''),
    next?.length ? el('h3', {}, 'What happens next') : null,
    next?.length ? el('ul', {}, ...next.map(step => el('li', {}, `${step.text}${step.at ? ` (at ${time(step.at)})` : ''}`))) : null,
    ...probes(facts),
    el('p', { className: 'dim small' }, [
      `threshold ${policy.threshold} % ${sources[policy.thresholdBy] ?? ''}`, `restart ${plain(policy.restart)} ${sources[policy.restartBy] ?? ''}`,
      `${policy.failedRecoveries} of ${policy.quarantineAfter} failed recoveries within ${span(policy.quarantineWindow)}`, `engine's own policy: ${facts.enginePolicy}`,
    ].join(' · ')));
}

export function containerView(main, { parts: [host, name] }) {
  const path = containerPath(host, name);
  const word = pill();
  const title = el('h1', {}, name);
  const details = el('p', { className: 'details', role: 'status' });
  const warn = el('p', { className: 'note', hidden: true });
  const quiet = el('p', { className: 'quiet', role: 'status', hidden: true }, icon('muted'), el('span'));
  const hour = bar();
  const clock = scale();
  const charts = [['Packet loss', loss, 'packetLoss', 100, 0, 'loss'], ['Round trip', rtt, 'rtt', .5, .5, 'rtt'], ['Memory', memory, 'memory', 1, 0, 'memory']].map(([label, format, field, least, quiet, series]) => {
    const picture = spark(least, quiet, 240, 40);
    const number = el('b');
    return {
      node: el('div', { className: 'figure chart', 'data-series': series }, el('h3', {}, label), number, picture.node),
      update(container) {
        picture.update(container[series]);
        setAttribute(picture.node, 'hidden', container[series].some(value => value != null) ? null : '');
        write(number, format(container.view[field]) || 'not measured');
        setAttribute(number, 'data-tone', container.view[field] == null ? 'calm' : null);
      },
    };
  });
  const facts = el('dl', { className: 'facts' });
  const availability = el('div', { className: 'figures' });
  const why = el('div');
  const list = el('ul', { className: 'incidents timeline' });
  const none = el('p', { className: 'dim', hidden: true });
  const linesOf = keeper(incidentDetails);
  const older = el('p', { hidden: true }, el('a', { href: `#/incidents?host=${encodeURIComponent(host)}&container=${encodeURIComponent(name)}` }, 'All its incidents'));
  const missing = el('p', { className: 'empty', hidden: true });
  const supervise = el('button', { type: 'button' });
  const mute = el('button', { type: 'button', onclick: () => askMute(container.view) });
  const actions = el('div', { className: 'actions' },
    el('button', { type: 'button', onclick: askRestart }, 'Restart now'),
    el('button', { type: 'button', onclick: askThreshold }, 'Threshold'),
    mute, supervise);
  const body = el('div', { hidden: true },
    el('div', { className: 'title' }, title, word.node, actions), details, warn, quiet,
    el('div', { className: 'sides' },
      el('div', {},
        el('section', { className: 'card' }, el('h2', {}, 'Why it is in this state'), why),
        el('section', { className: 'card' }, el('h2', {}, 'Last hour'), hour.node, clock.node, legend()),
        el('section', { className: 'card' }, el('h2', {}, 'Incidents'), none, list, older)),
      el('div', {},
        el('section', { className: 'card' }, el('h2', {}, 'Availability'), availability),
        el('section', { className: 'card' }, el('h2', {}, 'Now'), el('div', { className: 'figures' }, ...charts.map(chart => chart.node))),
        el('section', { className: 'card' }, el('h2', {}, 'Facts'), facts))));
  main.replaceChildren(el('p', {}, el('a', { className: 'back', href: '#/' }, icon('back'), 'Fleet')), missing, body);
  document.title = `${name} - HmsOrleans`;

  let container = null, incidents = [], isClosed = false, seenState = '', seenIncident = '';

  function askRestart() {
    confirmDialog({
      title: `Restart ${name}?`, text: el('p', {}, `${name} on ${host} is stopped as it wishes to be stopped, and started again. Whoever uses it notices.`),
      action: 'Restart now', isHarm: true, act: () => send('POST', `${path}/restart`), done: `${name} is being restarted.`,
    });
  }

  function askThreshold() {
    const input = el('input', { type: 'number', name: 'threshold', min: 0, max: 100, step: 'any', value: `${container.view.threshold}`, required: true });
    const own = el('input', { type: 'checkbox', name: 'none', onchange: () => { input.disabled = own.checked; } });
    confirmDialog({
      title: `Threshold of ${name}`, text: el('p', {}, 'Percent of lost packets above which it is restarted. 100 switches that off.'), action: 'Set threshold',
      fields: [el('label', {}, 'Percent', input), el('label', { className: 'check' }, own, 'None of its own: its label, its host or the fleet decides')],
      act: form => send('POST', path, { threshold: form.has('none') ? null : Number(form.get('threshold')) }), done: `The threshold of ${name} is set.`,
    });
  }

  function askSupervision() {
    const isIgnored = container.view.health === 'ignored';
    const isGivenUp = container.view.health === 'quarantined';
    confirmDialog(isIgnored || isGivenUp
      ? { title: isGivenUp ? `Try ${name} again?` : `Supervise ${name}?`, text: el('p', {}, 'Earlier failures are forgiven, and it is started if it is stopped.'), action: isGivenUp ? 'Try again' : 'Supervise', act: () => send('PUT', path), done: `${name} is under supervision.` }
      : { title: `Ignore ${name}?`, text: el('p', {}, 'It goes on running, but nobody heals it any more, also after a restart of the node.'), action: 'Ignore', isHarm: true, act: () => send('DELETE', path), done: `${name} is ignored.` });
  }
  supervise.addEventListener('click', askSupervision);

  const load = (part, node, draw) => oneAtATime(async () => {
    try {
      const value = await get(`${path}/${part}`);
      if (!isClosed) node.replaceChildren(...draw(value));
    } catch (e) {
      if (!isClosed) node.replaceChildren(sorry(e));
    }
  });
  const loadWhy = load('explanation', why, value => [explanation(value)]);
  const loadAvailability = load('availability', availability, availabilityCards);

  const loadIncidents = oneAtATime(async () => {
    try {
      const page = await get(`incidents?host=${encodeURIComponent(host)}&container=${encodeURIComponent(name)}&limit=20`);
      incidents = page.incidents;
      write(none, incidents.length ? '' : 'Nothing has gone wrong yet.');
      show(older, Boolean(page.next));
    } catch (e) {
      write(none, e.message);
    }
    show(none, Boolean(none.textContent));
    if (!isClosed) draw();
  });

  const draw = () => place(list, linesOf(incidents.map(incident => [incident.id, incident])));

  function update() {
    container = find(host, name);
    show(body, Boolean(container));
    show(missing, !container && connection.kind !== 'connecting');
    write(missing, `There is no container ${name} on ${host} now.`);
    if (!container) return;
    const { view } = container;
    word.update(shownState(container));
    write(details, `${view.details}${view.staleSince ? ` (as of ${time(view.staleSince)})` : ''}`);
    const trouble = hosts.get(host) ? warning(hosts.get(host)) : '';
    write(warn, trouble && `Its host: ${trouble}.`);
    show(warn, Boolean(trouble));
    const silence = [muteWords(muteOf(view)), maintenanceWords(host)].filter(Boolean).join(', ');
    write(quiet.lastChild, silence && `Nobody is told of it: ${silence}.`);
    show(quiet, Boolean(silence));
    write(mute, muteOf(view) ? 'Unmute' : 'Mute notifications');
    charts.forEach(chart => chart.update(container));
    hour.update(container);
    clock.update();
    draw();
    write(supervise, view.health === 'ignored' ? 'Supervise' : view.health === 'quarantined' ? 'Try again' : 'Ignore');
    const pairs = [
      ['Image', view.image], ['Host', view.host], ['Id', view.id], ['Addresses', view.addresses.join(', ') || 'none of its own'], ['Engine says', plain(view.containerState)],
      ['Service', plain(view.serviceState)], ['Threshold', `${view.threshold} %`], ['Restarts', `${view.restarts} since the node came up`],
      ['Last fault', view.lastFault ? `${time(view.lastFault.at)}: ${cause(view.lastFault.cause)}, ${view.lastFault.evidence}` : 'none'], ['State', state(view.health).tells],
    ];
    if (facts.children.length !== pairs.length * 2) facts.replaceChildren(...pairs.flatMap(([label]) => [el('dt', {}, label), el('dd')]));
    pairs.forEach(([, value], i) => write(facts.children[i * 2 + 1], value));
    setAttribute(body, 'data-stale', view.staleSince || connection.kind !== 'live' ? '' : null);

    const stateNow = `${view.health} ${view.details} ${view.threshold} ${Math.round(view.packetLoss)}`;
    if (stateNow !== seenState) {
      seenState = stateNow;
      loadWhy();
    }
    const latest = incidentsOf(container)[0];
    const incidentNow = `${latest?.id} ${latest?.revision} ${historyGone ?? ''}`;
    if (incidentNow !== seenIncident) {
      seenIncident = incidentNow;
      loadIncidents();
      loadAvailability();
    }
  }

  const unsubscribe = subscribe(update);
  return { name: 'fleet', close() { isClosed = true; unsubscribe(); } };
}
