import { isMissing, openS3, parseObjectPlace, readObject, writeObject } from '../aws/s3.ts';
import type { ReadText } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';
import { createFolderStore } from '../files/folder-store.ts';
import { readFileText } from '../files/read-file.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { type StateStore, stateFileOf } from '../push/schedule/state.ts';

/** A roster of a hundred thousand agents has half of this; it is parsed in one go, and all accounts wait for it. */
const maxTextBytes = 10_000_000;

/** A state of 20,000 series has a hundredth of this. */
const maxStateBytes = 100_000_000;

/** Reads files, and objects in S3 (`s3://bucket/key`). */
export function createReadText(network: Network = directNetwork): ReadText {
  const s3 = openS3(network);
  return async (location, deadline) => {
    const place = parseObjectPlace(location);
    if (!place) return readFileText(location, maxTextBytes, deadline);
    return decodeText(await readObject(s3, place, maxTextBytes, deadline), location);
  };
}

/** Where states are kept, as VCC_PUSH_STATE says: a folder, or a place in S3 (`s3://bucket/prefix`). */
export function createStateStore(location: string, network: Network = directNetwork): StateStore {
  const place = parseObjectPlace(location);
  if (!place) return createFolderStore(location);
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
