// Makes a directory with everything above it. Node's own recursive mkdir never returns where a file system takes no
// directories and says ENOENT, as /proc does; here every level is tried once after its parent and then given up.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Other users of the machine must not read the journal. */
const OWNER_ONLY = { mode: 0o700 };

/** Rejects with Node's error of the level that could not be made. A directory that exists is fine. */
export async function makeDirectory(path: string): Promise<void> {
  if ((await attempt(path)) !== 'ENOENT' || dirname(path) === path) return;
  await makeDirectory(dirname(path));
  await mkdir(path, OWNER_ONLY);
}

/** `ENOENT` when the parent is missing; anything else that is wrong is thrown. */
async function attempt(path: string): Promise<'ENOENT' | 'there'> {
  try {
    await mkdir(path, OWNER_ONLY);
    return 'there';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return code;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return 'there';
    throw error;
  }
}
