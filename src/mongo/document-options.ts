/** Mongoose options of all Keyward collections. A document has only the fields of its schema. */
export const DOCUMENT_OPTIONS = {
  versionKey: false,
  id: false,
  minimize: false,
  strict: 'throw',
  autoIndex: false,
  autoCreate: false,
  // Otherwise an operation waits up to ten seconds for a lost connection, and ignores its signal.
  bufferCommands: false,
} as const;
