import { DocumentError } from '../documents/errors.ts';

/** A roster is not what it must be; the message names the place, and nobody in it. */
export class RosterError extends DocumentError {}
