import type { S3Client } from '@aws-sdk/client-s3';
import { CopydockError } from '../../loads/errors.js';
import type { LoadRequest } from '../../loads/load.js';
import { findObject, listSource, objectLocation, type PinnedObject } from '../../s3/list.js';

const DEFAULT_MARKER = '_SUCCESS';

type SourceRules = Pick<LoadRequest, 'require_marker' | 'expected_objects' | 'allow_empty'>;

/** Lists and pins what the path names, and checks that the source is whole, before anything is touched. */
export async function listSourceObjects(
  client: S3Client,
  location: { bucket: string; key: string },
  rules: SourceRules,
  signal: AbortSignal,
): Promise<PinnedObject[]> {
  const { objects, folder } = await listSource(client, location, signal);
  await checkMarker(client, location.bucket, folder, rules, signal);
  const path = objectLocation(location);
  if (rules.expected_objects !== undefined && objects.length !== rules.expected_objects) {
    throw new CopydockError(
      'object_count_mismatch',
      `${path} names ${count(objects.length)}, but expected_objects is ${rules.expected_objects}.`,
      { field: 'expected_objects' },
    );
  }
  if (objects.length === 0 && rules.allow_empty !== true) {
    throw new CopydockError('empty_source', `There is no object under ${path}.`, { field: 'path' });
  }
  return objects;
}

async function checkMarker(
  client: S3Client,
  bucket: string,
  folder: string,
  { require_marker: marker }: SourceRules,
  signal: AbortSignal,
): Promise<void> {
  if (marker === undefined || marker === false) return;
  const key = folder + (marker === true ? DEFAULT_MARKER : marker);
  if ((await findObject(client, bucket, key, signal)) !== null) return;
  throw new CopydockError(
    'marker_missing',
    `There is no ${objectLocation({ bucket, key })}: the source may not be whole.`,
    {
      field: 'require_marker',
      object: objectLocation({ bucket, key }),
    },
  );
}

function count(objects: number): string {
  return objects === 1 ? '1 object' : `${objects} objects`;
}
