/** What a process ends with; every --help lists them. */
export const EXIT = {
  success: 0,
  failure: 1,
  refused: 2,
  usage: 64,
  configuration: 78,
} as const;

export const EXIT_CODES_HELP = `Exit codes:
  0    success
  1    the load failed or was cancelled, or the service failed; reconcile or doctor found something
  2    the request is refused; nothing was loaded
  64   unknown command or option, or an option is missing
  78   the configuration is not valid
`;
