// Making and changing elements. Only what differs is written: a selection and a screen reader's place survive an update.

const SVG = 'http://www.w3.org/2000/svg';

/** An element: properties, or attributes where the name has a dash or is role; children are nodes or text. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (name in made && !name.includes('-')) made[name] = value;
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

/** An element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** An icon out of icons.svg; words beside it say the same. */
export function icon(name) {
  return svg('svg', { class: 'glyph', 'aria-hidden': 'true' }, svg('use', { href: `web/icons.svg#${name}` }));
}

/** Changes an icon that is there. */
export function setIcon(glyph, name) {
  setAttribute(glyph.firstChild, 'href', `web/icons.svg#${name}`);
}

export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or removes it where the value is null. */
export function setAttribute(node, name, value) {
  if (value == null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

/** Makes these the children, in this order. Those that are there already are moved only where they have to be: moving takes the focus. */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => { if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null); });
}

/** Keeps one element for each key, so that it is the same one at the next update. */
export function keeper(make) {
  const kept = new Map();
  return items => {
    const nodes = items.map(([key, item]) => {
      let entry = kept.get(key);
      if (!entry) kept.set(key, entry = make(item));
      entry.update(item);
      return entry.node;
    });
    const wanted = new Set(items.map(([key]) => key));
    for (const key of kept.keys()) if (!wanted.has(key)) kept.delete(key);
    return nodes;
  };
}
