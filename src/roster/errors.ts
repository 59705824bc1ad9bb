import { DocumentError } from '../documents/errors.ts';

/** A roster is not valid. The message has the place of the problem, and no names or ids. */
export class RosterError extends DocumentError {}
