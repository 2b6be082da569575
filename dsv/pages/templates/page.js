"use strict";
/* The list of all changes: unpacked, filtered, searched, shown a screen at a time. The rest of the page needs no script. */

const at = (id) => document.getElementById(id);
const OPS = [["+", "added"], ["−", "removed"], ["~", "modified"], [">", "moved"]];
const MARGIN = 8; // rows drawn above and below what is seen
const DELAY = 120; // ms between a key and the search
const FAR = 24; // characters
const MOST = 400; // words of a text above which only what is alike at both ends is found

let data = null; // what payload.py packed, cells by column
let shown = []; // the numbers of the records that the filters leave
let active = 0; // the place in `shown` that the keys are at

/* ---- theme ---- */
const THEMES = ["", "light", "dark"];
function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  at("theme").setAttribute("aria-label", "Theme: " + (name || "as the system has it"));
  at("theme").textContent = { "": "◐", light: "☀", dark: "☾" }[name];
}
function kept(value) {
  try { // a page opened from a file may have no storage
    if (value === undefined) return localStorage.getItem("dsv-theme") || "";
    localStorage.setItem("dsv-theme", value);
  } catch (error) { /* the choice holds until the page is closed */ }
  return "";
}
at("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme || "") + 1) % THEMES.length];
  theme(next);
  kept(next);
});
theme(THEMES.includes(kept()) ? kept() : "");

/* ---- data ---- */
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
function expand(column, total) {
  const [name, runs, was, now, texts] = column;
  const cell = new Int32Array(total).fill(-1); // record → place of its cell
  let n = 0;
  for (let i = 0; i < runs.length; i += 2) for (let row = runs[i]; row < runs[i] + runs[i + 1]; row++) cell[row] = n++;
  const side = (codes) => (k) => { const code = typeof codes === "number" ? codes : codes[k]; return code ? texts[code - 1] : null; };
  return { name, cell, was: side(was), now: side(now), codes: [was, now], texts };
}
function cells(row) {
  const found = [];
  for (const column of data.columns) {
    const k = column.cell[row];
    if (k >= 0) found.push([column.name, column.was(k), column.now(k)]);
  }
  return found;
}

/* ---- filters ---- */
function wanted() {
  return {
    ops: new Set([...document.querySelectorAll('input[name="op"]:checked')].map((box) => +box.value)),
    cause: at("cause").value, column: at("column").value, stage: at("stage").value,
    query: at("query").value.trim().toLowerCase(),
  };
}
function matching(query) {
  const hits = new Uint8Array(data.n);
  data.ids.forEach((id, row) => { if (id.toLowerCase().includes(query)) hits[row] = 1; });
  for (const column of data.columns) { // each text is looked at once, however many records have it
    const found = new Uint8Array(column.texts.length + 1);
    let any = column.name.toLowerCase() === query;
    column.texts.forEach((text, i) => { if (text.toLowerCase().includes(query)) { found[i + 1] = 1; any = true; } });
    if (!any) continue;
    const hit = (codes, k) => found[typeof codes === "number" ? codes : codes[k]];
    for (let row = 0; row < data.n; row++) {
      const k = column.cell[row];
      if (k >= 0 && (hit(column.codes[0], k) || hit(column.codes[1], k))) hits[row] = 1;
    }
  }
  return hits;
}
function filter() {
  const want = wanted();
  const hits = want.query ? matching(want.query) : null;
  const column = want.column ? data.columns.find((c) => c.name === want.column) : null;
  shown = [];
  for (let row = 0; row < data.n; row++) {
    const cause = data.causes[row];
    if (!want.ops.has(+data.ops[row]) || (want.cause && cause !== +want.cause)) continue;
    if (want.stage && data.why[cause][1] !== want.stage) continue;
    if (want.column && (!column || column.cell[row] < 0)) continue;
    if (hits && !hits[row]) continue;
    shown.push(row);
  }
  active = 0;
  at("grid").scrollTop = 0;
  at("grid").setAttribute("aria-rowcount", shown.length);
  const all = shown.length === data.n;
  at("count").textContent = all ? `${data.n.toLocaleString("en")} changes` : `${shown.length.toLocaleString("en")} of ${data.n.toLocaleString("en")} changes`;
  draw();
}

