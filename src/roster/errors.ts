import { DocumentError } from '../documents/errors.ts';

/** A roster is invalid. The message has the place of the problem, and no names or ids. */
export class RosterError extends DocumentError {}
