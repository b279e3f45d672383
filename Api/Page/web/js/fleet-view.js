// The fleet: how it is in a sentence, filters, and a row for each container.

import { get } from './api.js';
import { availabilityCards } from './availability.js';
import { legend } from './chart.js';
import { el, icon, keeper, place, setAttribute, show, write } from './dom.js';
import { connection, containers, historyGone, hosts, isInTrouble, rank, shownState, structure, subscribe } from './fleet.js';
import { virtualList } from './list.js';
import { containerRow, hostRow, warning } from './rows.js';
import { count, state, states } from './words.js';

const byText = new Intl.Collator('en', { numeric: true }).compare;
const byName = (a, b) => byText(a.view.name, b.view.name);
const worst = container => container.view.packetLoss ?? -1;

/** Hosts with containers in trouble first, then those that are in trouble themselves. */
const trouble = ([address, [first]]) => {
  const host = hosts.get(address);
  const own = host.state === 'offline' ? 3.5 : host.status && !host.status.engine.answers ? 3.6 : 9;
  return Math.min(own, first ? rank(first) : 9);
};

/** How containers are compared, and, where that differs from their first containers, the place of a host's section. */
const orders = {
  trouble: { label: 'Trouble first', compare: (a, b) => rank(a) - rank(b) || byName(a, b), place: trouble },
  name: { label: 'Name', compare: byName, place: () => 0 },
  loss: { label: 'Loss', compare: (a, b) => worst(b) - worst(a) || byName(a, b) },
  restarts: { label: 'Restarts', compare: (a, b) => b.view.restarts - a.view.restarts || byName(a, b) },
};

const scale = () => [el('span', { 'aria-hidden': 'true' }, '1 h ago'), el('span', {}, 'Last hour'), el('span', { 'aria-hidden': 'true' }, 'now')];

const columns = [['State', 'trouble'], ['Container', 'name'], ['Why'], ['Last hour'], ['Loss', 'loss'], ['Round trip'], ['Memory'], ['Restarts', 'restarts']];

/** Rows have fixed heights, which fleet.css knows too: so many rem, on a phone and elsewhere. */
const phone = matchMedia('(max-width: 52rem)');
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const kinds = {
  host: { height: () => (phone.matches ? 4.5 : 3.25) * rem(), make: hostRow },
  container: { height: () => (phone.matches ? 8.25 : 3.25) * rem(), make: containerRow },
};

function headline(all) {
  const offline = [...hosts.values()].filter(host => host.state === 'offline').length;
  const ill = all.filter(isInTrouble).length;
  const unknown = all.filter(container => shownState(container) === 'unknown').length;
  const off = offline ? count(offline, 'host is offline', 'hosts are offline') : '';
  if (!connection.at) return ['calm', connection.kind === 'connecting' ? 'Loading the fleet' : 'The fleet is not known yet', ''];
  if (!all.length) return [offline ? 'bad' : 'calm', off || 'No containers yet', hosts.size ? count(hosts.size, 'host') : 'No host is under supervision yet.'];
  const sub = `${count(all.length, 'container')} on ${count(hosts.size, 'host')}${unknown ? `, ${unknown} not known` : ''}`;
  if (ill) return ['bad', `${ill} of ${all.length} in trouble${off && `, ${off}`}`, sub];
  if (offline) return ['bad', off[0].toUpperCase() + off.slice(1), sub];
  return [[...hosts.values()].some(warning) ? 'warn' : 'good', unknown ? 'No trouble that we know of' : 'All is well', sub];
}

