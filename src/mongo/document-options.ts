/** Mongoose options of all Keyward collections. A document has only the fields of its schema. */
export const DOCUMENT_OPTIONS = {
  versionKey: false,
  id: false,
  minimize: false,
  strict: 'throw',
  autoIndex: false,
  autoCreate: false,
  // With buffering, an operation would wait up to ten seconds for a lost connection and ignore its signal.
  bufferCommands: false,
} as const;
