// A list of thousands of rows of which only those in the window exist. The page itself scrolls, so that a phone does it well.

import { place, setAttribute } from './dom.js';

/** Pixels above and below the window that exist too: fast scrolling shows no gap, and Tab finds the next row. */
const MARGIN = 400;

/**
 * @param body What holds the rows; it gets the height of all of them.
 * @param kinds For each kind of item: height() in pixels, and make(), which gives { node, update(item) }.
 * @param firstIndex aria-rowindex of the first item.
 */
export function virtualList(body, kinds, firstIndex) {
  let items = [];
  let tops = [];
  const shown = new Map();
  const spare = {};

  function measure() {
    let top = 0;
    const heights = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.height()]));
    tops = items.map(item => { const at = top; top += heights[item.type]; return at; });
    tops.push(top);
    body.style.height = `${top}px`;
  }

  /** Index of the item at a height. */
  function at(y) {
    let low = 0, high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tops[middle + 1] <= y) low = middle + 1; else high = middle;
    }
    return low;
  }

  function render() {
    const top = -body.getBoundingClientRect().top;
    const first = at(top - MARGIN);
    const last = Math.min(items.length, at(top + innerHeight + MARGIN) + 1);
    const wanted = new Map();
    for (let i = first; i < last; i++) wanted.set(items[i].key, i);
    const focused = document.activeElement;
    for (const [key, row] of shown) {
      if (wanted.has(key)) continue;
      const index = row.node.contains(focused) ? items.findIndex(item => item.key === key) : -1;
      if (index >= 0) {
        wanted.set(key, index);
      } else {
        shown.delete(key);
        (spare[row.type] ??= []).push(row);
      }
    }
    const order = [...wanted].sort((a, b) => a[1] - b[1]);
    const nodes = order.map(([key, i]) => {
      const item = items[i];
      let row = shown.get(key);
      if (!row) shown.set(key, row = spare[item.type]?.pop() ?? Object.assign(kinds[item.type].make(), { type: item.type }));
      row.update(item);
      if (row.top !== tops[i]) row.node.style.transform = `translateY(${row.top = tops[i]}px)`;
      setAttribute(row.node, 'aria-rowindex', `${i + firstIndex}`);
      return row.node;
    });
    place(body, nodes);
    // Moving an element takes the focus from it.
    if (focused && body.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  const onScroll = () => render();
  addEventListener('scroll', onScroll, { passive: true });
  const onResize = () => { measure(); render(); };
  addEventListener('resize', onResize);

  return {
    get items() { return items; },
    update(next) {
      items = next;
      measure();
      render();
    },
    render,
    /** Brings an item into the window and gives its row. */
    reveal(index, offset) {
      const top = body.getBoundingClientRect().top + tops[index];
      const bottom = body.getBoundingClientRect().top + tops[index + 1];
      if (top < offset) scrollBy(0, top - offset);
      else if (bottom > innerHeight) scrollBy(0, bottom - innerHeight + 8);
      render();
      return shown.get(items[index].key)?.node;
    },
    close() {
      removeEventListener('scroll', onScroll);
      removeEventListener('resize', onResize);
    },
  };
}
