// The rows of the fleet: a host's head, and a container.

import { bar, spark } from './chart.js';
import { el, icon, setAttribute, setIcon, write } from './dom.js';
import { isInTrouble, isStale, shownState } from './fleet.js';
import { askMaintenance, maintenanceWords, windowsOf } from './quiet.js';
import { count, loss, memory, rtt, state, time } from './words.js';

export const containerHash = view => `#/containers/${encodeURIComponent(view.host)}/${encodeURIComponent(view.name)}`;

const cell = (className, ...children) => el('div', { className, role: 'cell' }, ...children);

/** State as icon and word. */
export function pill() {
  const glyph = icon('unknown');
  const word = el('span');
  const node = el('span', { className: 'pill' }, glyph, word);
  return {
    node,
    update(name) {
      const { word: text, tone } = state(name);
      setIcon(glyph, name);
      write(word, text);
      setAttribute(node, 'data-tone', tone);
    },
  };
}

/** What is wrong with a host itself, in words; empty when nothing is. */
export function warning(host) {
  const { status } = host;
  if (host.state === 'offline') return host.lastHeartbeat ? `offline since ${time(host.lastHeartbeat)}; what is shown is the last that was known` : 'offline; nothing is known of it yet';
  if (!status) return '';
  return [
    status.engine.answers ? '' : `the engine has been silent since ${time(status.engine.since)}: ${status.engine.silence}`,
    status.engine.noEvents ? `the engine tells no events, what happens is found up to some seconds later: ${status.engine.noEvents}` : '',
    status.prober.mode === 'off' ? `packet loss is not measured: ${status.prober.reason}` : '',
    status.storage.saved ? '' : `settings are not saved: ${status.storage.reason}`,
  ].filter(Boolean).join('. ');
}

export function hostRow() {
  const glyph = icon('host');
  const link = el('a');
  const counts = el('span', { className: 'dim' });
  const warn = el('span', { className: 'warn' });
  const quiet = el('span', { className: 'quiet' });
  let address = '';
  const maintain = el('button', { type: 'button', className: 'maintain', onclick: () => askMaintenance(address) });
  const node = el('div', { className: 'row host', role: 'row' },
    el('div', { className: 'whole', role: 'cell', 'aria-colspan': '8' }, el('h2', {}, glyph, link), counts, quiet, warn, maintain));
  return {
    node,
    update({ host, containers }) {
      const text = warning(host);
      const isOffline = host.state === 'offline';
      const trouble = containers.filter(isInTrouble).length;
      const restarts = containers.reduce((sum, container) => sum + container.view.restarts, 0);
      address = host.address;
      write(quiet, maintenanceWords(address));
      write(maintain, windowsOf(address).length ? 'End maintenance' : 'Maintenance');
      setAttribute(maintain, 'aria-label', `${maintain.textContent} of ${address}`);
      setIcon(glyph, isOffline ? 'offline' : 'host');
      write(link, host.address);
      link.href = `#/?host=${encodeURIComponent(host.address)}`;
      write(counts, [
        containers.length ? count(containers.length, 'container') : 'no containers',
        trouble ? `${trouble} in trouble` : '',
        restarts ? count(restarts, 'restart') : '',
        host.status && !host.status.supervised ? 'not supervised' : '',
        host.status && !isOffline && host.status.engine.answers ? `engine answers since ${time(host.status.engine.since)}` : '',
      ].filter(Boolean).join(' · '));
      write(warn, text);
      setAttribute(warn, 'title', text || null);
      setAttribute(node, 'data-tone', isOffline || (host.status && !host.status.engine.answers) ? 'bad' : text ? 'warn' : null);
    },
  };
}

export function containerRow() {
  const word = pill();
  const link = el('a', { className: 'open' });
  const image = el('span', { className: 'dim' });
  const why = cell('why', el('span'));
  const hour = bar();
  const lossChart = spark(100, 0);
  const lossText = el('span');
  const rttChart = spark(.5, .5);
  const rttText = el('span');
  const memoryText = cell('memory number');
  const restarts = cell('restarts number');
  const node = el('div', { className: 'row container', role: 'row' },
    cell('state', word.node),
    cell('name', link, image),
    why,
    cell('hour', hour.node),
    cell('loss number', lossChart.node, lossText),
    cell('rtt number', rttChart.node, rttText),
    memoryText,
    restarts);
  return {
    node,
    update({ container }) {
      const { view } = container;
      const name = shownState(container);
      const stale = isStale(container);
      word.update(name);
      setAttribute(node, 'data-tone', stale ? 'calm' : container.open && name === 'healthy' ? 'busy' : state(name).tone);
      setAttribute(node, 'data-stale', stale ? '' : null);
      write(link, view.name);
      setAttribute(link, 'href', containerHash(view));
      write(image, view.image);
      const details = view.staleSince ? `as of ${time(view.staleSince)}: ${view.details}` : view.details;
      write(why.firstChild, details);
      hour.update(container);
      lossChart.update(container.loss);
      rttChart.update(container.rtt);
      write(lossText, loss(view.packetLoss));
      write(rttText, rtt(view.rtt));
      write(memoryText, memory(view.memory));
      write(restarts, view.restarts ? `${view.restarts}` : '');
      setAttribute(lossText, 'data-tone', view.packetLoss > view.threshold ? 'bad' : view.packetLoss > 0 ? 'warn' : 'calm');
      setAttribute(rttText, 'data-tone', view.rtt >= 1 ? null : 'calm');
    },
  };
}
