/**
 * The messages that operators and runbooks search for, word for word, prefix included. They come from the programme
 * that Copydock replaces; change none of them.
 */
export const LOG_LINES = {
  bucketFromArguments: (bucket: string) => `Main: Using S3 bucket from Airflow arguments: ${bucket}`,
  bucketNotInArguments: () => 'Main: No S3 bucket specified in arguments, will use default',
  bucketChosen: (bucket: string) => `Main: Using S3 bucket for COPY protocol staging: ${bucket}`,
  workerBucketFromArguments: (bucket: string) =>
    `_write_to_postgres_copy: Using S3 bucket from Airflow arguments: ${bucket}`,
  workerBucketFromVariable: (bucket: string) =>
    `_write_to_postgres_copy: Environment variable override detected: ${bucket}`,
  workerBucketFromDefault: (bucket: string) =>
    `_write_to_postgres_copy: Using default S3 bucket for temporary staging: ${bucket}`,
  stagingBegins: (bucket: string, prefix: string) =>
    `_write_to_postgres_copy: Writing temporary CSV to s3a://${bucket}/${prefix}`,
  committed: () => '_write_to_postgres_copy: COPY protocol completed successfully',
  cleanedUp: () => '_write_to_postgres_copy: Temporary files cleaned up successfully',
  cleanUpFailed: (reason: string) =>
    `_write_to_postgres_copy: Failed to clean up temporary files (non-critical): ${reason}`,
} as const;
