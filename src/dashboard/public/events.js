import { request } from './api.js';

/** The API gives a sign of life every 15 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 40_000;
const FIRST_SIGN_MS = 8_000;

/**
 * Follows a stream of server-sent events until it ends or breaks. By fetch, since EventSource sends no Authorization.
 *
 * @param {string} address
 * @param {{ onOpen: () => void, onEvent: (name: string, data: any) => void, signal: AbortSignal }} options
 */
export async function follow(address, { onOpen, onEvent, signal }) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), FIRST_SIGN_MS);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    const response = await request(address, { signal: AbortSignal.any([signal, silence.signal]) });
    if (response.body === null) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let isOpen = false;
    let rest = '';
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      heard();
      if (!isOpen) onOpen();
      isOpen = true;
      const blocks = (rest + chunk.value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) tellEvent(block, onEvent);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} block @param {(name: string, data: any) => void} onEvent */
function tellEvent(block, onEvent) {
  const lines = block.split('\n');
  const fieldOf = (/** @type {string} */ field) =>
    lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
  const data = fieldOf('data');
  if (data !== undefined) onEvent(fieldOf('event') ?? 'message', JSON.parse(data));
}
