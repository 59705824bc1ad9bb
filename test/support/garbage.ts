import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Whether nothing refers to this object any more. */
export async function isGone(reference: WeakRef<object>): Promise<boolean> {
  // A WeakRef keeps its object for as long as the job that made or read it.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return reference.deref() === undefined;
}
