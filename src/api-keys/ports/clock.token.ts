/** The injection token of the `Clock` that every comparison of dates asks. */
export const CLOCK = Symbol('keyward:clock');
