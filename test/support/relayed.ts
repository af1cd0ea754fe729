/** A proxy on this machine between a client and a server. */
interface Relay {
  readonly port: number;
}

/**
 * Starts a proxy to the server in a connection string.
 *
 * @returns the proxy, and the connection string for a connection through it
 */
export async function relayed<R extends Relay>(
  uri: string,
  start: (target: { readonly host: string; readonly port: number }) => Promise<R>,
): Promise<{ readonly relay: R; readonly through: string }> {
  const address = new URL(uri);
  const relay = await start({ host: address.hostname, port: Number(address.port) });
  address.port = String(relay.port);
  return { relay, through: address.href };
}
