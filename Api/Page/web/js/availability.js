// How available a container or a host was: a card for each time that is looked back on.

import { el } from './dom.js';
import { count, percent, span } from './words.js';

const windows = { '1h': 'Last hour', '24h': 'Last day', '7d': 'Last week', '30d': 'Last 30 days' };

function availabilityCard({ window, availability, observed, incidents, restarts, timeToHeal }) {
  return el('div', { className: 'figure', 'data-tone': availability == null ? 'calm' : availability >= 99.9 ? 'good' : availability >= 99 ? 'warn' : 'bad' },
    el('h3', {}, windows[window] ?? window),
    el('b', {}, percent(availability)),
    el('p', { className: 'dim' }, observed ? [count(incidents, 'incident'), restarts ? count(restarts, 'restart') : '', timeToHeal == null ? '' : `healed in ${span(timeToHeal)} on average`].filter(Boolean).join(', ') : 'not watched in that time'));
}

export const availabilityCards = ({ windows: all }) => all.map(availabilityCard);
