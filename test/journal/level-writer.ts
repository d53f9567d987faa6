// Runs in a separate process until it is killed. Writes so much, with so small a buffer, that LevelDB continuously writes and
// merges tables.
import { Level } from 'level';

const [location = ''] = process.argv.slice(2);

const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer', writeBufferSize: 64 * 1024 });
await db.open();
process.send?.('open');
for (let n = 0; ; n += 1) {
  const puts = Array.from({ length: 50 }, (_, index) => ({
    type: 'put' as const,
    key: `key-${(n * 7919 + index * 104_729) % 5_000}`,
    value: Buffer.alloc(400, n % 251),
  }));
  await db.batch(puts, { sync: n % 20 === 0 });
}
