/** `npm run demo`: ends by itself, with a status other than 0 if a claim that the README makes did not come true. */
import { demo } from './demo.ts';
import { heapGauge } from './heap.ts';
import { overnight } from './story.ts';

// Keeps nothing alive. Should something else do so, this ends it and says so.
setTimeout(() => {
  process.stderr.write('The demo did not end by itself within a minute.\n');
  process.exit(1);
}, 60_000).unref();

const { kept } = await demo(overnight, process.stdout, heapGauge());
if (!kept) process.exitCode = 1;
