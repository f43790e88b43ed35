/** Credentials of the test S3 server that see only the buckets which begin with their name: `north-...`, `south-...`. */
export const REGIONS = [
  { name: 'north', accessKeyId: 'northkey', secretAccessKey: 'northsecret123' },
  { name: 'south', accessKeyId: 'southkey', secretAccessKey: 'southsecret123' },
] as const;
