/** Who asks, as the credential says. */
export interface Principal {
  name: string;
  /** null: every environment. */
  environments: string[] | null;
  access: 'read' | 'write';
}
