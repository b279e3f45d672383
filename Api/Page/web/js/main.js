// The page's frame: which view is open, the state of the connection, keys, theme.

import { el, icon, setAttribute, setIcon, show, write } from './dom.js';
import { antagonistView } from './antagonist-view.js';
import { containerView } from './container-view.js';
import { connection, start, subscribe } from './fleet.js';
import { fleetView } from './fleet-view.js';
import { incidentView, incidentsView } from './incident-views.js';
import { helpDialog, isKeyboardOn, notifyDialog } from './dialogs.js';
import { start as startQuiet } from './quiet.js';
import { time } from './words.js';

const main = document.getElementById('main');
let view = null;

/** A part of an address; as it stands where somebody has mistyped it. */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The part behind the #: a path and a query. */
function parse() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(Boolean).map(decode), params: new URLSearchParams(query) };
}

function make({ parts: [name, ...rest], params }) {
  const route = { parts: rest, params };
  switch (name) {
    case undefined: return fleetView(main, route);
    case 'containers': if (rest.length === 2) return containerView(main, route); break;
    case 'incidents': return rest.length ? incidentView(main, route) : incidentsView(main, route);
    case 'antagonist': return antagonistView(main, route);
  }
  location.replace('#/');
  return null;
}

let open = null;
function route() {
  // The skip link, and nothing else.
  if (location.hash === '#main') return main.focus();
  const next = parse();
  const path = next.parts.join('/');
  if (view && open === path) return view.update?.(next);
  view?.close?.();
  const isFirst = open === null;
  open = path;
  view = make(next);
  scrollTo(0, 0);
  for (const link of document.querySelectorAll('nav a')) setAttribute(link, 'aria-current', link.dataset.view === view?.name ? 'page' : null);
  // A screen reader begins at the new view, and Tab goes on from there.
  if (!isFirst) main.focus({ preventScroll: true });
}

// --- connection ---

const indicator = document.getElementById('connection');
const banner = document.getElementById('banner');
const dot = el('span', { className: 'dot', 'aria-hidden': 'true' });
const word = el('span');
indicator.append(dot, word);
const words = {
  connecting: ['calm', 'Connecting'],
  live: ['good', 'Live'],
  lost: ['bad', 'Reconnecting'],
  paused: ['calm', 'Paused'],
  silent: ['bad', 'Controller silent'],
};

subscribe(() => {
  const [tone, text] = words[connection.kind];
  setAttribute(indicator, 'data-tone', tone);
  write(word, text);
  setAttribute(document.body, 'data-connection', connection.kind);
  const isAway = connection.kind === 'lost' || connection.kind === 'silent';
  show(banner, isAway);
  write(banner, isAway ? `${connection.why} ${connection.at ? `What is shown is of ${time(new Date(connection.at).toISOString())}.` : 'Nothing is known yet.'}` : '');
});

// --- theme ---

const themes = ['auto', 'light', 'dark'];
const themeButton = document.getElementById('theme');
const themeIcon = icon('auto');
themeButton.append(themeIcon);
function applyTheme(theme) {
  setAttribute(document.documentElement, 'data-theme', theme === 'auto' ? null : theme);
  setIcon(themeIcon, theme);
  themeButton.setAttribute('aria-label', `Colours: ${theme === 'auto' ? 'as the system' : theme}. Change`);
  themeButton.title = themeButton.getAttribute('aria-label');
}
function nextTheme() {
  const theme = themes[(themes.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % themes.length];
  localStorage.setItem('theme', theme);
  applyTheme(theme);
}
applyTheme(themes.includes(localStorage.getItem('theme')) ? localStorage.getItem('theme') : 'auto');
themeButton.addEventListener('click', nextTheme);

// --- keys ---

const helpButton = document.getElementById('help');
helpButton.append(icon('help'));
helpButton.title = 'Help and keyboard shortcuts';
helpButton.addEventListener('click', helpDialog);
document.getElementById('notify').addEventListener('click', notifyDialog);

/** Where the visitor has been on this page: going back must not leave it. */
const trail = [location.hash];

function follow({ oldURL }) {
  // Filters may have changed it since it was opened.
  trail[trail.length - 1] = new URL(oldURL).hash;
  if (trail.at(-2) === location.hash) trail.pop(); else trail.push(location.hash);
}

const go = hash => () => { location.hash = hash; };
const keys = {
  '?': helpDialog,
  '/': () => {
    addEventListener('hashchange', () => view?.keys?.['/']?.(), { once: true });
    location.hash = '#/';
  },
  f: go('#/'),
  i: go('#/incidents'),
  a: go('#/antagonist'),
  t: nextTheme,
  Escape: () => { if (trail.length > 1) history.back(); else location.hash = '#/'; },
};

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const isTyping = event.target.matches?.('input, select, textarea');
  if (event.key !== 'Escape' && (isTyping || !isKeyboardOn())) return;
  if (event.key === 'Escape' && isTyping && view?.name !== 'fleet') return event.target.blur();
  const act = view?.keys?.[event.key] ?? keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

addEventListener('hashchange', event => { follow(event); route(); });
start();
startQuiet();
route();