export function fleetView(main, route) {
  let filters = route.params;
  let held = false;
  let drawn = '';

  const glyph = icon('healthy');
  const title = el('h1');
  const sub = el('p', { className: 'dim' });
  const search = el('input', { type: 'search', id: 'search', placeholder: 'Search name, image, why', autocomplete: 'off', spellcheck: false, 'aria-label': 'Search containers', 'aria-keyshortcuts': '/' });
  const hostChoice = el('select', { 'aria-label': 'Host' });
  const orderChoice = el('select', { 'aria-label': 'Order' }, ...Object.entries(orders).map(([value, { label }]) => el('option', { value }, label)));
  const chips = el('div', { className: 'chips', role: 'group', 'aria-label': 'Filter by state' });
  const note = el('p', { className: 'note', hidden: true });
  const empty = el('p', { className: 'empty', hidden: true });
  const availability = el('section', { className: 'figures', 'aria-label': 'Availability of the host', hidden: true });
  const heads = columns.map(([label, order]) => el('div', { role: 'columnheader', className: label.toLowerCase().replace(' ', '-') },
    ...order ? [el('button', { type: 'button', onclick: () => set('sort', order) }, label)] : label === 'Last hour' ? scale() : [label]));
  const body = el('div', { className: 'rows', role: 'rowgroup' });
  const table = el('div', { className: 'table', role: 'table', 'aria-label': 'Containers' },
    el('div', { role: 'rowgroup', className: 'head' }, el('div', { role: 'row', className: 'row', 'aria-rowindex': '1' }, ...heads)), body);
  main.replaceChildren(
    el('section', { className: 'summary' },
      el('div', { className: 'headline' }, glyph, el('div', { role: 'status' }, title, sub)),
      el('form', { className: 'filters', role: 'search', onsubmit: event => { event.preventDefault(); step(1); } },
        el('span', { className: 'searchbox' }, icon('search'), search), hostChoice, orderChoice),
      el('div', { className: 'below' }, chips, legend())),
    availability, note, table, empty);

  const list = virtualList(body, kinds, 2);
  const chipsOf = keeper(({ name }) => {
    const number = el('b');
    const node = el('button', { type: 'button', className: 'chip', 'data-tone': state(name).tone, title: state(name).tells, onclick: () => toggle(name) }, icon(name), el('span', {}, state(name).word), number);
    return { node, update({ number: n, on }) { write(number, `${n}`); setAttribute(node, 'aria-pressed', `${on}`); } };
  });
  const optionsOf = keeper(() => {
    const node = el('option');
    return { node, update({ value, label }) { node.value = value; write(node, label); } };
  });

  const chosen = () => (filters.get('state') ?? '').split(',').filter(name => name in states);
  const order = () => orders[filters.get('sort')] ? filters.get('sort') : 'trouble';

  function set(name, value) {
    const isDefault = !value || (name === 'sort' && value === 'trouble');
    if (isDefault) filters.delete(name); else filters.set(name, value);
    const query = filters.toString().replaceAll('%2C', ',');
    history.replaceState(null, '', `#/${query && '?' + query}`);
    update();
  }

  const toggle = name => set('state', (chosen().includes(name) ? chosen().filter(one => one !== name) : [...chosen(), name]).join(','));

  search.addEventListener('input', () => set('q', search.value));
  hostChoice.addEventListener('change', () => set('host', hostChoice.value));
  orderChoice.addEventListener('change', () => set('sort', orderChoice.value));
  // A row must not move away from under a finger.
  const hold = () => { held = true; };
  const release = () => { if (held) { held = false; drawn = ''; update(); } };
  body.addEventListener('pointerdown', hold);
  addEventListener('pointerup', release);
  addEventListener('pointercancel', release);

  let shownHost = '';

  /** Of one host that was chosen, how available its containers were. */
  async function showAvailability(host) {
    shownHost = host;
    show(availability, false);
    if (!host) return;
    // Without a history there is nothing to say, and the bars' note says why.
    const cards = await get(`hosts/${encodeURIComponent(host)}/availability`).then(availabilityCards, () => []);
    if (shownHost !== host) return;
    availability.replaceChildren(...cards);
    show(availability, cards.length > 0);
  }

  function update() {
    const now = `${structure} ${connection.kind} ${historyGone} ${filters}`;
    if (now === drawn && order() !== 'loss') return list.render();
    drawn = now;
    if (held) return list.update(list.items.filter(({ container, host }) => host || containers.has(container.key)));
    const text = (filters.get('q') ?? '').trim().toLowerCase();
    const onHost = filters.get('host') ?? '';
    const only = chosen();
    if (shownHost !== onHost) showAvailability(onHost);
    const { compare, place: placeOf } = orders[order()];
    const bySection = (a, b) => placeOf ? placeOf(a) - placeOf(b) : a[1][0] && b[1][0] ? compare(a[1][0], b[1][0]) : b[1].length - a[1].length;
    const all = [...containers.values()];
    const inScope = all.filter(({ view }) => (!onHost || view.host === onHost)
      && (!text || view.name.toLowerCase().includes(text) || view.image.toLowerCase().includes(text) || view.details.toLowerCase().includes(text) || view.id.startsWith(text)));
    const fitting = only.length ? inScope.filter(container => only.includes(shownState(container))) : inScope;

    const groups = new Map();
    if (!text && !only.length) for (const host of hosts.values()) if (!onHost || host.address === onHost) groups.set(host.address, []);
    for (const container of fitting.sort(compare)) {
      if (!groups.has(container.view.host)) groups.set(container.view.host, []);
      groups.get(container.view.host).push(container);
    }
    const sections = [...groups].filter(([address]) => hosts.has(address)).sort((a, b) => bySection(a, b) || byText(a[0], b[0]));
    const items = sections.flatMap(([address, members]) => [
      { type: 'host', key: address, host: hosts.get(address), containers: members },
      ...members.map(container => ({ type: 'container', key: container.key, container })),
    ]);

    const [tone, words, small] = headline(all);
    setAttribute(glyph.firstChild, 'href', `web/icons.svg#${tone === 'good' ? 'healthy' : tone === 'calm' ? 'unknown' : 'trouble'}`);
    setAttribute(glyph.parentNode, 'data-tone', tone);
    write(title, words);
    write(sub, small);
    document.title = `${tone === 'bad' ? '(!) ' : ''}${words} - HmsOrleans`;

    const counts = Object.groupBy(inScope, shownState);
    place(chips, chipsOf(Object.keys(states).filter(name => counts[name] || only.includes(name))
      .map(name => [name, { name, number: counts[name]?.length ?? 0, on: only.includes(name) }])));
    const addresses = [...hosts.keys()].sort(byText);
    const options = optionsOf([['', { value: '', label: 'All hosts' }], ...addresses.map(address => [address, { value: address, label: address }])]);
    place(hostChoice, options);
    if (document.activeElement !== search && search.value !== (filters.get('q') ?? '')) search.value = filters.get('q') ?? '';
    if (hostChoice.value !== onHost) hostChoice.value = onHost;
    if (orderChoice.value !== order()) orderChoice.value = order();
    heads.forEach((head, i) => setAttribute(head, 'aria-sort', columns[i][1] === order() ? ['name', 'trouble'].includes(order()) ? 'ascending' : 'descending' : null));

    write(note, historyGone ? `The bars know only what this page has seen. ${historyGone}` : '');
    show(note, Boolean(historyGone));
    write(empty, items.length || !connection.at ? '' : all.length ? 'No container fits. Esc clears the search.' : 'Start a container on a supervised host, and it appears here.');
    show(empty, !items.length);
    show(table, items.length > 0);
    setAttribute(table, 'aria-rowcount', `${items.length + 1}`);
    list.update(items);
  }

  /** j and k: to the next or the previous container. */
  function step(by) {
    const { items } = list;
    const focused = document.activeElement?.closest('.row.container');
    let index = focused ? Number(focused.getAttribute('aria-rowindex')) - 2 : by > 0 ? -1 : items.length;
    do index += by; while (items[index]?.type === 'host');
    if (!items[index]) return;
    list.reveal(index, table.querySelector('.head').getBoundingClientRect().height + 70)?.querySelector('a.open').focus({ preventScroll: true });
  }

  const unsubscribe = subscribe(update);
  return {
    name: 'fleet',
    update(next) { filters = next.params; update(); },
    keys: {
      j: () => step(1),
      k: () => step(-1),
      '/': () => { search.focus(); search.select(); },
      Escape: () => {
        for (const name of ['q', 'state', 'host']) filters.delete(name);
        search.value = '';
        set('q', '');
        search.blur();
      },
    },
    close() {
      unsubscribe();
      list.close();
      removeEventListener('pointerup', release);
      removeEventListener('pointercancel', release);
    },
  };
}
