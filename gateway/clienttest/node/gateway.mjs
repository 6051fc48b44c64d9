// Starts the gateway under test: the binary that PROFILEGATE_BINARY names (bin/profilegate of this checkout if it names none), with the
// configuration of the recorded cases, on the embedded store in a folder of its own and on free ports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = process.env.PROFILEGATE_BINARY ?? path.join(root, 'bin/profilegate');
const config = path.join(root, 'config/examples/conformance.yaml');
const listeners = ['senlin', 'kuzzle', 'mqtt', 'grpc', 'admin'];
const readyWithin = 10_000; // ms
const startTries = 3;

// Starts a gateway with an empty store and resolves when it is ready.
export async function startGateway() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'profilegate-node-'));
  const gateway = new Gateway(folder);
  for (let attempt = 1; ; attempt++) {
    gateway.ports = await freePorts();
    try {
      await gateway.start();
      return gateway;
    } catch (error) {
      // A port may be taken between the choice and the bind.
      if (attempt === startTries || !String(error).includes('address already in use')) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }
}

class Gateway {
  #folder;
  #process;
  #exit;

  constructor(folder) {
    this.#folder = folder;
  }

  // Starts the process, on the ports and with the data that it had before.
  async start() {
    const log = await open(this.logFile, 'a');
    this.#process = spawn(binary, ['serve', '--config', config, '--data-dir', path.join(this.#folder, 'data')], {
      env: this.#environment(),
      stdio: ['ignore', log.fd, log.fd],
    });
    this.#exit = exitOf(this.#process);
    await log.close();
    try {
      await Promise.race([this.#ready(), this.#endedEarly()]);
    } catch (error) {
      this.kill();
      throw new Error(`${error.message}\n${await readFile(this.logFile, 'utf8')}`);
    }
    process.once('exit', this.kill);
  }

  // Asks the process to end, and resolves when it has.
  async stop() {
    this.#process.kill('SIGTERM');
    const { code, signal } = await this.#exit;
    process.off('exit', this.kill);
    if (code !== 0) {
      throw new Error(`the gateway ended with ${code ?? signal}\n${await readFile(this.logFile, 'utf8')}`);
    }
  }

  // Stops the process and removes its data.
  async close() {
    try {
      await this.stop();
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  kill = () => this.#process.kill('SIGKILL');

  get logFile() {
    return path.join(this.#folder, 'log');
  }

  #environment() {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('PROFILEGATE_'));
    const listen = listeners.map((name) => [`PROFILEGATE_LISTEN_${name.toUpperCase()}`, `127.0.0.1:${this.ports[name]}`]);
    return Object.fromEntries([...clean, ...listen]);
  }

  async #endedEarly() {
    const { code, signal, error } = await this.#exit;
    throw error ?? new Error(`the gateway ended with ${code ?? signal} before it was ready`);
  }

  async #ready() {
    const deadline = Date.now() + readyWithin;
    while (!(await answersReady(this.ports.admin))) {
      if (Date.now() > deadline) {
        throw new Error(`the gateway was not ready within ${readyWithin} ms`);
      }
      await delay(20, undefined, { ref: false });
    }
  }
}

// Resolves when a process has ended, or could not be started.
function exitOf(child) {
  return Promise.race([
    once(child, 'exit').then(([code, signal]) => ({ code, signal })),
    once(child, 'error').then(([error]) => ({ error })),
  ]).catch((error) => ({ error }));
}

function answersReady(port) {
  return new Promise((resolve) => {
    http
      .get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', () => resolve(false));
  });
}

// Chooses a free port for each listener, below the range from which the kernel takes the ports of outgoing connections: no client then
// gets one before the gateway binds it.
async function freePorts() {
  const [lowest, highest] = [20_000, 32_000];
  const ports = new Set();
  while (ports.size < listeners.length) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) {
      ports.add(port);
    }
  }
  return Object.fromEntries([...ports].map((port, i) => [listeners[i], port]));
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
