import { readEventFields, validateAs } from './validate-response.js';

export interface LoadEvent {
  event: string;
  id: string;
  data: { id: string; status: string; attempt: number; version: number };
}

/** Follows a stream of server-sent events; each call of `next` gives an event, or null at the end of the stream. */
export async function followStream(address: string, init: RequestInit = {}) {
  const response = await fetch(address, init);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  const nextBlock = async (): Promise<string | null> => {
    while (!buffered.includes('\n\n')) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) return null;
      buffered += chunk.value;
    }
    const end = buffered.indexOf('\n\n');
    const block = buffered.slice(0, end);
    buffered = buffered.slice(end + 2);
    return block;
  };
  const next = async (): Promise<LoadEvent | null> => {
    let block = await nextBlock();
    while (block?.startsWith(':')) block = await nextBlock();
    if (block === null) return null;
    const { event = '', id = '', data = '' } = readEventFields(block);
    if (event === 'load') validateAs('Load', JSON.parse(data));
    return { event, id, data: JSON.parse(data) };
  };
  return { response, next, nextBlock };
}
