import { isMissing, openS3, parseObjectPlace, readObject, writeObject } from '../aws/s3.ts';
import type { ReadText } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';
import { createFolderStore } from '../files/folder-store.ts';
import { readFileText } from '../files/read-file.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { maxStateBytes, type StateStore, stateFileOf } from '../push/schedule/state.ts';

/** Twice the size of a roster of 100,000 agents. Parsing it blocks all accounts. */
const maxTextBytes = 10_000_000;

/** Returns a reader of files and of objects in S3 (`s3://bucket/key`). */
export function createReadText(network: Network = directNetwork): ReadText {
  const s3 = openS3(network);
  return async (location, deadline) => {
    const place = parseObjectPlace(location);
    if (!place) return readFileText(location, maxTextBytes, deadline);
    return decodeText(await readObject(s3, place, maxTextBytes, deadline), location);
  };
}

/**
 * Returns the store of push states: a folder, or a prefix in S3 (`s3://bucket/prefix`). `setting`
 * is the name of its setting, for messages.
 */
export function createStateStore(
  location: string,
  network: Network = directNetwork,
  setting = 'VCC_PUSH_STATE',
): StateStore {
  const place = parseObjectPlace(location);
  if (!place) return createFolderStore(location, setting);
  const s3 = openS3(network);
  const prefix = place.key.replace(/\/+$/, '');
  const placeOf = (account: string) => ({ bucket: place.bucket, key: `${prefix}/${stateFileOf(account)}` });
  return {
    load: (account, deadline) =>
      readObject(s3, placeOf(account), maxStateBytes, deadline).catch((error) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
    save: (account, content, deadline) => writeObject(s3, placeOf(account), content, deadline),
  };
}
