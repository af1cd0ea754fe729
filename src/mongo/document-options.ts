/** The Mongoose schema options of all Keyward collections. A write of a field that the schema lacks throws an error. */
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
