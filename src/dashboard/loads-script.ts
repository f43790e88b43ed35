/** Runs in the browser. Text from the API goes into text nodes only. */
export const LOADS_SCRIPT = `
const content = document.getElementById('content');
const message = document.getElementById('message');
const keyForm = document.getElementById('key-form');
const keyInput = document.getElementById('key');
const id = new URLSearchParams(location.search).get('load');
const POLL_MS = 3000;

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function table(heads, rows) {
  const body = rows.map((cells) => element('tr', ...cells.map((cell) => element('td', cell))));
  const head = element('tr', ...heads.map((text) => element('th', text)));
  return element('table', element('thead', head), element('tbody', ...body));
}

async function read(address) {
  const key = sessionStorage.getItem('copydock-key');
  const response = await fetch(address, { headers: key ? { 'X-API-Key': key } : {} });
  const body = await response.json();
  keyForm.hidden = response.status !== 401;
  if (!response.ok) throw new Error(body.detail + ' ' + body.hint);
  return body;
}

function show(value) {
  if (value === null) return '';
  return typeof value === 'object' ? element('pre', JSON.stringify(value, null, 2)) : String(value);
}

function loadLink(load) {
  const link = element('a', load.id);
  link.href = load.ui_url;
  return link;
}

async function showList() {
  const { items } = await read('/v1/loads?limit=50');
  const rows = items.map((load) => [
    loadLink(load), load.status, load.env, load.load_type, load.data_set, load.target_table, load.accepted_at,
    load.error ? load.error.detail : load.receipt ? load.receipt.loaded + ' rows' : '',
  ]);
  const heads = ['load', 'status', 'environment', 'type', 'data set', 'target', 'accepted', 'outcome'];
  content.replaceChildren(table(heads, rows));
  message.textContent = items.length === 0 ? 'No load was accepted yet.' : '';
  return false;
}

async function showLoad() {
  const address = '/v1/loads/' + encodeURIComponent(id);
  const [load, log] = await Promise.all([read(address), read(address + '/logs')]);
  const lines = log.items.map(({ at, level, message: text }) => at + ' ' + level + ' ' + text).join('\\n');
  content.replaceChildren(
    element('h2', load.id),
    table(['field', 'value'], Object.entries(load).map(([name, value]) => [name, show(value)])),
    element('h2', 'Log'),
    element('pre', lines),
  );
  message.textContent = load.status;
  return load.done;
}

async function refresh() {
  let finished = false;
  try {
    finished = await (id ? showLoad() : showList());
  } catch (error) {
    message.textContent = error.message;
  }
  if (!finished && keyForm.hidden) setTimeout(refresh, POLL_MS);
}

keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('copydock-key', keyInput.value);
  refresh();
});
refresh();
`;
