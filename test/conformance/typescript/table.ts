export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Case {
  readonly name: string;
  readonly operation: string;
  readonly token: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly status: number;
  readonly answer?: Json;
  readonly keep?: Readonly<Record<string, string>>;
}

/** The variables of the table: values from earlier answers that later requests use. */
export class Variables {
  private readonly values: Map<string, string>;

  constructor(given: Readonly<Record<string, string>>) {
    this.values = new Map(Object.entries(given));
  }

  /** @param pointers for each variable, the JSON Pointer to its value in the answer */
  keep(pointers: Readonly<Record<string, string>>, answer: unknown): void {
    for (const [name, pointer] of Object.entries(pointers)) {
      this.values.set(name, String((answer as Readonly<Record<string, unknown>>)[pointer.slice(1)]));
    }
  }

  fill(text: string): string {
    return text.replaceAll(
      /\{\{(\w+)\}\}/g,
      (_whole, name: string) => this.values.get(name) ?? `unset ${name}`,
    );
  }
}

export function resolved(asked: Case, variables: Variables): Case {
  return JSON.parse(variables.fill(JSON.stringify(asked))) as Case;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Returns whether an answer matches the expected one, by the rules in ../README.md. */
export function matches(expected: Json, got: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((each: Json, index) => matches(each, got[index]))
    );
  }
  if (typeof expected !== 'object' || expected === null) {
    return (
      expected === got ||
      (isDateTime(expected) && isDateTime(got) && Date.parse(expected) === Date.parse(got))
    );
  }
  const { $type: type, $absent: absent, ...members } = expected as Readonly<Record<string, Json>>;
  if (absent === true) return got === undefined;
  if (type === 'integer') return Number.isSafeInteger(got);
  if (type !== undefined) return typeof got === type;
  return (
    typeof got === 'object' &&
    got !== null &&
    Object.entries(members).every(([name, member]) =>
      matches(member, (got as Readonly<Record<string, unknown>>)[name]),
    )
  );
}

function isDateTime(value: unknown): value is string {
  return typeof value === 'string' && DATE_TIME.test(value);
}
