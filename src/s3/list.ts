import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import picomatch from 'picomatch';
import { CopydockError } from '../loads/errors.js';
import { classifyS3Error, type S3Role } from './errors.js';

/** An object as it was when the load was planned; `etag` is kept as S3 writes it, quotes included. */
export interface PinnedObject {
  bucket: string;
  key: string;
  etag: string;
  sizeBytes: number;
}

/** What a path names, the data apart from what only stands beside it. */
export interface SourceListing {
  objects: PinnedObject[];
  /** The folder of the data: where a marker is looked for. Empty or with a trailing slash. */
  folder: string;
}

/** More objects than this in one load would make its plan unwieldy. */
const MAX_OBJECTS = 100_000;
/** Of all keys that begin with it a key stands first; servers that list folder by folder are given some room. */
const LOOK_AT_MOST = 100;
const GLOB_CHARACTERS = /[*?[\]]/;

/** Bytes of objects, or of parts of them, together. */
export function sumBytes(pieces: readonly Pick<PinnedObject, 'sizeBytes'>[]): number {
  return pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

export function objectLocation({ bucket, key }: { bucket: string; key: string }): string {
  return `s3://${bucket}/${key}`;
}

/** Pages through a prefix in key order. */
export async function* listPrefix(
  client: S3Client,
  role: S3Role,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<PinnedObject> {
  let continuation: string | undefined;
  do {
    const page = await client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: continuation }), {
        abortSignal: signal,
      })
      .catch((error: unknown) => {
        throw classifyS3Error(error, role, `s3://${bucket}/${prefix}`);
      });
    for (const { Key: key, ETag: etag, Size: sizeBytes } of page.Contents ?? []) {
      if (key !== undefined && etag !== undefined) yield { bucket, key, etag, sizeBytes: sizeBytes ?? 0 };
    }
    continuation = page.NextContinuationToken;
  } while (continuation !== undefined);
}

/**
 * The source objects that a path names, in key order. A key with `*`, `?` or `[...]` is a glob (`*` stays within a
 * folder, `**` does not). A key without a trailing slash is that object, else the prefix `key/`; never `key-old`.
 */
export async function listSource(
  client: S3Client,
  { bucket, key }: { bucket: string; key: string },
  signal: AbortSignal,
): Promise<SourceListing> {
  if (GLOB_CHARACTERS.test(key)) return listGlob(client, bucket, key, signal);
  if (key !== '' && !key.endsWith('/')) {
    const object = await findObject(client, bucket, key, signal);
    if (object !== null) return { objects: [object], folder: folderOf(key) };
  }
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  return {
    objects: await collect(listPrefix(client, 'source', bucket, folder, signal), isData(folder)),
    folder,
  };
}

/** The object of exactly this key, or null. Listing needs no other right, and tells a missing bucket from a missing key. */
export async function findObject(
  client: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<PinnedObject | null> {
  let seen = 0;
  for await (const object of listPrefix(client, 'source', bucket, key, signal)) {
    if (object.key === key) return object;
    seen += 1;
    if (seen === LOOK_AT_MOST) return null;
  }
  return null;
}

async function listGlob(
  client: S3Client,
  bucket: string,
  glob: string,
  signal: AbortSignal,
): Promise<SourceListing> {
  const folder = folderOf(glob.slice(0, glob.search(GLOB_CHARACTERS)));
  const matches = picomatch(glob, { nobrace: true, noextglob: true, nonegate: true });
  const listing = listPrefix(client, 'source', bucket, folder, signal);
  return {
    objects: await collect(listing, (object) => isData(folder)(object) && matches(object.key)),
    folder,
  };
}

async function collect(
  listing: AsyncIterable<PinnedObject>,
  isWanted: (object: PinnedObject) => boolean,
): Promise<PinnedObject[]> {
  const objects: PinnedObject[] = [];
  for await (const object of listing) {
    if (!isWanted(object)) continue;
    if (objects.length === MAX_OBJECTS) {
      throw new CopydockError('too_many_objects', `The path names more than ${MAX_OBJECTS} objects.`, {
        field: 'path',
      });
    }
    objects.push(object);
  }
  return objects.sort((left, right) => (left.key < right.key ? -1 : 1));
}

/**
 * Writers put markers (`_SUCCESS`, `_committed_1`, `.crc` files) and folder placeholders beside the data; names that
 * begin with `_` or `.` are not data, as in Hadoop's FileInputFormat.
 */
function isData(folder: string): (object: PinnedObject) => boolean {
  return ({ key }) =>
    !key.endsWith('/') &&
    key
      .slice(folder.length)
      .split('/')
      .every((name) => !name.startsWith('_') && !name.startsWith('.'));
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
