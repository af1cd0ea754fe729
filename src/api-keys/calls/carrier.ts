interface Branch {
  readonly carrier: object;
  readonly branches: WeakMap<object, Branch>;
}

const root: Branch = newBranch();

/** Returns the same object for the same objects in the same order. It lives as long as they do. */
export function carrierOf(parts: readonly object[]): object {
  let at = root;
  for (const part of parts) {
    let next = at.branches.get(part);
    if (next === undefined) at.branches.set(part, (next = newBranch()));
    at = next;
  }
  return at.carrier;
}

function newBranch(): Branch {
  return { carrier: {}, branches: new WeakMap() };
}
