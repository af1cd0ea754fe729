import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '../../common/public-address';

/** The receiver has an address that is not public, so no webhook is sent to it. */
export class RefusedAddressError extends Error {
  readonly code = 'refused_address';

  constructor() {
    super('the address is not public');
    this.name = 'RefusedAddressError';
  }
}

/** Looks up all addresses of a name, as `dns.lookup` does. */
export type LookupAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Returns a lookup function that fails unless every address of the name is public. The connection itself uses this
 * lookup, so it connects only to the checked addresses, even if the DNS records change a moment later.
 */
export function guardedLookup(lookupAll: LookupAll = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookupAll(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null) callback(error, '', 0);
      else if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        callback(new RefusedAddressError(), '', 0);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
