/** The whole demo: the same night three times, then what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runBatch, type Night } from './batch.ts';
import { claims, type Run } from './claims.ts';
import { readDocuments } from './documents.ts';
import type { HeapGauge } from './heap.ts';
import { holding, retryAlone, theReadmes } from './policies.ts';
import { progressLine, table, timelines, verdicts } from './report.ts';
import { screenOn, type Output } from './screen.ts';
import { MINUTE, SECOND, warmUp, type Story } from './story.ts';

/** Answers with what happened; `kept` says whether every claim came true. */
export async function demo(story: Story, out: Output, heap: HeapGauge): Promise<Run & { readonly kept: boolean }> {
  const before = openResources();
  const screen = screenOn(out);
  const documents = readDocuments(story.documents);
  screen.print(introduction(story, documents.length));

  const night = async (name: string, policy: typeof retryAlone, putsBack: boolean): Promise<Night> => {
    const done = await runBatch({
      name,
      story,
      documents,
      policy,
      putsBack,
      heap,
      onProgress: (progress) => screen.progress(progressLine(progress)),
    });
    screen.endProgress();
    return done;
  };
  const first = documents.slice(0, warmUp.documents);
  await runBatch({ name: 'warm-up', story: warmUp, documents: first, policy: retryAlone, putsBack: false, heap, onProgress() {} });
  const alone = await night('retry alone', retryAlone, false);
  const guarded = await night('the policy', theReadmes, true);
  const held = await night('holding', holding, false);
  const nights = [alone, guarded, held];

  const run: Run = { story, documents, alone, guarded, held, leftBehind: await leftBehind(before) };
  screen.print(['', table(nights), '', timelines(nights), '', verdicts(run)].join('\n'));
  return { ...run, kept: claims.every(({ holds }) => holds(run)) };
}

function introduction({ workers, outage, speed, answer }: Story, documents: number): string {
  const minutes = (outage.hangs + outage.overloaded) / MINUTE;
  return [
    `${documents} documents, ${workers} workers, ${answer / SECOND} s an answer.`,
    `After ${outage.afterAnswers} answers the service is down for ${minutes} minutes: it hangs, later it answers 529.`,
    `A minute of the story takes ${MINUTE / speed / SECOND} s.`,
    '',
  ].join('\n');
}

/** Sockets close a few turns after the server did; what is still there after a second stays. */
async function leftBehind(before: number): Promise<number> {
  for (let turn = 0; turn < 50 && openResources() > before; turn++) await sleep(20);
  return Math.max(0, openResources() - before);
}

function openResources(): number {
  const kinds = ['TCPServerWrap', 'TCPSocketWrap', 'Timeout'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}