/* ---- rows ---- */
function element(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}
const height = () => (matchMedia("(max-width: 640px)").matches ? 52 : 32);
function draw() {
  const grid = at("grid"), each = height();
  const first = Math.max(0, Math.floor(grid.scrollTop / each) - MARGIN);
  const last = Math.min(shown.length, Math.ceil((grid.scrollTop + grid.clientHeight) / each) + MARGIN);
  at("space").style.height = `${shown.length * each}px`;
  at("rows").style.transform = `translateY(${first * each}px)`;
  at("rows").replaceChildren(...shown.slice(first, last).map((row, i) => line(row, first + i)));
  const selected = at("row-" + active);
  if (selected) grid.setAttribute("aria-activedescendant", selected.id);
  else grid.removeAttribute("aria-activedescendant");
}
function line(row, place) {
  const [sign, op] = OPS[data.ops[row]];
  const made = element("div", `row ${op}`);
  made.id = `row-${place}`;
  made.setAttribute("role", "row");
  made.setAttribute("aria-rowindex", place + 1);
  made.setAttribute("aria-selected", place === active);
  const what = element("span", "what");
  for (const [name, was, now] of cells(row).slice(0, 4)) {
    what.append(element("b", "", `${name} `), +data.ops[row] > 1 ? `${near(was, now)} → ${near(now, was)}   ` : `${was ?? now}   `);
  }
  const mark = element("span", "sign", sign);
  mark.setAttribute("aria-label", op);
  made.append(mark, element("bdi", "id", data.ids[row]), what, element("span", "why", data.why[data.causes[row]][2]));
  for (const cell of made.children) cell.setAttribute("role", "gridcell");
  made.addEventListener("click", () => { select(place); open(row); });
  return made;
}
function near(text, other) { // what is alike at the start is left out where it would hide the change
  if (text === null) return "—";
  let alike = 0;
  while (other !== null && alike < text.length && text[alike] === other[alike]) alike++;
  const start = alike > FAR ? alike - FAR / 2 : 0;
  return (start ? "…" : "") + text.slice(start, start + 2 * FAR) + (text.length > start + 2 * FAR ? "…" : "");
}
function select(place) {
  active = Math.max(0, Math.min(shown.length - 1, place));
  const grid = at("grid"), each = height(), top = active * each;
  if (top < grid.scrollTop) grid.scrollTop = top;
  if (top + each > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + each - grid.clientHeight;
  draw();
}

/* ---- one record ---- */
function words(was, now) {
  const split = (text) => text.match(/\s+|\d+\.\d+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
  const a = split(was), b = split(now);
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(head, a.length - tail), right = b.slice(head, b.length - tail);
  const common = left.length > MOST || right.length > MOST ? [new Set(), new Set()] : alike(left, right);
  const runs = (tokens, middle, same) => [[tokens.slice(0, head).join(""), true], ...middle.map((t, i) => [t, same.has(i)]), [tokens.slice(tokens.length - tail).join(""), true]];
  return [runs(a, left, common[0]), runs(b, right, common[1])];
}
function alike(left, right) { // the places of a longest common subsequence
  const n = right.length + 1, table = new Uint16Array((left.length + 1) * n);
  for (let i = left.length - 1; i >= 0; i--) for (let j = right.length - 1; j >= 0; j--)
    table[i * n + j] = left[i] === right[j] ? table[(i + 1) * n + j + 1] + 1 : Math.max(table[(i + 1) * n + j], table[i * n + j + 1]);
  const one = new Set(), two = new Set();
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) { one.add(i++); two.add(j++); }
    else if (table[(i + 1) * n + j] >= table[i * n + j + 1]) i++;
    else j++;
  }
  return [one, two];
}
function marked(runs, mark) {
  const cell = element("td"), text = element("bdi");
  for (const [run, same] of runs) if (run) text.append(same ? run : element(mark, "", run));
  cell.append(text);
  return cell;
}
function open(row) {
  const [sign, op] = OPS[data.ops[row]];
  at("record-title").replaceChildren(element("span", `sign ${op}`, `${sign} `), element("bdi", "", data.ids[row]));
  const through = data.through[row];
  at("record-why").textContent = `${op}: ${data.why[data.causes[row]][2]}${through ? ` (${through})` : ""}`;
  at("record-values").replaceChildren(...cells(row).map(([name, was, now]) => {
    const made = element("tr"), head = element("th", "", name);
    head.scope = "row";
    if (was === null || now === null) made.append(head, element("td", "", was ?? "—"), element("td", "", now ?? "—"));
    else { const [a, b] = words(was, now); made.append(head, marked(a, "del"), marked(b, "ins")); }
    return made;
  }));
  at("record").showModal();
}

/* ---- links of charts and stages: #cause=3&column=price ---- */
function follow() {
  const told = new URLSearchParams(location.hash.slice(1));
  const names = ["cause", "column", "stage"].filter((name) => told.has(name));
  if (!names.length) return;
  document.querySelector(".filters").reset();
  for (const name of names) at(name).value = told.get(name);
  filter();
  at("changes").scrollIntoView();
  at("grid").focus({ preventScroll: true });
}

function listen() {
  const form = document.querySelector(".filters");
  let waiting = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, DELAY); });
  form.addEventListener("reset", () => setTimeout(() => { history.replaceState(null, "", " "); filter(); }));
  at("grid").addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", draw);
  addEventListener("hashchange", follow);
  at("grid").addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(at("grid").clientHeight / height()) - 1);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) select(to);
    else if (event.key === "Enter" && shown.length) open(shown[active]);
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|SELECT/.test(document.activeElement.tagName) && !at("record").open) { event.preventDefault(); at("query").focus(); }
  });
}

async function start() {
  const found = await unpack(at("data").textContent);
  data = { ...found, columns: found.columns.map((column) => expand(column, found.n)) };
  for (const stage of new Set(data.why.map((why) => why[1]))) at("stage").append(element("option", "", stage));
  listen();
  filter();
  follow();
  document.documentElement.dataset.ready = "yes";
}
start();
