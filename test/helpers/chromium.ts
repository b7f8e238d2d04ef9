/**
 * The browser of the tests: a chromium of the machine, never one that is downloaded from elsewhere. On a Debian without
 * one, where the tests may install packages, Debian's own is installed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { chromium, type Browser } from 'playwright-core';

const PLACES = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);

/** Nothing is loaded or asked for but what a page asks for. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser, without a window and with an empty profile. */
export function launch(): Promise<Browser> {
  const args = isRoot() ? [...QUIET, '--no-sandbox'] : QUIET;
  return chromium.launch({ executablePath: chromiumPath(), args });
}

/** Where the browser is; `CHROMIUM_PATH` names another one. */
export function chromiumPath(): string {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, and there is no such file.`);
  }
  const path = found() ?? installed();
  if (path !== undefined) return path;
  throw new Error('These tests need a chromium: install one (Debian: apt-get install chromium), or set CHROMIUM_PATH to one.');
}

function found(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

function installed(): string | undefined {
  if (!isRoot() || !existsSync('/etc/debian_version')) return undefined;
  const apt = (...words: string[]): void => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', words, { stdio: ['ignore', 'inherit', 'inherit'], env });
  };
  apt('update');
  apt('install', '-y', '--no-install-recommends', 'chromium');
  return found();
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
