/** Where the daemon listens, and whether it is safe to talk to whoever does: the same rules as the daemon's own. */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { WireError } from "./validate";

/** `chosen` (a setting), else KORU_SOCKET, else below XDG_RUNTIME_DIR, else below the home directory. */
export function socketPath(chosen: string, environment: NodeJS.ProcessEnv): string {
  const named = chosen || environment["KORU_SOCKET"];
  if (named) return resolve(named);
  const runtime = environment["XDG_RUNTIME_DIR"] ?? "";
  if (isAbsolute(runtime)) return join(runtime, "koru", "bridge.sock");
  return join(environment["HOME"] || homedir(), ".local/state/koru/run/bridge.sock");
}

/** Throws WireError daemon_not_running when there is nothing, socket_unsafe when others could have put it there. */
export async function inspectSocket(path: string): Promise<void> {
  const directory = dirname(path);
  const folder = await look(directory);
  if (!folder.isDirectory()) throw unsafe(directory, "is not a directory of its own");
  if (folder.uid !== ownUid()) throw unsafe(directory, "belongs to another user");
  if ((folder.mode & 0o022) !== 0) throw unsafe(directory, "can be written by others");
  const socket = await look(path);
  if (!socket.isSocket()) throw unsafe(path, "is not a socket");
  if (socket.uid !== ownUid()) throw unsafe(path, "belongs to another user");
}

async function look(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch {
    throw new WireError("daemon_not_running", "there is no daemon", path, "koru up");
  }
}

function ownUid(): number {
  const uid = process.getuid?.();
  if (uid === undefined) throw new WireError("socket_unsafe", "this system does not tell who owns a socket");
  return uid;
}

function unsafe(path: string, why: string): WireError {
  return new WireError("socket_unsafe", `${path} ${why}`, path, "nothing was sent; look who made it");
}
